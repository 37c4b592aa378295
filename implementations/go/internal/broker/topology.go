package broker

import amqp "github.com/rabbitmq/amqp091-go"

// Route is an exchange of the contract and the queue behind it.
type Route struct{ Exchange, Queue string }

// The routes of the contract.
var (
	Stream = Route{"old_sound_rabbit_mq.stream", "old_sound_rabbit_mq.consumer.stream"}
	Part   = Route{"old_sound_rabbit_mq.part", "old_sound_rabbit_mq.consumer.part"}
	Task   = Route{"old_sound_rabbit_mq.task", "old_sound_rabbit_mq.consumer.task"}
	Call   = Route{"task", "old_sound_rabbit_mq.task"}
)

// Topology declares exchange, queue and binding, for who consumes.
func (r Route) Topology(channel *amqp.Channel) (string, error) {
	if err := r.DeclareExchange(channel); err != nil {
		return "", err
	}
	if _, err := channel.QueueDeclare(r.Queue, true, false, false, false, nil); err != nil {
		return "", err
	}
	return r.Queue, channel.QueueBind(r.Queue, "", r.Exchange, false, nil)
}

// DeclareExchange declares the exchange alone, for who publishes.
func (r Route) DeclareExchange(channel *amqp.Channel) error {
	return channel.ExchangeDeclare(r.Exchange, amqp.ExchangeDirect, true, false, false, false, nil)
}

// Message is work to publish on the route: persistent and mandatory.
func (r Route) Message(id string, body []byte, headers amqp.Table) Message {
	return Message{
		Exchange:  r.Exchange,
		Mandatory: true,
		Declare:   r.DeclareExchange,
		Publishing: amqp.Publishing{
			ContentType:  "text/plain",
			DeliveryMode: amqp.Persistent,
			MessageId:    id,
			Headers:      headers,
			Body:         body,
		},
	}
}
