// Command consumer consumes the queue @@name: each message leaves one entry, whatever ends in between.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	exchange = "events"
	key      = "@@name.created"
	queue    = "@@name"
	dead     = "@@name.dead"
	pause    = time.Second // before another try
)

var errGone = errors.New("the consumer, its channel or its connection is gone")

func main() {
	stopping, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	database, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer database.Close()
	for stopping.Err() == nil {
		if err := consume(stopping, database); err != nil {
			log.Printf("%v; connecting again", err)
			sleep(stopping, pause)
		}
	}
}

// consume works over one connection until a stop is asked for, which is no error, or until something is gone.
func consume(stopping context.Context, database *pgxpool.Pool) error {
	connection, err := amqp.DialConfig(os.Getenv("AMQP_URL"), amqp.Config{Dial: amqp.DefaultDial(10 * time.Second)})
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
	if err := channel.Qos(prefetch(), 0, false); err != nil {
		return err
	}
	deliveries, err := channel.Consume(queue, queue, false, false, false, false, nil)
	if err != nil {
		return err
	}
	log.Printf("consuming from %s", queue)
	defer context.AfterFunc(stopping, func() { channel.Cancel(queue, false) })()

	// The prefetch count bounds how many of these there are. A cancel closes deliveries, as a lost connection does.
	over, end := context.WithCancel(stopping)
	defer end()
	var inHand sync.WaitGroup
	for delivery := range deliveries {
		if stopping.Err() != nil {
			continue // it goes back to its queue when the connection closes
		}
		inHand.Go(func() { handle(over, database, delivery) })
	}
	end()
	inHand.Wait()
	if stopping.Err() == nil {
		return errGone
	}
	return nil
}

// declare makes what outlives a restart of the broker; what cannot be done ends in the queue of dead letters.
func declare(channel *amqp.Channel) error {
	if err := channel.ExchangeDeclare(exchange, "topic", true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := channel.QueueDeclare(dead, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		return err
	}
	arguments := amqp.Table{
		"x-queue-type":              "quorum",
		"x-delivery-limit":          20, // a message that ends its consumer does not do so for ever
		"x-dead-letter-exchange":    "",
		"x-dead-letter-routing-key": dead,
	}
	if _, err := channel.QueueDeclare(queue, true, false, false, false, arguments); err != nil {
		return err
	}
	return channel.QueueBind(queue, key, exchange, false, nil)
}

// handle works on one message and settles it, unless there is to be no other try: then the broker gives it again.
func handle(over context.Context, database *pgxpool.Pool, delivery amqp.Delivery) {
	err := work(database, delivery.Body)
	for errors.As(err, new(again)) {
		log.Print(err)
		if !sleep(over, pause) {
			return
		}
		err = work(database, delivery.Body)
	}
	if err == nil {
		err = delivery.Ack(false)
	} else {
		log.Printf("dead letter: %v", err)
		err = delivery.Reject(false)
	}
	if err != nil {
		log.Printf("the connection is gone, the message comes again: %v", err)
	}
}

// prefetch is how many messages are in hand at once.
func prefetch() int {
	if count, err := strconv.Atoi(os.Getenv("PREFETCH")); err == nil {
		return count
	}
	return 10
}

// sleep tells whether the time was over before ctx was.
func sleep(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}
