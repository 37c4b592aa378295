package store

import (
	"context"
	"database/sql"
	"time"
)

// statementTime is how long the database may be silent; more than the busy time-out of SQLite.
const statementTime = 8 * time.Second

// Tx is a transaction each of whose statements has its time.
type Tx struct {
	*sql.Tx
	ctx     context.Context
	timer   *time.Timer
	dialect dialect
}

// Transact commits what f did, or nothing of it.
func (s *Store) Transact(ctx context.Context, f func(*Tx) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.AfterFunc(statementTime, cancel)
	defer timer.Stop()
	begun, err := s.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	tx := &Tx{Tx: begun, ctx: ctx, timer: timer, dialect: s.dialect}
	if err := f(tx); err != nil {
		_ = begun.Rollback()
		return err
	}
	timer.Reset(statementTime)
	return begun.Commit()
}

// Run executes a statement, and tells how many rows it changed.
func (t *Tx) Run(statement string, arguments ...any) (int64, error) {
	t.timer.Reset(statementTime)
	result, err := t.ExecContext(t.ctx, t.dialect.sql(statement), arguments...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Read scans one row; sql.ErrNoRows where there is none.
func (t *Tx) Read(into []any, statement string, arguments ...any) error {
	t.timer.Reset(statementTime)
	return t.QueryRowContext(t.ctx, t.dialect.sql(statement), arguments...).Scan(into...)
}

// Within makes a transaction of a database/sql one, without a bound of time.
func (s *Store) Within(ctx context.Context, tx *sql.Tx) *Tx {
	forever := time.AfterFunc(time.Hour, func() {})
	return &Tx{Tx: tx, ctx: ctx, timer: forever, dialect: s.dialect}
}
