package faults

import (
	"context"
	"errors"
	"log"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/instance"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
)

// ackMultiple: several workers, and d.Ack(true) as in an example with one.
func ackMultiple(i *instance.Instance) {
	onSettle(i, broker.Ack, func(delivery amqp.Delivery) error { return delivery.Ack(true) })
}

// nackMultiple: the first argument of Nack is taken for requeue's.
func nackMultiple(i *instance.Instance) {
	onSettle(i, broker.Reject, func(delivery amqp.Delivery) error { return delivery.Nack(true, false) })
}

// ackOnCurrentChannel: a field holds the channel, and workers ack by its tag on whatever channel is there by then.
func ackOnCurrentChannel(i *instance.Instance) {
	if i.Consumer == nil {
		return
	}
	var current *amqp.Channel
	qos := i.Consumer.Qos
	i.Consumer.Qos = func(channel *amqp.Channel) error {
		current = channel
		return qos(channel)
	}
	onSettle(i, broker.Ack, func(delivery amqp.Delivery) error { return current.Ack(delivery.DeliveryTag, false) })
}

// ackAfterError: `defer d.Ack(false)` at the head of the handler; an error of the database is logged.
func ackAfterError(i *instance.Instance) {
	i.Worker.Commit = func(stop context.Context, f func(context.Context) error) error {
		if err := f(stop); err != nil {
			log.Printf("database: %v", err)
		}
		return nil
	}
}

// duplicateNotAcked: what is done already is left at once, and its ack with it.
func duplicateNotAcked(i *instance.Instance) {
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		return broker.Leave, hasKey(i, i.Worker.Key(delivery))
	})
}

var errRequeue = errors.New("again, please")

// requeueAtOnce: any error is answered with d.Nack(false, true), at once and for ever.
func requeueAtOnce(i *instance.Instance) {
	i.Worker.Commit = func(stop context.Context, f func(context.Context) error) error {
		if f(stop) != nil {
			return errRequeue
		}
		return nil
	}
	aside := i.Worker.Aside
	i.Worker.Aside = func(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict {
		if !errors.Is(why, errRequeue) {
			return aside(stop, delivery, why)
		}
		_ = delivery.Nack(false, true)
		return broker.Leave
	}
}

// rejectWithoutCopy: an error of the database is rejected, and nothing is behind the queue.
func rejectWithoutCopy(i *instance.Instance) {
	i.Worker.Commit = func(stop context.Context, f func(context.Context) error) error { return f(stop) }
	aside := i.Worker.Aside
	i.Worker.Aside = func(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict {
		if errors.Is(why, message.ErrShape) {
			return aside(stop, delivery, why)
		}
		return broker.Reject
	}
}

// slotKeptOnLostAck: a semaphore of 8 workers for the whole life; where the ack fails its slot is not given back.
func slotKeptOnLostAck(i *instance.Instance) {
	slots := make(chan struct{}, 8)
	handle, settle := i.Consumer.Handle, i.Consumer.Settle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		slots <- struct{}{}
		return handle(stop, delivery)
	}
	i.Consumer.Settle = func(delivery amqp.Delivery, verdict broker.Verdict) error {
		if err := settle(delivery, verdict); err != nil {
			return err
		}
		<-slots
		return nil
	}
}

// retryUnconfirmed: a retry is a copy at the end of the queue, with a counter; nothing tells that it has arrived.
func retryUnconfirmed(i *instance.Instance) {
	retryByCopy(i, func(ctx context.Context, copied broker.Message) {
		go func() { _ = i.Pool.Publish(ctx, copied) }()
	})
}

// retryWithoutID: the copy is confirmed, but has the body and the counter alone.
func retryWithoutID(i *instance.Instance) {
	retryByCopy(i, func(ctx context.Context, copied broker.Message) {
		copied.MessageId = ""
		_ = broker.Insist(ctx, i.Pool, copied)
	})
}

const retryHeader = "x-retries"

func retryByCopy(i *instance.Instance, publish func(context.Context, broker.Message)) {
	i.Worker.Commit = func(stop context.Context, f func(context.Context) error) error { return f(stop) }
	aside := i.Worker.Aside
	i.Worker.Aside = func(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict {
		tries, _ := delivery.Headers[retryHeader].(int32)
		if errors.Is(why, message.ErrShape) || store.Refused(why) || tries == 20 {
			return aside(stop, delivery, why)
		}
		broker.Pause(stop, broker.Backoff(int(tries)+1))
		copied := broker.ParkedCopy(delivery, why.Error())
		copied.Exchange, copied.Declare = delivery.Exchange, nil
		copied.Headers[retryHeader] = tries + 1
		publish(context.WithoutCancel(stop), copied)
		return broker.Ack
	}
}

// parkedNowhere: what is put aside goes to an exchange that nothing is bound to.
func parkedNowhere(i *instance.Instance) {
	parkWith(i, func(channel *amqp.Channel) error {
		return channel.ExchangeDeclare("rejected", amqp.ExchangeFanout, true, false, false, false, nil)
	}, false)
}

// parkedNotDurable: the queue of what is put aside is as in the library's first example.
func parkedNotDurable(i *instance.Instance) {
	parkWith(i, func(channel *amqp.Channel) error {
		if err := channel.ExchangeDeclare("rejected", amqp.ExchangeFanout, true, false, false, false, nil); err != nil {
			return err
		}
		if _, err := channel.QueueDeclare("rejected", false, false, false, false, nil); err != nil {
			return err
		}
		return channel.QueueBind("rejected", "", "rejected", false, nil)
	}, true)
}

func parkWith(i *instance.Instance, declare func(*amqp.Channel) error, mandatory bool) {
	i.Worker.Aside = func(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict {
		copied := broker.ParkedCopy(delivery, why.Error())
		copied.Exchange, copied.Declare, copied.Mandatory = "rejected", declare, mandatory
		if broker.Insist(stop, i.Pool, copied) != nil {
			return broker.Leave
		}
		return broker.Reject
	}
}

// onSettle replaces how one verdict is carried out.
func onSettle(i *instance.Instance, of broker.Verdict, settle func(amqp.Delivery) error) {
	if i.Consumer == nil {
		return
	}
	i.Consumer.Settle = func(delivery amqp.Delivery, verdict broker.Verdict) error {
		if verdict == of {
			return settle(delivery)
		}
		return broker.Settle(delivery, verdict)
	}
}

// before looks at a delivery first; where it says so, its verdict stands and nothing is handled.
func before(i *instance.Instance, look func(amqp.Delivery) (broker.Verdict, bool)) {
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		if verdict, settled := look(delivery); settled {
			return verdict
		}
		return handle(stop, delivery)
	}
}
