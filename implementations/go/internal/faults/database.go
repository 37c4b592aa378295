package faults

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"log"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"warren/consumer/internal/broker"
	"warren/consumer/internal/instance"
	"warren/consumer/internal/message"
	"warren/consumer/internal/store"
	"warren/consumer/internal/work"
)

// effects is the store, with one effect done otherwise.
type effects struct {
	*store.Store
	logOnce func(ctx context.Context, key string, bodies ...string) error
}

func (e effects) LogOnce(ctx context.Context, key string, bodies ...string) error {
	return e.logOnce(ctx, key, bodies...)
}

func logBy(i *instance.Instance, logOnce func(ctx context.Context, key string, bodies ...string) error) {
	i.Worker.Effects = effects{i.Store, logOnce}
}

// twoTransactions: the row, then its key, each by itself; as db.Exec within a transaction has it.
func twoTransactions(i *instance.Instance) {
	logBy(i, func(ctx context.Context, key string, bodies ...string) error {
		if hasKey(i, key) {
			return nil
		}
		if err := i.Store.Transact(ctx, func(tx *store.Tx) error { return tx.Log(bodies...) }); err != nil {
			return err
		}
		return i.Store.Transact(ctx, func(tx *store.Tx) error {
			_, err := tx.Key(key)
			return err
		})
	})
}

// commitErrorDropped: each statement is checked, and tx.Commit is not.
func commitErrorDropped(i *instance.Instance) {
	logBy(i, func(ctx context.Context, key string, bodies ...string) error {
		done := false
		err := i.Store.Transact(ctx, func(tx *store.Tx) error {
			isNew, err := tx.Key(key)
			if err == nil && isNew {
				err = tx.Log(bodies...)
			}
			done = err == nil
			return err
		})
		if done {
			return nil
		}
		return err
	})
}

// ackBeforeCommit: `defer tx.Commit()` at the head, the ack at the end.
func ackBeforeCommit(i *instance.Instance) {
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		texts, err := message.ReadPackage(delivery.Body)
		if err != nil {
			return i.Worker.Aside(stop, delivery, err)
		}
		time.Sleep(time.Duration(len(texts)) * i.Settings.Second)
		acked := false
		err = i.Worker.Commit(stop, func(ctx context.Context) error {
			return i.Store.Transact(ctx, func(tx *store.Tx) error {
				isNew, err := tx.Key(i.Worker.Key(delivery))
				if err == nil && isNew {
					err = tx.Log(string(delivery.Body))
				}
				if err == nil && !acked {
					acked = true
					_ = delivery.Ack(false)
				}
				return err
			})
		})
		if err == nil || acked {
			return broker.Leave
		}
		return i.Worker.Aside(stop, delivery, err)
	}
	i.Consumer.Settle = func(delivery amqp.Delivery, verdict broker.Verdict) error {
		if verdict == broker.Leave {
			return nil
		}
		return broker.Settle(delivery, verdict)
	}
}

// keyReadFirst: whether a message is done is read before its work; the key that is there by then is no longer looked at.
func keyReadFirst(i *instance.Instance) {
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		return broker.Ack, hasKey(i, i.Worker.Key(delivery))
	})
	logBy(i, func(ctx context.Context, key string, bodies ...string) error {
		return i.Store.Transact(ctx, func(tx *store.Tx) error {
			if _, err := tx.Key(key); err != nil {
				return err
			}
			return tx.Log(bodies...)
		})
	})
}

// keyInMemory: a sync.Map knows what is done.
func keyInMemory(i *instance.Instance) {
	var done sync.Map
	logBy(i, func(ctx context.Context, key string, bodies ...string) error {
		if _, there := done.Load(key); there {
			return nil
		}
		err := i.Store.Transact(ctx, func(tx *store.Tx) error { return tx.Log(bodies...) })
		if err == nil {
			done.Store(key, true)
		}
		return err
	})
}

// keyOfBody: a hash of the body is the key, for message ids are optional.
func keyOfBody(i *instance.Instance) {
	i.Worker.Key = func(delivery amqp.Delivery) string {
		sum := sha256.Sum256(delivery.Body)
		return hex.EncodeToString(sum[:])
	}
}

// keyIfRedelivered: only what is redelivered can be there twice, it is thought.
func keyIfRedelivered(i *instance.Instance) {
	i.Worker.Key = func(delivery amqp.Delivery) string {
		if delivery.Redelivered {
			return work.Key(delivery)
		}
		return "+" + work.Key(delivery)[1:]
	}
	logBy(i, func(ctx context.Context, key string, bodies ...string) error {
		redelivered := key[0] != '+'
		return i.Store.Transact(ctx, func(tx *store.Tx) error {
			isNew, err := tx.Key(key[1:])
			if err != nil || (redelivered && !isNew) {
				return err
			}
			return tx.Log(bodies...)
		})
	})
}

// rowsNotClosed: the early return for what is done already leaves its rows open, and a connection of the pool with them.
func rowsNotClosed(i *instance.Instance) {
	i.Store.DB.SetMaxOpenConns(4)
	before(i, func(delivery amqp.Delivery) (broker.Verdict, bool) {
		key := i.Worker.Key(delivery)
		rows, err := i.Store.DB.Query("SELECT id FROM done WHERE id = '" + key + "'")
		if err != nil {
			return broker.Ack, false
		}
		if rows.Next() {
			return broker.Ack, true
		}
		_ = rows.Close()
		return broker.Ack, false
	})
}

// transactionAroundWork: the transaction begins before the work, as a middleware has it.
func transactionAroundWork(i *instance.Instance) {
	i.Consumer.Handle = func(stop context.Context, delivery amqp.Delivery) broker.Verdict {
		texts, err := message.ReadPackage(delivery.Body)
		if err != nil {
			return i.Worker.Aside(stop, delivery, err)
		}
		err = i.Worker.Commit(stop, func(ctx context.Context) error {
			tx, err := i.Store.DB.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			isNew, err := i.Store.Within(ctx, tx).Key(i.Worker.Key(delivery))
			if err != nil || !isNew {
				return err
			}
			time.Sleep(time.Duration(len(texts)) * i.Settings.Second)
			if err := i.Store.Within(ctx, tx).Log(string(delivery.Body)); err != nil {
				return err
			}
			return tx.Commit()
		})
		switch {
		case err == nil:
			return broker.Ack
		case stop.Err() != nil:
			return broker.Leave
		default:
			return i.Worker.Aside(stop, delivery, err)
		}
	}
}

// noStatementTime: no context ends what the database does not answer.
func noStatementTime(i *instance.Instance) {
	logBy(i, func(ctx context.Context, key string, bodies ...string) error {
		tx, err := i.Store.DB.Begin()
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		within := i.Store.Within(context.Background(), tx)
		isNew, err := within.Key(key)
		if err != nil || !isNew {
			return err
		}
		if err := within.Log(bodies...); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func hasKey(i *instance.Instance, key string) bool {
	var there sql.NullString
	err := i.Store.DB.QueryRow("SELECT id FROM done WHERE id = '" + key + "'").Scan(&there)
	if err != nil && err != sql.ErrNoRows {
		log.Printf("database: %v", err)
	}
	return err == nil
}
