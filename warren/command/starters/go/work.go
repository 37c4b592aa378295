package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// again is an error that another try may mend.
type again struct{ error }

type message struct {
	ID     string `json:"id"`
	Amount *int   `json:"amount"`
}

// work does what a message asks for, and notes that, in one transaction: it is done once, also if it comes again.
func work(database *pgxpool.Pool, body []byte) error {
	var asked message
	if err := json.Unmarshal(body, &asked); err != nil {
		return err
	}
	if asked.ID == "" || asked.Amount == nil {
		return errors.New("a message has an id and an amount")
	}
	limited, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := pgx.BeginFunc(limited, database, func(transaction pgx.Tx) error {
		noted, err := transaction.Exec(limited, "INSERT INTO handled (id) VALUES ($1) ON CONFLICT DO NOTHING", asked.ID)
		if err != nil || noted.RowsAffected() == 0 {
			return err
		}
		_, err = transaction.Exec(limited, "INSERT INTO entries (ref, amount) VALUES ($1, $2)", asked.ID, *asked.Amount)
		return err
	})
	if err == nil || isForGood(err) {
		return err
	}
	return again{err}
}

// isForGood tells whether the database will refuse this message for ever: its data (22) or its constraints (23).
func isForGood(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (strings.HasPrefix(refused.Code, "22") || strings.HasPrefix(refused.Code, "23"))
}
