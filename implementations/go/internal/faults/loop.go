package faults

import (
	"context"
	"log"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/instance"
)

// loop is the loop of most programs: one goroutine ranges over the deliveries, one waits for a word of a loss.
type loop struct {
	*broker.Consumer
	watch func(_ *amqp.Connection, _ *amqp.Channel, over <-chan struct{}) <-chan *amqp.Error
	drain bool // at a stop the consumer is cancelled, and the Go channel of deliveries is read to its end
}

const tag = "worker"

func naive(i *instance.Instance, l loop) {
	l.Consumer = i.Consumer
	i.Consume = l.run
}

func watchChannel(_ *amqp.Connection, channel *amqp.Channel, _ <-chan struct{}) <-chan *amqp.Error {
	return channel.NotifyClose(make(chan *amqp.Error, 1))
}

func watchDeliveries(_ *amqp.Connection, _ *amqp.Channel, over <-chan struct{}) <-chan *amqp.Error {
	lost := make(chan *amqp.Error, 1)
	go func() { <-over; lost <- amqp.ErrClosed }()
	return lost
}

func (l loop) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := l.session(ctx)
		select {
		case <-l.Budget.Spent():
			return
		default:
		}
		log.Printf("lost: %v", err)
		broker.Pause(ctx, 200*time.Millisecond)
	}
}

func (l loop) session(ctx context.Context) error {
	connection, err := l.Dial(ctx)
	if err != nil {
		return err
	}
	defer broker.Close(connection)
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	deliveries, err := l.subscribe(channel)
	if err != nil {
		return err
	}
	working := ctx
	if l.drain {
		working = context.WithoutCancel(ctx)
	}
	over := make(chan struct{})
	lost := l.watch(connection, channel, over)
	go func() { defer close(over); l.work(working, deliveries) }()
	select {
	case err := <-lost:
		return err
	case <-ctx.Done():
		if l.drain {
			_ = channel.Cancel(tag, false)
		}
	case <-l.Budget.Spent():
	}
	select {
	case <-over:
	case <-time.After(20 * time.Second):
	}
	return nil
}

func (l loop) subscribe(channel *amqp.Channel) (<-chan amqp.Delivery, error) {
	queue, err := l.Topology(channel)
	if err != nil {
		return nil, err
	}
	if err := l.Qos(channel); err != nil {
		return nil, err
	}
	return channel.Consume(queue, tag, false, false, false, false, nil)
}

// work does one delivery after the other.
func (l loop) work(ctx context.Context, deliveries <-chan amqp.Delivery) {
	for ctx.Err() == nil {
		select {
		case <-l.Budget.Permits():
		case <-l.Budget.Spent():
			return
		}
		select {
		case <-ctx.Done():
			return
		case delivery, open := <-deliveries:
			if !open {
				l.Budget.Return(false)
				return
			}
			verdict := l.Handle(ctx, delivery)
			l.Budget.Return(l.Settle(delivery, verdict) == nil && verdict != broker.Leave)
		}
	}
}
