package faults

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/instance"
)

// qosOnce: the prefetch count belongs to the start; who connects again does not think of it.
func qosOnce(i *instance.Instance) {
	qos, done := i.Consumer.Qos, false
	i.Consumer.Qos = func(channel *amqp.Channel) error {
		if done {
			return nil
		}
		done = true
		return qos(channel)
	}
}

// topologyOnce: so does what is declared.
func topologyOnce(i *instance.Instance) {
	topology, name := i.Consumer.Topology, ""
	i.Consumer.Topology = func(channel *amqp.Channel) (queue string, err error) {
		if name == "" {
			name, err = topology(channel)
		}
		return name, err
	}
}

// connectionWatchedOnly: NotifyClose of the connection alone says when to begin again.
func connectionWatchedOnly(i *instance.Instance) {
	naive(i, loop{watch: func(connection *amqp.Connection, _ *amqp.Channel, _ <-chan struct{}) <-chan *amqp.Error {
		return connection.NotifyClose(make(chan *amqp.Error, 1))
	}})
}

// cancelNotWatched: NotifyClose of the channel says so, too; a cancelled consumer closes neither.
func cancelNotWatched(i *instance.Instance) { naive(i, loop{watch: watchChannel}) }

// consumerMorePerLoss: both the loop and a watcher of NotifyClose begin again, each with a consumer of its own.
func consumerMorePerLoss(i *instance.Instance) {
	dial := i.Consumer.Dial
	var losses sync.WaitGroup
	run := i.Consume
	i.Consume = func(ctx context.Context) {
		i.Consumer.Dial = func(dialing context.Context) (*amqp.Connection, error) {
			connection, err := dial(dialing)
			if err != nil {
				return nil, err
			}
			lost := connection.NotifyClose(make(chan *amqp.Error, 1))
			losses.Add(1)
			go func() {
				defer losses.Done()
				if err := <-lost; err != nil && ctx.Err() == nil {
					i.Consumer.Run(ctx)
				}
			}()
			return connection, nil
		}
		run(ctx)
		losses.Wait()
	}
}

// attemptsNeverReset: ten tries to connect again, counted over the whole life.
func attemptsNeverReset(i *instance.Instance) {
	tries := 0
	backoff := i.Consumer.Backoff
	i.Consumer.Backoff = func(try int) time.Duration {
		if tries++; tries > 10 {
			log.Fatal("gave up after 10 tries to connect")
		}
		return backoff(try)
	}
}

// backoffNeverReset: the pause doubles with each loss of the whole life, without a bound.
func backoffNeverReset(i *instance.Instance) {
	pause := 50 * time.Millisecond
	i.Consumer.Backoff = func(int) time.Duration {
		pause *= 2
		return pause
	}
}

// dialIgnoresStop: the loop that connects again knows nothing of a stop.
func dialIgnoresStop(i *instance.Instance) {
	dial := i.Consumer.Dial
	i.Consumer.Dial = func(context.Context) (*amqp.Connection, error) {
		for {
			connection, err := dial(context.Background())
			if err == nil {
				return connection, nil
			}
			time.Sleep(time.Second)
		}
	}
}

// handshakeNoDeadline: a Dial of one's own, for keep-alives or a proxy, without the deadline that the library's own has.
func handshakeNoDeadline(i *instance.Instance) {
	i.Consumer.Dial = func(context.Context) (*amqp.Connection, error) {
		return amqp.DialConfig(i.Dialer.URL, amqp.Config{
			Heartbeat:       i.Dialer.Heartbeat,
			TLSClientConfig: i.Dialer.TLS.Clone(),
			Dial:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).Dial,
		})
	}
}

// setupTimeFatal: who is not set up within 10 s ends, though its connection lives.
func setupTimeFatal(i *instance.Instance) {
	topology := i.Consumer.Topology
	i.Consumer.Topology = func(channel *amqp.Channel) (string, error) {
		timer := time.AfterFunc(10*time.Second, func() { log.Fatal("the broker does not answer") })
		defer timer.Stop()
		return topology(channel)
	}
}

// exclusiveFatal: a consumer that is refused is a fatal error, at whatever time.
func exclusiveFatal(i *instance.Instance) {
	i.Consumer.Qos = func(channel *amqp.Channel) error {
		closed := channel.NotifyClose(make(chan *amqp.Error, 1))
		go func() {
			if err := <-closed; err != nil && (err.Code == amqp.AccessRefused || err.Code == amqp.ResourceLocked) {
				log.Fatal(err)
			}
		}()
		return channel.Qos(i.Settings.Prefetch, 0, false)
	}
}

// libraryRecovery: amqp.Config.Recovery is to do all of it.
func libraryRecovery(i *instance.Instance) {
	i.Consumer.Dial = func(context.Context) (*amqp.Connection, error) {
		return amqp.DialConfig(i.Dialer.URL, amqp.Config{
			Heartbeat:       i.Dialer.Heartbeat,
			TLSClientConfig: i.Dialer.TLS.Clone(),
			Recovery: &amqp.Recovery{ReconnectionConfig: &amqp.ReconnectionConfig{
				MaxRetryCount: 100_000, RetryInterval: 500 * time.Millisecond,
			}},
		})
	}
	naive(i, loop{watch: watchDeliveries})
}

// blockedFatal: connection.blocked is taken for an error.
func blockedFatal(i *instance.Instance) {
	dial := i.Dialer.Dial
	watched := func(ctx context.Context) (*amqp.Connection, error) {
		connection, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		blocked := connection.NotifyBlocked(make(chan amqp.Blocking, 1))
		go func() {
			if word, open := <-blocked; open && word.Active {
				log.Fatalf("blocked: %s", word.Reason)
			}
		}()
		return connection, nil
	}
	i.Pool.Dial = watched
	if i.Consumer != nil {
		i.Consumer.Dial = watched
	}
}

// tlsChainOnly: the host's name does not fit the certificate of the tests, so the check is written by hand, without it.
func tlsChainOnly(i *instance.Instance) {
	roots := i.Dialer.TLS.RootCAs
	i.Dialer.TLS.InsecureSkipVerify = true
	i.Dialer.TLS.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("no certificate")
		}
		options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, certificate := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
}
