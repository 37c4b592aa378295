package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"warren/consumer/internal/settings"
)

const (
	logRow    = "INSERT INTO message_log (message, created_at) VALUES (?, CURRENT_TIMESTAMP)"
	keyRow    = "done (id) VALUES (?)"
	insertOne = "INSERT INTO task (created_at) VALUES (CURRENT_TIMESTAMP)"
)

// Effects are what the designs do to the database. Each is there once, however often it is asked for.
type Effects interface {
	LogOnce(ctx context.Context, key string, bodies ...string) error
	LogPart(ctx context.Context, part Part) error
	InsertTask(ctx context.Context) (int64, error)
	CompleteTask(ctx context.Context, id int, result string) (stored string, found bool, err error)
}

// Store is a database.
type Store struct {
	DB      *sql.DB
	dialect dialect
}

// Open opens the database; it connects when it is used.
func Open(database settings.Database) (*Store, error) {
	db, dialect, err := connect(database)
	if err != nil {
		return nil, err
	}
	return &Store{DB: db, dialect: dialect}, nil
}

// LogOnce writes the rows and their key in one transaction, or nothing where the key is there.
func (s *Store) LogOnce(ctx context.Context, key string, bodies ...string) error {
	return s.Transact(ctx, func(tx *Tx) error {
		isNew, err := tx.Key(key)
		if err != nil || !isNew {
			return err
		}
		return tx.Log(bodies...)
	})
}

// Key takes a key, and tells whether nobody had it.
func (t *Tx) Key(key string) (bool, error) {
	count, err := t.Run(t.dialect.once(keyRow), key)
	return count == 1, err
}

// Log writes rows of message_log.
func (t *Tx) Log(bodies ...string) error {
	for _, body := range bodies {
		if _, err := t.Run(logRow, body); err != nil {
			return err
		}
	}
	return nil
}

// InsertTask makes a task and gives its id.
func (s *Store) InsertTask(ctx context.Context) (id int64, err error) {
	err = s.Transact(ctx, func(tx *Tx) error {
		id, err = tx.InsertTask()
		return err
	})
	return id, err
}

// InsertTask makes a task and gives its id.
func (t *Tx) InsertTask() (id int64, err error) {
	if t.dialect.returning {
		err = t.Read([]any{&id}, insertOne+" RETURNING id")
		return id, err
	}
	t.timer.Reset(statementTime)
	result, err := t.ExecContext(t.ctx, insertOne)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// CompleteTask gives a task its result, unless it has one, and tells the result that it has.
func (s *Store) CompleteTask(ctx context.Context, id int, result string) (stored string, found bool, err error) {
	err = s.Transact(ctx, func(tx *Tx) error {
		stored, err = tx.CompleteTask(id, result)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return stored, err == nil, err
}

// CompleteTask gives a task its result, unless it has one; sql.ErrNoRows where there is no such task.
func (t *Tx) CompleteTask(id int, result string) (stored string, err error) {
	const update = "UPDATE task SET result = ?, completed_at = CURRENT_TIMESTAMP WHERE id = ? AND completed_at IS NULL"
	if _, err := t.Run(update, result, id); err != nil {
		return "", err
	}
	var text sql.NullString
	err = t.Read([]any{&text}, "SELECT result FROM task WHERE id = ?", id)
	return text.String, err
}

// Migrate makes the tables.
func (s *Store) Migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, table := range s.tables() {
		if _, err := s.DB.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+table); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) tables() []string {
	id, text := s.dialect.id, s.dialect.text
	return []string{
		"message_log (id " + id + ", message " + text + " NOT NULL, created_at TIMESTAMP NOT NULL)",
		"task (id " + id + ", result VARCHAR(255) NULL, created_at TIMESTAMP NOT NULL, completed_at TIMESTAMP NULL)",
		"done (id CHAR(64) PRIMARY KEY)",
		"package (id CHAR(64) PRIMARY KEY, next INTEGER NOT NULL)",
		"part (package CHAR(64) NOT NULL, position INTEGER NOT NULL, body " + text + " NULL, source " + text +
			" NULL, PRIMARY KEY (package, position))",
	}
}
