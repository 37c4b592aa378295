package work

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
)

// ErrNoTask is the error of work for a task that is not there.
var ErrNoTask = errors.New("no such task")

const replyTries = 20 // of a reply that the broker does not take

// Task completes a task.
func (w *Worker) Task(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	id, err := message.ReadTask(delivery.Body)
	if err != nil {
		return w.Aside(stop, delivery, err)
	}
	w.Work(1)
	_, err = w.complete(stop, id)
	if errors.Is(err, ErrNoTask) {
		return w.Aside(stop, delivery, err)
	}
	return w.settle(stop, delivery, err)
}

// Serve completes the task of a call, and replies. Whatever is wrong with the call, its caller is told.
func (w *Worker) Serve(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	id, err := message.ReadTask(delivery.Body)
	if err != nil {
		w.replyError(stop, delivery, err)
		return w.Aside(stop, delivery, err)
	}
	w.Work(CallSeconds)
	result, err := w.complete(stop, id)
	switch {
	case err == nil:
		w.Reply(stop, delivery, message.Serialize(Result(result)))
		return broker.Ack
	case errors.Is(err, ErrNoTask):
		w.replyError(stop, delivery, err)
		return broker.Ack
	default:
		if store.Refused(err) {
			w.replyError(stop, delivery, err)
		}
		return w.settle(stop, delivery, err)
	}
}

// Result is the JSON of a reply.
func Result(result string) []byte {
	return message.Write(struct {
		Result      string `json:"result"`
		ProcessTime int    `json:"process_time"`
	}{result, CallSeconds})
}

func (w *Worker) complete(stop context.Context, id int) (result string, err error) {
	found := false
	result = strconv.Itoa(1_000_000 + rand.IntN(9_000_000))
	err = w.Commit(stop, func(ctx context.Context) (err error) {
		stored, there, err := w.Effects.CompleteTask(ctx, id, result)
		if err == nil {
			result, found = stored, there
		}
		return err
	})
	if err == nil && !found {
		return "", fmt.Errorf("%w: %d", ErrNoTask, id)
	}
	return result, err
}

func (w *Worker) replyError(stop context.Context, delivery amqp.Delivery, err error) {
	w.Reply(stop, delivery, []byte("error: "+err.Error()))
}

// Reply answers a call. Who no longer waits for it is no reason to work on it again.
func (w *Worker) Reply(stop context.Context, delivery amqp.Delivery, body []byte) {
	if delivery.ReplyTo == "" {
		return
	}
	ctx, cancel := Patience(stop)
	defer cancel()
	reply := broker.Message{Key: delivery.ReplyTo, Publishing: amqp.Publishing{
		ContentType:   "text/plain",
		DeliveryMode:  amqp.Transient,
		CorrelationId: delivery.CorrelationId,
		Body:          body,
	}}
	for try := range replyTries {
		if w.Publisher.Publish(ctx, reply) == nil || !broker.Pause(ctx, broker.Backoff(try)) {
			return
		}
	}
}
