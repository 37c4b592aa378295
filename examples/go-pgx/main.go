// Command arrivals books each delivery that arrives at the warehouse: a row of arrivals, and its pieces on the shelf.
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

	"github.com/jackc/pgx/v5/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	exchange = "warehouse"
	key      = "arrived"
	queue    = "arrivals"
	dead     = "arrivals.dead"
	parallel = 8
	pause    = time.Second
)

var errConsumerGone = errors.New("the consumer, its channel or its connection is gone")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	pool, err := pgxpool.New(context.Background(), os.Getenv("ARRIVALS_DATABASE"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	for ctx.Err() == nil {
		if err := consume(ctx, pool); err != nil {
			log.Printf("%v; connecting again in %v", err, pause)
			sleep(ctx, pause)
		}
	}
}

// consume works until ctx is done, which is no error, or until something has to be opened anew.
func consume(ctx context.Context, pool *pgxpool.Pool) error {
	connection, err := amqp.Dial(os.Getenv("ARRIVALS_AMQP"))
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
	log.Print("waiting for arrivals")
	defer context.AfterFunc(ctx, func() { channel.Cancel(queue, false) })()

	// The prefetch count bounds how many of these there are. Cancel closes deliveries, as a lost connection does.
	var work sync.WaitGroup
	for delivery := range deliveries {
		work.Go(func() { handle(ctx, pool, delivery) })
	}
	work.Wait()
	if ctx.Err() == nil {
		return errConsumerGone
	}
	return nil
}

func declare(channel *amqp.Channel) error {
	deadLetters := amqp.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
	if err := channel.ExchangeDeclare(exchange, "direct", true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := channel.QueueDeclare(dead, true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := channel.QueueDeclare(queue, true, false, false, false, deadLetters); err != nil {
		return err
	}
	return channel.QueueBind(queue, key, exchange, false, nil)
}

// handle books and acks. What fails for good is dead lettered, anything else goes back to the queue after a pause.
func handle(ctx context.Context, pool *pgxpool.Pool, delivery amqp.Delivery) {
	err := book(pool, delivery.Body)
	switch {
	case err == nil:
		err = delivery.Ack(false)
	case errors.Is(err, errForGood):
		log.Print(err)
		err = delivery.Reject(false)
	default:
		log.Print(err)
		sleep(ctx, pause)
		err = delivery.Reject(true)
	}
	if err != nil {
		log.Printf("settling: %v", err)
	}
}

func sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}
