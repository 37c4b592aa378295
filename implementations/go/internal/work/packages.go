package work

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
)

// Headers by which the parts of a package know each other.
const (
	HeaderPackage  = "x-package"
	HeaderPosition = "x-position"
)

// Blocking works on a whole package.
func (w *Worker) Blocking(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	texts, err := message.ReadPackage(delivery.Body)
	if err != nil {
		return w.Aside(stop, delivery, err)
	}
	w.Work(len(texts))
	return w.log(stop, delivery, string(delivery.Body))
}

// Split publishes the parts of a package. Their ids follow from its own, so that a repetition shows.
func (w *Worker) Split(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	texts, err := message.ReadPackage(delivery.Body)
	if err != nil {
		return w.Aside(stop, delivery, err)
	}
	if len(texts) == 0 {
		return w.log(stop, delivery, string(delivery.Body))
	}
	return w.Send(stop, Parts(w.Key(delivery), delivery.Body, texts)...)
}

// Parts makes the parts of a package.
func Parts(key string, body []byte, texts []message.Text) []broker.Message {
	parts := make([]broker.Message, len(texts))
	for i, text := range texts {
		part := message.Part{Text: text}
		if i == len(texts)-1 {
			source := string(body)
			part.SourceMessage = &source
		}
		headers := amqp.Table{HeaderPackage: key, HeaderPosition: int32(i)}
		parts[i] = broker.Part.Message(fmt.Sprintf("%s:%d", key, i), message.Write(part), headers)
	}
	return parts
}

// Part works on one part. Its row comes after those of the parts before it.
func (w *Worker) Part(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	part, err := message.ReadPart(delivery.Body)
	if err != nil {
		return w.Aside(stop, delivery, err)
	}
	if w.Design == "parts" {
		w.Work(1)
	} else {
		w.SomeWork()
	}
	body := string(delivery.Body)
	id, isOurs := delivery.Headers[HeaderPackage].(string)
	position, _ := delivery.Headers[HeaderPosition].(int32)
	if !isOurs { // somebody else's: nothing tells its place
		rows := []string{body}
		if part.SourceMessage != nil {
			rows = append(rows, *part.SourceMessage)
		}
		return w.log(stop, delivery, rows...)
	}
	done := store.Part{Package: id, Position: int(position), Body: &body, Source: part.SourceMessage}
	log := func(ctx context.Context) error { return w.Effects.LogPart(ctx, done) }
	verdict := w.settle(stop, delivery, w.Commit(stop, log))
	if verdict == broker.Reject { // the others do not wait for it
		done.Body, done.Source = nil, nil
		if w.Commit(stop, log) != nil {
			return broker.Leave
		}
	}
	return verdict
}

// FirstStep publishes the first step of a package.
func (w *Worker) FirstStep(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	texts, err := message.ReadPackage(delivery.Body)
	if err != nil {
		return w.Aside(stop, delivery, err)
	}
	if len(texts) == 0 {
		return w.log(stop, delivery, string(message.Write(message.Result{Texts: texts})))
	}
	step := message.Step{Texts: texts, Result: message.Result{Texts: []message.Text{}}}
	return w.Send(stop, NextStep(w.Key(delivery), step))
}

// NextStep makes the message of a step. Its id follows from that of its package.
func NextStep(key string, step message.Step) broker.Message {
	headers := amqp.Table{HeaderPackage: key}
	return broker.Part.Message(fmt.Sprintf("%s:%d", key, step.Index), message.Write(step), headers)
}

// Step works on one text, and publishes the next step once its own row is there.
func (w *Worker) Step(stop context.Context, delivery amqp.Delivery) broker.Verdict {
	step, err := message.ReadStep(delivery.Body)
	if err != nil {
		return w.Aside(stop, delivery, err)
	}
	w.SomeWork()
	next := After(step)
	if next.Index == len(next.Texts) {
		return w.log(stop, delivery, string(delivery.Body), string(message.Write(next.Result)))
	}
	if verdict := w.log(stop, delivery, string(delivery.Body)); verdict != broker.Ack {
		return verdict
	}
	key, isOurs := delivery.Headers[HeaderPackage].(string)
	if !isOurs {
		key = w.Key(delivery)
	}
	return w.Send(stop, NextStep(key, next))
}

// After is the step after this one.
func After(step message.Step) message.Step {
	done := append(step.Result.Texts[:len(step.Result.Texts):len(step.Result.Texts)], step.Texts[step.Index])
	return message.Step{Texts: step.Texts, Index: step.Index + 1, Result: message.Result{Texts: done}}
}

// log writes the rows of a delivery, once.
func (w *Worker) log(stop context.Context, delivery amqp.Delivery, rows ...string) broker.Verdict {
	key := w.Key(delivery)
	return w.settle(stop, delivery, w.Commit(stop, func(ctx context.Context) error {
		return w.Effects.LogOnce(ctx, key, rows...)
	}))
}
