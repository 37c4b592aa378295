// A load of amqp091-go on one broker, for benchmarks/amqp091.py: pairs of a publisher and a consumer, each on a
// connection and, pair by pair, a queue of its own. It prints what was consumed in a second, and how old it was.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

type load struct {
	url, kind                               string
	pairs, unconfirmed, prefetch, ack, size int
	time                                    time.Duration
}

// told is printed as JSON: deliveries a second of all consumers, and the median of their ages in milliseconds.
type told struct {
	Consumed float64 `json:"consumed"`
	Age      float64 `json:"age"`
}

func main() {
	log.SetFlags(0)
	asked := read()
	queues := make([]string, asked.pairs)
	for number := range queues {
		queues[number] = "load" + strconv.Itoa(number)
		must(asked.channel().QueueDeclare(queues[number], true, false, false, false, amqp.Table{"x-queue-type": asked.kind}))
	}
	end, stop := context.WithTimeout(context.Background(), asked.time)
	defer stop()
	ages := make([][]time.Duration, asked.pairs)
	var consumers sync.WaitGroup
	for number, queue := range queues {
		consumers.Go(func() { ages[number] = asked.consume(end, queue) })
		go asked.publish(end, queue)
	}
	consumers.Wait()
	all := slices.Concat(ages...)
	if len(all) == 0 {
		log.Fatal("nothing was consumed")
	}
	slices.Sort(all)
	median := float64(all[len(all)/2]) / float64(time.Millisecond)
	check(json.NewEncoder(os.Stdout).Encode(told{float64(len(all)) / asked.time.Seconds(), median}))
}

func read() load {
	var asked load
	flag.StringVar(&asked.url, "url", "", "where the broker is")
	flag.StringVar(&asked.kind, "kind", "classic", "type of the queues")
	flag.IntVar(&asked.pairs, "pairs", 1, "publishers, and as many consumers")
	flag.IntVar(&asked.unconfirmed, "unconfirmed", 0, "how many publishes may wait for their confirm; 0: no confirms")
	flag.IntVar(&asked.prefetch, "prefetch", 100, "prefetch count")
	flag.IntVar(&asked.ack, "ack", 1, "acknowledge every so manieth delivery with all before it")
	flag.IntVar(&asked.size, "size", 100, "octets of a body, at least 8")
	flag.DurationVar(&asked.time, "time", 5*time.Second, "how long to measure")
	flag.Parse()
	return asked
}

// channel opens one on a connection of its own.
func (asked load) channel() *amqp.Channel {
	return must(must(amqp.Dial(asked.url)).Channel())
}

// publish sends bodies that begin with the time of their sending, until the end.
func (asked load) publish(end context.Context, queue string) {
	channel := asked.channel()
	wait := func() {}
	if asked.unconfirmed > 0 {
		check(channel.Confirm(false))
		places := make(chan struct{}, asked.unconfirmed)
		confirms := channel.NotifyPublish(make(chan amqp.Confirmation, asked.unconfirmed))
		go func() {
			for range confirms {
				<-places
			}
		}()
		wait = func() { places <- struct{}{} }
	}
	body := make([]byte, asked.size)
	for end.Err() == nil {
		wait()
		binary.BigEndian.PutUint64(body, uint64(time.Now().UnixNano()))
		check(channel.PublishWithContext(context.Background(), "", queue, false, false, amqp.Publishing{Body: body}))
	}
}

// consume acknowledges what comes until the end, and returns the age of each delivery.
func (asked load) consume(end context.Context, queue string) []time.Duration {
	channel := asked.channel()
	check(channel.Qos(asked.prefetch, 0, false))
	deliveries := must(channel.Consume(queue, "", false, false, false, false, nil))
	var ages []time.Duration
	for {
		select {
		case <-end.Done():
			return ages
		case delivery, open := <-deliveries:
			if !open {
				log.Fatal("the broker closed a consumer's channel")
			}
			ages = append(ages, time.Since(time.Unix(0, int64(binary.BigEndian.Uint64(delivery.Body)))))
			if len(ages)%asked.ack == 0 {
				check(delivery.Ack(asked.ack > 1))
			}
		}
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
