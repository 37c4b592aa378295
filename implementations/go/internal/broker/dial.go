// Package broker consumes and publishes with amqp091-go, across every loss of a connection or a channel.
package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	handshakeTime = 30 * time.Second // of a new connection, until it is open
	closeTime     = 2 * time.Second  // for the broker's answer to connection.close
)

// Dialer opens connections to one broker.
type Dialer struct {
	URL       string
	Heartbeat time.Duration
	TLS       *tls.Config
	Handshake time.Duration
}

// NewDialer makes a dialer; where ca is a path, only what that CA has signed is trusted.
func NewDialer(url string, heartbeat time.Duration, ca string) (*Dialer, error) {
	dialer := &Dialer{URL: url, Heartbeat: heartbeat, TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Handshake: handshakeTime}
	if ca == "" {
		return dialer, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("CA of the broker: %w", err)
	}
	dialer.TLS.RootCAs = x509.NewCertPool()
	if !dialer.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA of the broker: no certificate in %s", ca)
	}
	return dialer, nil
}

// Dial opens a connection, and gives up when ctx is done.
func (d *Dialer) Dial(ctx context.Context) (*amqp.Connection, error) {
	keep := func() bool { return true }
	connection, err := amqp.DialConfig(d.URL, amqp.Config{
		Heartbeat:       d.Heartbeat,
		TLSClientConfig: d.TLS.Clone(),
		Dial: func(network, address string) (net.Conn, error) {
			socket, err := (&net.Dialer{Timeout: d.Handshake}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			keep = context.AfterFunc(ctx, func() { _ = socket.Close() })
			return socket, socket.SetDeadline(time.Now().Add(d.Handshake))
		},
	})
	if !keep() && err == nil {
		return nil, ctx.Err()
	}
	return connection, err
}

// Close closes a connection, whether its broker answers or not.
func Close(connection *amqp.Connection) {
	_ = connection.CloseDeadline(time.Now().Add(closeTime))
}

// Pause waits, and tells whether the time was over before ctx was done.
func Pause(ctx context.Context, duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Backoff is the pause before try number n, from 0: it doubles up to 2 s.
func Backoff(n int) time.Duration {
	return min(100*time.Millisecond<<min(n, 5), 2*time.Second)
}
