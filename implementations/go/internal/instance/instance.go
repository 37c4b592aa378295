// Package instance puts one role of one design together.
package instance

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/settings"
	"warren/consumer/internal/store"
	"warren/consumer/internal/web"
	"warren/consumer/internal/work"
)

// Instance is one role of one design, made of parts that may be replaced before it runs.
type Instance struct {
	Settings     settings.Settings
	Design, Role string

	Dialer    *broker.Dialer
	Pool      *broker.Pool
	Store     *store.Store
	Worker    *work.Worker
	Consumer  *broker.Consumer // nil for role http of task
	Tasks     *web.Tasks       // for role http of task
	Calls     *web.Calls       // for role http of rpc
	Consume   func(context.Context)
	Answering func(context.Context) web.Answer // nil for who serves no HTTP
}

// New makes an instance; an error says that there is no such role of that design.
func New(current settings.Settings, design, role string) (*Instance, error) {
	dialer, err := broker.NewDialer(current.URL, current.Heartbeat, current.CA)
	if err != nil {
		return nil, err
	}
	database, err := store.Open(current.Database)
	if err != nil {
		return nil, err
	}
	i := &Instance{Settings: current, Design: design, Role: role, Dialer: dialer, Store: database}
	dial := func(ctx context.Context) (*amqp.Connection, error) { return i.Dialer.Dial(ctx) }
	i.Pool = &broker.Pool{Dial: dial}
	i.Worker = work.New(database, i.Pool, current.Second, design)
	i.Consumer = broker.NewConsumer(dial, current.Prefetch)
	i.Consumer.Budget = broker.NewBudget(current.Max)
	i.Consume = func(ctx context.Context) { i.Consumer.Run(ctx) }
	switch design + " " + role {
	case "task http":
		i.Tasks = web.NewTasks(database, i.Pool)
		i.Consumer, i.Consume, i.Answering = nil, func(context.Context) {}, i.Tasks.Call
	case "rpc http":
		i.Calls = web.NewCalls(database, i.Pool, current.Timeout)
		i.Consumer.Topology, i.Consumer.Handle = i.Calls.Topology, i.Calls.Handle
		i.Answering = i.Calls.Call
	default:
		handler, route := i.Worker.Handler(role), routes[design+" "+role]
		if handler == nil || route.Queue == "" {
			return nil, fmt.Errorf("design %q has no role %q here", design, role)
		}
		i.Consumer.Topology, i.Consumer.Handle = route.Topology, handler
	}
	return i, nil
}

var routes = map[string]broker.Route{
	"blocking stream":     broker.Stream,
	"parts stream":        broker.Stream,
	"parts part":          broker.Part,
	"parts-random stream": broker.Stream,
	"parts-random part":   broker.Part,
	"pipeline stream":     broker.Stream,
	"pipeline part":       broker.Part,
	"task task":           broker.Task,
	"rpc rpc-server":      broker.Call,
}

// Run runs until ctx is done or the consumer has done what it was told to; then connections are closed.
func (i *Instance) Run(ctx context.Context) error {
	defer i.Pool.Close()
	if i.Answering == nil {
		i.Consume(ctx)
		return nil
	}
	consuming, cancel := context.WithCancel(context.WithoutCancel(ctx)) // replies are taken until the last call is over
	done := make(chan struct{})
	go func() { defer close(done); i.Consume(consuming) }()
	err := web.Serve(ctx, i.Settings.Port, i.Settings.Timeout, i.Answering)
	cancel()
	<-done
	return err
}
