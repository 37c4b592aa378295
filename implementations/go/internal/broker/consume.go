package broker

import (
	"context"
	"errors"
	"log"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Verdict is what becomes of a message.
type Verdict int

const (
	Leave  Verdict = iota // unsettled: the broker gives it again
	Ack                   // done
	Reject                // put aside
)

var errCancelled = errors.New("the broker has cancelled the consumer")

// Consumer keeps one consumer on one queue, whatever happens to its channel and its connection.
type Consumer struct {
	Dial     func(context.Context) (*amqp.Connection, error)
	Prefetch int
	Budget   *Budget
	Topology func(*amqp.Channel) (queue string, err error) // declares; at every subscription
	Handle   func(context.Context, amqp.Delivery) Verdict

	// The steps that a consumer is made of.
	Qos     func(*amqp.Channel) error
	Settle  func(amqp.Delivery, Verdict) error
	Backoff func(try int) time.Duration

	workers sync.WaitGroup
}

// NewConsumer makes a consumer whose steps are the ordinary ones.
func NewConsumer(dial func(context.Context) (*amqp.Connection, error), prefetch int) *Consumer {
	return &Consumer{
		Dial:     dial,
		Prefetch: prefetch,
		Budget:   NewBudget(0),
		Qos:      func(channel *amqp.Channel) error { return channel.Qos(prefetch, 0, false) },
		Settle:   Settle,
		Backoff:  Backoff,
	}
}

// Settle acks or rejects one delivery, on the channel that it came by.
func Settle(delivery amqp.Delivery, verdict Verdict) error {
	switch verdict {
	case Ack:
		return delivery.Ack(false)
	case Reject:
		return delivery.Reject(false)
	default:
		return nil
	}
}

// Run consumes until ctx is done or the budget is spent; then what is in hand is finished.
func (c *Consumer) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-c.Budget.Spent():
			cancel()
		case <-ctx.Done():
		}
	}()
	for try := 0; ctx.Err() == nil; try++ {
		connection, err := c.Dial(ctx)
		if err == nil {
			began := time.Now()
			err = c.serve(ctx, connection)
			if time.Since(began) > time.Second {
				try = 0
			}
		}
		if ctx.Err() == nil {
			log.Printf("connection: %v", err)
			Pause(ctx, c.Backoff(try))
		}
	}
	c.workers.Wait()
}

// serve consumes on one connection, by one channel after the other.
func (c *Consumer) serve(ctx context.Context, connection *amqp.Connection) error {
	defer Close(connection)
	for try := 0; ; try++ {
		err := c.consume(ctx, connection)
		if ctx.Err() != nil {
			c.workers.Wait() // they ack on this connection
			return nil
		}
		if connection.IsClosed() {
			return err
		}
		log.Printf("channel: %v", err)
		Pause(ctx, c.Backoff(try))
	}
}

// consume consumes on one channel; a cancelled consumer subscribes again, once its work is done.
func (c *Consumer) consume(ctx context.Context, connection *amqp.Connection) error {
	var channel *amqp.Channel
	err := interruptible(ctx, func() (err error) {
		channel, err = connection.Channel()
		return err
	})
	if err != nil {
		return err
	}
	closed := channel.NotifyClose(make(chan *amqp.Error, 1))
	for {
		var deliveries <-chan amqp.Delivery
		err := interruptible(ctx, func() (err error) {
			deliveries, err = c.subscribe(channel)
			return err
		})
		if err != nil {
			if !channel.IsClosed() {
				go func() { _ = channel.Close() }()
			}
			return err
		}
		if err := c.take(ctx, deliveries, closed); err != errCancelled || channel.IsClosed() {
			if ctx.Err() != nil && !channel.IsClosed() {
				go func() { _ = channel.Cancel(consumerTag, true) }() // nothing more, please
			}
			return err
		}
		log.Print(errCancelled)
		Pause(ctx, c.Backoff(0))
	}
}

const consumerTag = "consumer"

func (c *Consumer) subscribe(channel *amqp.Channel) (<-chan amqp.Delivery, error) {
	queue, err := c.Topology(channel)
	if err != nil {
		return nil, err
	}
	if err := c.Qos(channel); err != nil {
		return nil, err
	}
	return channel.Consume(queue, consumerTag, false, false, false, false, nil)
}

// take begins deliveries, as many at once as the prefetch count allows.
func (c *Consumer) take(ctx context.Context, deliveries <-chan amqp.Delivery, closed <-chan *amqp.Error) error {
	var here sync.WaitGroup
	slots := make(chan struct{}, c.atOnce())
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-closed:
			return reason(err)
		case slots <- struct{}{}:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-closed:
			return reason(err)
		case <-c.Budget.Permits():
		}
		delivery, err := next(ctx, deliveries)
		if err != nil {
			c.Budget.Return(false)
			if err == errCancelled {
				<-slots
				here.Wait()
			}
			return err
		}
		here.Add(1)
		c.workers.Add(1)
		go func() {
			defer c.workers.Done()
			defer here.Done()
			defer func() { <-slots }()
			c.Budget.Return(c.work(ctx, delivery))
		}()
	}
}

// next gives the next delivery; a stop goes before one that waits.
func next(ctx context.Context, deliveries <-chan amqp.Delivery) (amqp.Delivery, error) {
	select {
	case <-ctx.Done():
		return amqp.Delivery{}, ctx.Err()
	case delivery, open := <-deliveries:
		if ctx.Err() != nil {
			return amqp.Delivery{}, ctx.Err()
		}
		if !open {
			return amqp.Delivery{}, errCancelled
		}
		return delivery, nil
	}
}

// work handles and settles one delivery, and tells whether it is settled.
func (c *Consumer) work(ctx context.Context, delivery amqp.Delivery) bool {
	verdict := c.Handle(ctx, delivery)
	if err := c.Settle(delivery, verdict); err != nil {
		log.Printf("settle: %v", err)
		return false
	}
	return verdict != Leave
}

func (c *Consumer) atOnce() int {
	if c.Prefetch == 0 {
		return 64
	}
	return c.Prefetch
}

func reason(err *amqp.Error) error {
	if err == nil {
		return amqp.ErrClosed
	}
	return err
}

// interruptible returns when f does or when ctx is done; closing the connection ends f then.
func interruptible(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
