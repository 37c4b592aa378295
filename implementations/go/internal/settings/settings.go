// Package settings reads what the contract passes in the environment.
package settings

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// Database is the address of the database, apart.
type Database struct {
	URL, Host, Port, Name, User, Password string
}

// Settings is all that an instance is told.
type Settings struct {
	URL       string
	CA        string // path of a PEM file, or empty
	Database  Database
	Heartbeat time.Duration
	Prefetch  int
	Second    time.Duration // one "second" of work
	Max       int           // settle that many messages, 0 for no bound
	Timeout   time.Duration // of a call to role http
	Port      string        // of role http
}

// Read takes the settings of a consumer from the environment.
func Read() (Settings, error) {
	r := reader{}
	s := Settings{
		URL:       os.Getenv("WARREN_AMQP_URL"),
		CA:        os.Getenv("WARREN_AMQP_CA"),
		Database:  ReadDatabase(),
		Heartbeat: time.Duration(r.integer("WARREN_HEARTBEAT", 10)) * time.Second,
		Prefetch:  r.integer("WARREN_PREFETCH", 1),
		Second:    r.seconds("WARREN_SECOND", 1),
		Max:       r.integer("WARREN_MAX_MESSAGES", 0),
		Timeout:   r.seconds("WARREN_TIMEOUT", 10),
		Port:      os.Getenv("WARREN_HTTP_PORT"),
	}
	if r.err == nil && s.URL == "" {
		r.err = fmt.Errorf("WARREN_AMQP_URL is not set")
	}
	return s, r.err
}

// ReadDatabase takes the address of the database from the environment.
func ReadDatabase() Database {
	return Database{
		URL:      os.Getenv("WARREN_DATABASE_URL"),
		Host:     os.Getenv("WARREN_DATABASE_HOST"),
		Port:     os.Getenv("WARREN_DATABASE_PORT"),
		Name:     os.Getenv("WARREN_DATABASE_NAME"),
		User:     os.Getenv("WARREN_DATABASE_USER"),
		Password: os.Getenv("WARREN_DATABASE_PASSWORD"),
	}
}

// reader keeps the first error of several variables.
type reader struct{ err error }

func (r *reader) integer(name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.Atoi(text)
	r.keep(name, err)
	return value
}

func (r *reader) seconds(name string, otherwise float64) time.Duration {
	value := otherwise
	if text := os.Getenv(name); text != "" {
		var err error
		value, err = strconv.ParseFloat(text, 64)
		r.keep(name, err)
	}
	return time.Duration(value * float64(time.Second))
}

func (r *reader) keep(name string, err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
}
