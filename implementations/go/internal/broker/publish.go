package broker

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

// ErrReturned is the error of a mandatory message that reached no queue.
var ErrReturned = errors.New("published, but no queue has it")

const batch = 100 // so that the returns of a batch fit into their Go channel

// Message is one message to publish.
type Message struct {
	Exchange, Key string
	Mandatory     bool
	Declare       func(*amqp.Channel) error // what it is published to; once per channel and exchange
	amqp.Publishing
}

// Publisher publishes, and returns when the broker has confirmed all of it.
type Publisher interface {
	Publish(ctx context.Context, messages ...Message) error
}

// Pool is a Publisher with a connection of its own. Each call has a channel to itself, so that a return or a refusal
// belongs to it alone; channels are used again.
type Pool struct {
	Dial   func(context.Context) (*amqp.Connection, error)
	dialed sync.Mutex // held while a connection is made

	mutex      sync.Mutex
	connection *amqp.Connection
	idle       []*line
}

// line is one channel in confirm mode.
type line struct {
	channel  *amqp.Channel
	returns  chan amqp.Return
	declared map[string]bool
}

// Publish publishes the messages, and gives up when ctx is done.
func (p *Pool) Publish(ctx context.Context, messages ...Message) error {
	return interruptible(ctx, func() error {
		line, err := p.take(ctx)
		if err != nil {
			return err
		}
		for len(messages) > 0 {
			size := min(batch, len(messages))
			if err := line.publish(ctx, messages[:size]); err != nil {
				_ = line.channel.Close()
				return err
			}
			messages = messages[size:]
		}
		p.mutex.Lock()
		p.idle = append(p.idle, line)
		p.mutex.Unlock()
		return nil
	})
}

// Close closes the connection, if there is one.
func (p *Pool) Close() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.connection != nil {
		Close(p.connection)
	}
}

func (p *Pool) take(ctx context.Context) (*line, error) {
	if line := p.takeIdle(); line != nil {
		return line, nil
	}
	connection, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	return open(connection)
}

func (p *Pool) takeIdle() *line {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for len(p.idle) > 0 {
		last := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if !last.channel.IsClosed() {
			return last
		}
	}
	return nil
}

func (p *Pool) connect(ctx context.Context) (*amqp.Connection, error) {
	p.dialed.Lock()
	defer p.dialed.Unlock()
	if p.connection != nil && !p.connection.IsClosed() {
		return p.connection, nil
	}
	connection, err := p.Dial(ctx)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	p.connection = connection
	p.mutex.Unlock()
	return connection, nil
}

func open(connection *amqp.Connection) (*line, error) {
	channel, err := connection.Channel()
	if err != nil {
		return nil, err
	}
	if err := channel.Confirm(false); err != nil {
		return nil, err
	}
	returns := channel.NotifyReturn(make(chan amqp.Return, batch))
	return &line{channel: channel, returns: returns, declared: map[string]bool{}}, nil
}

func (l *line) publish(ctx context.Context, messages []Message) error {
	confirms := make([]*amqp.DeferredConfirmation, 0, len(messages))
	for _, message := range messages {
		if message.Declare != nil && !l.declared[message.Exchange] {
			if err := message.Declare(l.channel); err != nil {
				return err
			}
			l.declared[message.Exchange] = true
		}
		if ctx.Err() != nil {
			return ctx.Err() // nobody waits for it any more
		}
		confirm, err := l.channel.PublishWithDeferredConfirm(
			message.Exchange, message.Key, message.Mandatory, false, message.Publishing)
		if err != nil {
			return err
		}
		confirms = append(confirms, confirm)
	}
	for _, confirm := range confirms {
		acked, err := confirm.WaitContext(ctx)
		if err != nil {
			return err
		}
		if !acked {
			return fmt.Errorf("publish to %q: not confirmed", messages[0].Exchange)
		}
	}
	select {
	case _, open := <-l.returns: // it came before the confirm
		if open {
			return ErrReturned
		}
	default:
	}
	return nil
}

// Insist publishes until the broker has it, or ctx is done.
func Insist(ctx context.Context, publisher Publisher, messages ...Message) error {
	for try := 0; ; try++ {
		err := publisher.Publish(ctx, messages...)
		if err == nil {
			return nil
		}
		log.Printf("publish: %v", err)
		if !Pause(ctx, Backoff(try)) {
			return err
		}
	}
}
