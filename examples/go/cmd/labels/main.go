// Command labels writes the label of each parcel that the shop has packed: DIRECTORY/ID.json.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/labels"
)

const (
	queue     = "labels"
	dead      = "labels.dead"
	parallel  = 4
	reconnect = time.Second
)

var errConsumerGone = errors.New("the consumer, its channel or its connection is gone")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	printer := Printer{Directory: env("LABELS_DIRECTORY", "out")}
	for ctx.Err() == nil {
		err := consume(ctx, env("LABELS_AMQP", "amqp://localhost"), printer)
		if err == nil {
			return
		}
		log.Printf("%v; connecting again in %v", err, reconnect)
		select {
		case <-ctx.Done():
		case <-time.After(reconnect):
		}
	}
}

// consume works until ctx is done, which is no error, or until something has to be opened anew.
func consume(ctx context.Context, url string, printer Printer) error {
	connection, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	if err := declare(channel); err != nil {
		return err
	}
	if err := channel.Qos(parallel, 0, false); err != nil {
		return err
	}
	deliveries, err := channel.Consume(queue, queue, false, false, false, false, nil)
	if err != nil {
		return err
	}
	log.Print("waiting for parcels")
	defer context.AfterFunc(ctx, func() { channel.Cancel(queue, false) })()

	// The prefetch count bounds how many of these there are. Cancel closes deliveries, as a lost connection does.
	var work sync.WaitGroup
	for delivery := range deliveries {
		work.Go(func() { handle(printer, delivery) })
	}
	work.Wait()
	if ctx.Err() == nil {
		return errConsumerGone
	}
	return nil
}

func declare(channel *amqp.Channel) error {
	deadLetters := amqp.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
	if err := channel.ExchangeDeclare(labels.Exchange, "topic", true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := channel.QueueDeclare(dead, true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := channel.QueueDeclare(queue, true, false, false, false, deadLetters); err != nil {
		return err
	}
	return channel.QueueBind(queue, "parcel.*", labels.Exchange, false, nil)
}

// handle prints and acks. What fails for good is dead lettered at once, anything else after one more try.
func handle(printer Printer, delivery amqp.Delivery) {
	err := printer.Print(delivery.Body)
	switch {
	case err == nil:
		err = delivery.Ack(false)
	case errors.Is(err, ErrNoParcel):
		log.Print(err)
		err = delivery.Reject(false)
	default:
		log.Print(err)
		err = delivery.Reject(!delivery.Redelivered)
	}
	if err != nil {
		log.Printf("settling: %v", err)
	}
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
