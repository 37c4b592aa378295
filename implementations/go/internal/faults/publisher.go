package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/instance"
)

// single is the publisher of most programs: one channel, one lock, one call after the other.
type single struct {
	dial     func(context.Context) (*amqp.Connection, error)
	lock     sync.Mutex
	channel  *amqp.Channel
	conn     *amqp.Connection
	opened   int
	declared map[string]bool
	returns  chan amqp.Return
	confirms chan amqp.Confirmation

	wait func(context.Context, *single, []*amqp.DeferredConfirmation) error

	confirmOnce bool // confirm mode is set on the first channel only
	neverReopen bool // a closed channel stays, while its connection lives
	dropReturns bool
	unlocked    bool // the lock is not held while a confirm is waited for
	listen      int  // size of the Go channel of confirms; 0 for none
}

func publishBy(i *instance.Instance, publisher *single) {
	publisher.dial = i.Dialer.Dial
	if publisher.wait == nil {
		publisher.wait = allConfirmed
	}
	i.Worker.Publisher = publisher
	if i.Tasks != nil {
		i.Tasks.Publisher = publisher
	}
	if i.Calls != nil {
		i.Calls.Publisher = publisher
	}
}

func (s *single) Publish(ctx context.Context, messages ...broker.Message) error {
	done := make(chan error, 1)
	go func() { done <- s.publish(ctx, messages) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *single) publish(ctx context.Context, messages []broker.Message) error {
	s.lock.Lock()
	locked := true
	unlock := func() {
		if locked {
			s.lock.Unlock()
		}
		locked = false
	}
	defer unlock()
	if err := s.open(ctx); err != nil {
		return err
	}
	var confirms []*amqp.DeferredConfirmation
	for _, message := range messages {
		if message.Declare != nil && !s.declared[message.Exchange] {
			if err := message.Declare(s.channel); err != nil {
				return err
			}
			s.declared[message.Exchange] = true
		}
		confirm, err := s.channel.PublishWithDeferredConfirm(
			message.Exchange, message.Key, message.Mandatory, false, message.Publishing)
		if err != nil {
			return err
		}
		if confirm != nil {
			confirms = append(confirms, confirm)
		}
	}
	if s.unlocked {
		unlock()
	}
	if err := s.wait(ctx, s, confirms); err != nil {
		return err
	}
	select {
	case _, open := <-s.returns:
		if open && !s.dropReturns {
			return broker.ErrReturned
		}
	default:
	}
	return nil
}

func (s *single) open(ctx context.Context) (err error) {
	if s.conn == nil || s.conn.IsClosed() {
		if s.conn, err = s.dial(ctx); err != nil {
			return err
		}
		s.channel = nil
	}
	if s.channel != nil && (s.neverReopen || !s.channel.IsClosed()) {
		return nil
	}
	if s.channel, err = s.conn.Channel(); err != nil {
		return err
	}
	if s.opened++; s.opened == 1 || !s.confirmOnce {
		if err := s.channel.Confirm(false); err != nil {
			return err
		}
	}
	s.declared = map[string]bool{}
	s.returns = s.channel.NotifyReturn(make(chan amqp.Return, 1000))
	if s.listen > 0 {
		s.confirms = s.channel.NotifyPublish(make(chan amqp.Confirmation, s.listen))
	}
	return nil
}

var errNotConfirmed = errors.New("not confirmed")

func allConfirmed(ctx context.Context, _ *single, confirms []*amqp.DeferredConfirmation) error {
	for _, confirm := range confirms {
		if acked, err := confirm.WaitContext(ctx); err != nil || !acked {
			return errors.Join(err, errNotConfirmed)
		}
	}
	return nil
}

// confirmResultDropped: Wait also returns when the channel is closed, and says false.
func confirmResultDropped(i *instance.Instance) {
	publishBy(i, &single{wait: func(_ context.Context, _ *single, confirms []*amqp.DeferredConfirmation) error {
		for _, confirm := range confirms {
			confirm.Wait()
		}
		return nil
	}})
}

// confirmTimePasses: a confirm that takes longer than half a second is logged, and taken for one.
func confirmTimePasses(i *instance.Instance) {
	publishBy(i, &single{wait: func(_ context.Context, _ *single, confirms []*amqp.DeferredConfirmation) error {
		patience := time.After(500 * time.Millisecond)
		for _, confirm := range confirms {
			select {
			case <-confirm.Done():
				if !confirm.Acked() {
					return errNotConfirmed
				}
			case <-patience:
				return nil
			}
		}
		return nil
	}})
}

// confirmOfLastOnly: confirms come in order, it is thought, so that the last one stands for all, and its result too.
func confirmOfLastOnly(i *instance.Instance) {
	publishBy(i, &single{wait: func(ctx context.Context, s *single, confirms []*amqp.DeferredConfirmation) error {
		if len(confirms) == 0 {
			return nil
		}
		return allConfirmed(ctx, s, confirms[len(confirms)-1:])
	}})
}

// confirmNotSetAgain: the channel that replaces a closed one is not put into confirm mode, and nothing is waited for.
func confirmNotSetAgain(i *instance.Instance) { publishBy(i, &single{confirmOnce: true}) }

// returnsDropped: mandatory, and nobody reads the returns; a returned message is confirmed.
func returnsDropped(i *instance.Instance) { publishBy(i, &single{dropReturns: true}) }

// publisherNeverReopened: only the connection is looked at; a channel that the broker closed stays closed.
func publisherNeverReopened(i *instance.Instance) { publishBy(i, &single{neverReopen: true}) }

// confirmStale: either a return or a confirm is waited for; the confirm that follows a return is there for the next call.
func confirmStale(i *instance.Instance) {
	publishBy(i, &single{listen: 100, wait: func(ctx context.Context, s *single, confirms []*amqp.DeferredConfirmation) error {
		for range confirms {
			select {
			case <-s.returns:
				return broker.ErrReturned
			case confirm, open := <-s.confirms:
				if !open || !confirm.Ack {
					return errNotConfirmed
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}})
}

// confirmOfAnother: simultaneous calls share the Go channel of confirms, and each takes whichever comes.
func confirmOfAnother(i *instance.Instance) {
	publishBy(i, &single{listen: 100, unlocked: true,
		wait: func(ctx context.Context, s *single, confirms []*amqp.DeferredConfirmation) error {
			for range confirms {
				select {
				case confirm, open := <-s.confirms:
					if !open || !confirm.Ack {
						return fmt.Errorf("confirm %d: %w", confirm.DeliveryTag, errNotConfirmed)
					}
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}})
}
