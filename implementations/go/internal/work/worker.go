// Package work does what each design does with a message, and decides what becomes of it.
package work

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log"
	"math/rand/v2"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/store"
)

const (
	refusals    = 3               // tries of rows that the database refuses, before the message is put aside
	lastTime    = 3 * time.Second // to settle what is in hand, once a stop was asked for and the work is done
	CallSeconds = 2               // of work of a call
)

// Handler handles a delivery; stop is done when the instance is to stop, and then nothing is waited for any more.
type Handler func(stop context.Context, delivery amqp.Delivery) broker.Verdict

// Worker has what the handlers work with.
type Worker struct {
	Effects   store.Effects
	Publisher broker.Publisher
	Second    time.Duration
	Design    string

	// The steps that the handlers are made of.
	Key    func(amqp.Delivery) string
	Commit func(stop context.Context, f func(context.Context) error) error
	Aside  func(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict
	Send   func(stop context.Context, messages ...broker.Message) broker.Verdict
}

// New makes a worker whose steps are the ordinary ones.
func New(effects store.Effects, publisher broker.Publisher, second time.Duration, design string) *Worker {
	worker := &Worker{Effects: effects, Publisher: publisher, Second: second, Design: design}
	worker.Key = Key
	worker.Commit = Commit
	worker.Aside = worker.putAside
	worker.Send = worker.send
	return worker
}

// Handler gives the handler of a role.
func (w *Worker) Handler(role string) Handler {
	switch {
	case w.Design == "blocking" && role == "stream":
		return w.Blocking
	case w.Design == "pipeline" && role == "stream":
		return w.FirstStep
	case role == "stream":
		return w.Split
	case w.Design == "pipeline" && role == "part":
		return w.Step
	case role == "part":
		return w.Part
	case role == "task":
		return w.Task
	case role == "rpc-server":
		return w.Serve
	default:
		return nil
	}
}

// Key identifies the work of a delivery: its message id; without one, this delivery alone.
func Key(delivery amqp.Delivery) string {
	id := delivery.MessageId
	if id == "" {
		id = "\x00" + Unique()
	}
	sum := sha256.Sum256([]byte(delivery.Exchange + "\x00" + id))
	return hex.EncodeToString(sum[:])
}

// Unique makes an id that nobody else makes.
func Unique() string {
	var bytes [16]byte
	for i := range bytes {
		bytes[i] = byte(rand.Uint32())
	}
	return hex.EncodeToString(bytes[:])
}

// Patience is done some time after stop is: what is in hand is still settled then.
func Patience(stop context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(stop))
	forget := context.AfterFunc(stop, func() { time.AfterFunc(lastTime, cancel) })
	return ctx, func() { forget(); cancel() }
}

// Commit runs a transaction until it is committed, the database has refused it, or it is time to stop.
func Commit(stop context.Context, f func(context.Context) error) error {
	ctx, cancel := Patience(stop)
	defer cancel()
	for try, refused := 0, 0; ; try++ {
		err := f(ctx)
		if err == nil {
			return nil
		}
		log.Printf("database: %v", err)
		if store.Refused(err) {
			if refused++; refused == refusals {
				return err
			}
		}
		if stop.Err() != nil || !broker.Pause(stop, broker.Backoff(try+1)) {
			return errors.Join(stop.Err(), err)
		}
	}
}

// settle is the verdict on work whose transaction ended so.
func (w *Worker) settle(stop context.Context, delivery amqp.Delivery, err error) broker.Verdict {
	switch {
	case err == nil:
		return broker.Ack
	case stop.Err() != nil && !store.Refused(err):
		return broker.Leave
	default:
		return w.Aside(stop, delivery, err)
	}
}

// putAside keeps a copy of what can never be done, and rejects it.
func (w *Worker) putAside(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict {
	log.Printf("put aside: %v", why)
	ctx, cancel := Patience(stop)
	defer cancel()
	if broker.Park(ctx, w.Publisher, delivery, why.Error()) != nil {
		return broker.Leave
	}
	return broker.Reject
}

// send publishes what follows from a message, before that one is acked.
func (w *Worker) send(stop context.Context, messages ...broker.Message) broker.Verdict {
	ctx, cancel := Patience(stop)
	defer cancel()
	if broker.Insist(ctx, w.Publisher, messages...) != nil {
		return broker.Leave
	}
	return broker.Ack
}

// Work takes n seconds.
func (w *Worker) Work(n int) { time.Sleep(time.Duration(n) * w.Second) }

// SomeWork takes 1 to 3 seconds.
func (w *Worker) SomeWork() { w.Work(1 + rand.IntN(3)) }
