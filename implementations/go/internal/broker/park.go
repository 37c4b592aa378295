package broker

import (
	"context"
	"maps"

	amqp "github.com/rabbitmq/amqp091-go"
)

const parked = "parked"

// Park puts a copy of what will be rejected into a queue of our own.
func Park(ctx context.Context, publisher Publisher, delivery amqp.Delivery, why string) error {
	return Insist(ctx, publisher, ParkedCopy(delivery, why))
}

// ParkedCopy is the message as it came, but for what would make its copy expire, be refused, or go elsewhere.
func ParkedCopy(delivery amqp.Delivery, why string) Message {
	headers := maps.Clone(delivery.Headers)
	if headers == nil || headers.Validate() != nil {
		headers = amqp.Table{}
	}
	delete(headers, "CC")
	delete(headers, "BCC")
	headers["x-reason"] = why
	return Message{
		Exchange:  parked,
		Mandatory: true,
		Declare:   declareParked,
		Publishing: amqp.Publishing{
			Headers:         headers,
			ContentType:     delivery.ContentType,
			ContentEncoding: delivery.ContentEncoding,
			DeliveryMode:    amqp.Persistent,
			Priority:        delivery.Priority,
			CorrelationId:   delivery.CorrelationId,
			ReplyTo:         delivery.ReplyTo,
			MessageId:       delivery.MessageId,
			Timestamp:       delivery.Timestamp,
			Type:            delivery.Type,
			AppId:           delivery.AppId,
			Body:            delivery.Body,
		},
	}
}

func declareParked(channel *amqp.Channel) error {
	if err := channel.ExchangeDeclare(parked, amqp.ExchangeDirect, true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := channel.QueueDeclare(parked, true, false, false, false, nil); err != nil {
		return err
	}
	return channel.QueueBind(parked, "", parked, false, nil)
}
