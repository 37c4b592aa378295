package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
	"warren/consumer/internal/work"
)

// Calls answers GET /task of the design rpc. All calls share one queue for replies, told apart by their correlation ids.
type Calls struct {
	Effects   store.Effects
	Publisher broker.Publisher
	Timeout   time.Duration

	// The steps of a call.
	Find    func(waiting map[string]chan []byte, correlation string) (string, bool)
	ReplyTo func(queue string) string
	Forget  func(correlation string)
	Buffer  int // of the Go channel of a reply

	mutex   sync.Mutex
	queue   string
	ready   chan struct{} // closed when there is a queue
	waiting map[string]chan []byte
}

// NewCalls makes a caller.
func NewCalls(effects store.Effects, publisher broker.Publisher, timeout time.Duration) *Calls {
	calls := &Calls{
		Effects: effects, Publisher: publisher, Timeout: timeout, Buffer: 1,
		ready: make(chan struct{}), waiting: map[string]chan []byte{},
	}
	calls.Find = func(waiting map[string]chan []byte, correlation string) (string, bool) {
		_, found := waiting[correlation]
		return correlation, found
	}
	calls.ReplyTo = func(queue string) string { return queue }
	calls.Forget = calls.forget
	return calls
}

// Topology declares the queue of replies; each connection has another one.
func (c *Calls) Topology(channel *amqp.Channel) (string, error) {
	queue, err := channel.QueueDeclare("", false, false, true, false, nil)
	if err != nil {
		return "", err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.queue == "" {
		close(c.ready)
	}
	c.queue = queue.Name
	return queue.Name, nil
}

// Handle gives a reply to who waits for it; one that nobody waits for is nobody's.
func (c *Calls) Handle(_ context.Context, delivery amqp.Delivery) broker.Verdict {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if correlation, found := c.Find(c.waiting, delivery.CorrelationId); found {
		waiter := c.waiting[correlation]
		delete(c.waiting, correlation)
		waiter <- delivery.Body
	}
	return broker.Ack
}

// Call inserts a task, sends the request, and waits for its reply.
func (c *Calls) Call(ctx context.Context) Answer {
	id, err := c.Effects.InsertTask(ctx)
	if err != nil {
		return failed(err)
	}
	select {
	case <-c.ready:
	case <-ctx.Done():
		return failed(ctx.Err())
	}
	correlation, replies := c.expect()
	defer c.Forget(correlation)
	request := c.Request(ctx, id, correlation)
	go func() { _ = broker.Insist(ctx, c.Publisher, request) }()
	select {
	case reply := <-replies:
		return answer(reply)
	case <-ctx.Done():
		return failed(ctx.Err())
	}
}

// Request is the message of a call; it expires when its caller gives up.
func (c *Calls) Request(ctx context.Context, id int64, correlation string) broker.Message {
	left := c.Timeout
	if deadline, bounded := ctx.Deadline(); bounded {
		left = max(time.Until(deadline), time.Millisecond)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return broker.Message{Exchange: broker.Call.Exchange, Publishing: amqp.Publishing{
		ContentType:   "text/plain",
		DeliveryMode:  amqp.Transient,
		CorrelationId: correlation,
		ReplyTo:       c.ReplyTo(c.queue),
		Expiration:    strconv.FormatInt(left.Milliseconds(), 10),
		Body:          taskBody(id),
	}}
}

func (c *Calls) expect() (correlation string, replies chan []byte) {
	correlation, replies = work.Unique(), make(chan []byte, c.Buffer)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.waiting[correlation] = replies
	return correlation, replies
}

func (c *Calls) forget(correlation string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.waiting, correlation)
}

func answer(reply []byte) Answer {
	if bytes.HasPrefix(reply, []byte("error: ")) {
		return Answer{http.StatusBadGateway, message.Write(string(reply))}
	}
	result, err := message.Unserialize(reply)
	if err != nil {
		return failed(err)
	}
	return Answer{http.StatusOK, result}
}
