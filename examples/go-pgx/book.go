package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var errForGood = errors.New("this will never be booked")

type arrival struct {
	ID      string `json:"id"`
	Article string `json:"article"`
	Pieces  int    `json:"pieces"`
}

// book books an arrival in one transaction; one that is booked already changes nothing.
func book(pool *pgxpool.Pool, body []byte) error {
	var a arrival
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("%w: %w", errForGood, err)
	}
	if a.ID == "" {
		return fmt.Errorf("%w: it has no id", errForGood)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		booked, err := tx.Exec(ctx, "INSERT INTO arrivals (id, article, pieces) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			a.ID, a.Article, a.Pieces)
		if err != nil || booked.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO shelves (article, pieces) VALUES ($1, $2)"+
			" ON CONFLICT (article) DO UPDATE SET pieces = shelves.pieces + excluded.pieces", a.Article, a.Pieces)
		return err
	})
	// Of class 22 the data is wrong, of class 23 a constraint refuses it.
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (strings.HasPrefix(refused.Code, "22") || strings.HasPrefix(refused.Code, "23")) {
		return fmt.Errorf("%w: %w", errForGood, err)
	}
	return err
}
