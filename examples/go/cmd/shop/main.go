// Command shop publishes what happens in the shop: shop pack ID.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/labels"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 || os.Args[1] != "pack" {
		log.Fatal("usage: shop pack ID")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := pack(ctx, os.Getenv("LABELS_AMQP"), os.Args[2]); err != nil {
		log.Fatal(err)
	}
	fmt.Println("packed", os.Args[2])
}

// pack returns when the broker has confirmed.
func pack(ctx context.Context, url, id string) error {
	connection, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	if err := channel.ExchangeDeclare(labels.Exchange, "topic", true, false, false, false, nil); err != nil {
		return err
	}
	if err := channel.Confirm(false); err != nil {
		return err
	}
	lines := []string{"Grace Hopper", "Unter den Linden 5", "Berlin"}
	body, err := json.Marshal(labels.Parcel{ID: id, Country: "DE", Lines: lines})
	if err != nil {
		return err
	}
	confirmation, err := channel.PublishWithDeferredConfirmWithContext(ctx, labels.Exchange, labels.PackedKey, false, false,
		amqp.Publishing{ContentType: "application/json", DeliveryMode: amqp.Persistent, MessageId: id, Body: body})
	if err != nil {
		return err
	}
	taken, err := confirmation.WaitContext(ctx)
	if err == nil && !taken {
		err = errors.New("the broker has not taken the message")
	}
	return err
}
