package faults

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/instance"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
	"warren/consumer/internal/web"
	"warren/consumer/internal/work"
)

// confirmAwaitedLate: what follows is published in the background, and the message is acked meanwhile.
func confirmAwaitedLate(i *instance.Instance) {
	send := i.Worker.Send
	i.Worker.Send = func(stop context.Context, messages ...broker.Message) broker.Verdict {
		go send(stop, messages...)
		return broker.Ack
	}
}

// taskSentAside: the task is published in the background, and its caller is answered meanwhile.
func taskSentAside(i *instance.Instance) {
	if i.Tasks == nil {
		return
	}
	send := i.Tasks.Send
	i.Tasks.Send = func(ctx context.Context, id int64) error {
		go func() { _ = send(context.WithoutCancel(ctx), id) }()
		return nil
	}
}

// stepTransient: DeliveryMode is left out of the next step, and its zero value is transient.
func stepTransient(i *instance.Instance) {
	send := i.Worker.Send
	i.Worker.Send = func(stop context.Context, messages ...broker.Message) broker.Verdict {
		for n := range messages {
			messages[n].DeliveryMode = 0
		}
		return send(stop, messages...)
	}
}

// splitMarkedFirst: that a package is split is written down before its parts are published, so that none comes twice.
func splitMarkedFirst(i *instance.Instance) {
	if i.Role != "stream" {
		return
	}
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		if texts, err := message.ReadPackage(delivery.Body); err != nil || len(texts) == 0 {
			return handle(stop, delivery)
		}
		isNew := false
		err := i.Worker.Commit(stop, func(ctx context.Context) error {
			return i.Store.Transact(ctx, func(tx *store.Tx) (err error) {
				isNew, err = tx.Key(i.Worker.Key(delivery))
				return err
			})
		})
		switch {
		case err != nil:
			return broker.Leave
		case !isNew:
			return broker.Ack
		default:
			return handle(stop, delivery)
		}
	}
}

// splitIDsRandom: each part has an id that was drawn when it was published.
func splitIDsRandom(i *instance.Instance) {
	if i.Role == "stream" {
		i.Worker.Key = func(amqp.Delivery) string { return work.Unique() }
	}
}

// stepDoneIsAcked: a step whose row is there is done, so it is acked, whether its next step was published or not.
func stepDoneIsAcked(i *instance.Instance) {
	if i.Role != "part" {
		return
	}
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		return broker.Ack, hasKey(i, i.Worker.Key(delivery))
	})
}

// stepBeforeCommit: the next step is published within the transaction, before it is committed.
func stepBeforeCommit(i *instance.Instance) {
	if i.Role != "part" {
		return
	}
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		step, err := message.ReadStep(delivery.Body)
		next := work.After(step)
		if err != nil || next.Index == len(next.Texts) {
			return handle(stop, delivery)
		}
		i.Worker.SomeWork()
		key, _ := delivery.Headers[work.HeaderPackage].(string)
		err = i.Worker.Commit(stop, func(ctx context.Context) error {
			return i.Store.Transact(ctx, func(tx *store.Tx) error {
				isNew, err := tx.Key(i.Worker.Key(delivery))
				if err == nil && isNew {
					err = tx.Log(string(delivery.Body))
				}
				if err != nil {
					return err
				}
				return i.Pool.Publish(ctx, work.NextStep(key, next))
			})
		})
		switch {
		case err == nil:
			return broker.Ack
		case stop.Err() != nil:
			return broker.Leave
		default:
			return i.Worker.Aside(stop, delivery, err)
		}
	}
}

// orderUnlocked: the row of a package is read without its lock; of two parts that end at once each misses the other.
func orderUnlocked(i *instance.Instance) { i.Store.Unlock() }

// taskBeforeCommit: the task is published within the transaction that inserts it.
func taskBeforeCommit(i *instance.Instance) {
	if i.Tasks == nil {
		return
	}
	i.Tasks.Insert = func(ctx context.Context) (id int64, err error) {
		err = i.Store.Transact(ctx, func(tx *store.Tx) error {
			if id, err = tx.InsertTask(); err != nil {
				return err
			}
			return i.Tasks.Publisher.Publish(ctx, web.TaskMessage(id))
		})
		return id, err
	}
	i.Tasks.Send = func(context.Context, int64) error { return nil }
}

// replyBeforeCommit: the reply goes out within the transaction.
func replyBeforeCommit(i *instance.Instance) {
	if i.Role != "rpc-server" {
		return
	}
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		id, err := message.ReadTask(delivery.Body)
		if err != nil {
			return handle(stop, delivery)
		}
		i.Worker.Work(work.CallSeconds)
		err = i.Worker.Commit(stop, func(ctx context.Context) error {
			return i.Store.Transact(ctx, func(tx *store.Tx) error {
				result, err := tx.CompleteTask(id, "1234567")
				if err != nil {
					return err
				}
				i.Worker.Reply(stop, delivery, message.Serialize(work.Result(result)))
				return nil
			})
		})
		switch {
		case err == nil:
			return broker.Ack
		case errors.Is(err, sql.ErrNoRows), store.Refused(err):
			i.Worker.Reply(stop, delivery, []byte("error: "+err.Error()))
			return broker.Ack
		default:
			return broker.Leave
		}
	}
}

// replyQueueChecked: the server looks whether the queue of the reply is there, and drops the call where it is not.
func replyQueueChecked(i *instance.Instance) {
	if i.Role != "rpc-server" {
		return
	}
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		connection, err := i.Dialer.Dial(context.Background())
		if err != nil {
			return broker.Ack, false
		}
		defer broker.Close(connection)
		channel, err := connection.Channel()
		if err != nil {
			return broker.Ack, false
		}
		_, err = channel.QueueDeclarePassive(delivery.ReplyTo, false, false, true, false, nil)
		var refused *amqp.Error
		gone := errors.As(err, &refused) && refused.Code == amqp.NotFound
		return broker.Ack, gone
	})
}

// replyUncorrelated: a reply is given to any call that waits.
func replyUncorrelated(i *instance.Instance) {
	if i.Calls != nil {
		i.Calls.Find = func(waiting map[string]chan []byte, _ string) (string, bool) {
			for correlation := range waiting {
				return correlation, true
			}
			return "", false
		}
	}
}

// replyUnbuffered: a call that gave up stays in the table, and its reply blocks who hands out the replies.
func replyUnbuffered(i *instance.Instance) {
	if i.Calls != nil {
		i.Calls.Buffer = 0
		i.Calls.Forget = func(string) {}
	}
}

// replyQueueOnce: the name of the first queue of replies is kept for good.
func replyQueueOnce(i *instance.Instance) {
	if i.Calls == nil {
		return
	}
	first := ""
	i.Calls.ReplyTo = func(current string) string {
		if first == "" {
			first = current
		}
		return first
	}
}

// callsOneByOne: one lock around a call, for its channel is not safe for several goroutines.
func callsOneByOne(i *instance.Instance) {
	if i.Calls == nil {
		return
	}
	var lock sync.Mutex
	i.Answering = func(ctx context.Context) web.Answer {
		lock.Lock()
		defer lock.Unlock()
		return i.Calls.Call(ctx)
	}
}

// requestAckedFirst: a call is acked when it comes, for its caller would not wait for a second try.
func requestAckedFirst(i *instance.Instance) {
	if i.Role != "rpc-server" {
		return
	}
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		_ = delivery.Ack(false)
		delivery.Acknowledger = nil
		handle(stop, delivery)
		return broker.Leave
	}
}
