// Package web is role http: GET /task of the designs task and rpc.
package web

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
)

const lastTime = 3 * time.Second // for the calls that wait, once a stop was asked for

// Answer is what a call is answered.
type Answer struct {
	Status int
	Body   []byte
}

// Tasks answers GET /task of the design task.
type Tasks struct {
	Publisher broker.Publisher

	// The steps of a call.
	Insert func(context.Context) (int64, error)
	Send   func(context.Context, int64) error
}

// NewTasks makes a caller.
func NewTasks(effects store.Effects, publisher broker.Publisher) *Tasks {
	tasks := &Tasks{Publisher: publisher, Insert: effects.InsertTask}
	tasks.Send = tasks.send
	return tasks
}

// Call inserts a task and publishes it; it is accepted when a queue has it.
func (t *Tasks) Call(ctx context.Context) Answer {
	id, err := t.Insert(ctx)
	if err == nil {
		err = t.Send(ctx, id)
	}
	if err != nil {
		return failed(err)
	}
	return Answer{http.StatusAccepted, []byte(`"Task accepted"`)}
}

// send publishes a task until the broker has it; where no queue is, nobody waits for one.
func (t *Tasks) send(ctx context.Context, id int64) error {
	for try := 0; ; try++ {
		err := t.Publisher.Publish(ctx, TaskMessage(id))
		if err == nil || errors.Is(err, broker.ErrReturned) || !broker.Pause(ctx, broker.Backoff(try)) {
			return err
		}
	}
}

// TaskMessage is the message of a task.
func TaskMessage(id int64) broker.Message {
	return broker.Task.Message(fmt.Sprintf("task-%d", id), taskBody(id), nil)
}

func taskBody(id int64) []byte {
	return message.Write(struct {
		TaskID int64 `json:"taskId"`
	}{id})
}

// Serve answers GET /task until ctx is done, each call within timeout.
func Serve(ctx context.Context, port string, timeout time.Duration, call func(context.Context) Answer) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /task", func(writer http.ResponseWriter, request *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(request.Context()), timeout)
		defer cancel()
		answer := call(ctx)
		writer.Header().Set("Content-Type", "application/json")
		writer.WriteHeader(answer.Status)
		_, _ = writer.Write(answer.Body)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: timeout}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), timeout+lastTime)
		defer cancel()
		_ = server.Shutdown(last)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

func failed(err error) Answer {
	log.Printf("GET /task: %v", err)
	body, status := "not accepted", http.StatusServiceUnavailable
	if errors.Is(err, context.DeadlineExceeded) {
		body, status = "no answer in time", http.StatusGatewayTimeout
	}
	return Answer{status, []byte(`"` + body + `"`)}
}
