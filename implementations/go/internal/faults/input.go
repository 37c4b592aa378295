package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/instance"
)

// stopWorksOffBuffer: the consumer is cancelled, then what it was given is worked off to the end, as the library advises.
func stopWorksOffBuffer(i *instance.Instance) {
	naive(i, loop{watch: watchDeliveries, drain: true})
}

// stopEndsTransaction: the context of the signal is that of the transaction; what it ends is put aside as an error.
func stopEndsTransaction(i *instance.Instance) {
	i.Worker.Commit = func(stop context.Context, f func(context.Context) error) error {
		err := f(stop)
		for try := 0; err != nil && stop.Err() == nil && try < 100; try++ {
			broker.Pause(stop, broker.Backoff(try))
			err = f(stop)
		}
		return err
	}
	aside := i.Worker.Aside
	i.Worker.Aside = func(stop context.Context, delivery amqp.Delivery, why error) broker.Verdict {
		return aside(context.WithoutCancel(stop), delivery, why)
	}
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		if verdict := handle(stop, delivery); verdict != broker.Leave {
			return verdict
		}
		return i.Worker.Aside(context.WithoutCancel(stop), delivery, errors.New("context canceled"))
	}
}

// contentTypeWanted: only text/plain and application/json are read.
func contentTypeWanted(i *instance.Instance) {
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		known := delivery.ContentType == "text/plain" || delivery.ContentType == "application/json"
		if known {
			return broker.Ack, false
		}
		return i.Worker.Aside(context.Background(), delivery, fmt.Errorf("content type %q", delivery.ContentType)), true
	})
}

// headerAsserted: headers go to a trace as strings, by an assertion without ok.
func headerAsserted(i *instance.Instance) {
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		trace := map[string]string{}
		for name, value := range delivery.Headers {
			trace[name] = value.(string)
		}
		if len(trace) > 0 {
			log.Printf("trace: %v", trace)
		}
		return broker.Ack, false
	})
}

// zeroValueJSON: what json.Unmarshal leaves out of a struct is taken for an empty package.
func zeroValueJSON(i *instance.Instance) {
	handle := i.Consumer.Handle
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		var fields struct {
			Texts []string `json:"texts"`
		}
		if json.Unmarshal(delivery.Body, &fields) != nil || len(fields.Texts) > 0 {
			return handle(stop, delivery)
		}
		err := i.Store.LogOnce(context.WithoutCancel(stop), i.Worker.Key(delivery), string(delivery.Body))
		if err != nil {
			return broker.Leave
		}
		return broker.Ack
	}
}
