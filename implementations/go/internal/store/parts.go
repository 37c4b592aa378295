package store

import (
	"context"
	"database/sql"
	"errors"
)

// Part is one part of a package that is done. Its row waits for those of the parts before it.
type Part struct {
	Package  string
	Position int
	Body     *string // its row; none where it was given up
	Source   *string // the row of the package, with its last part
}

func (p Part) rows() (rows []string) {
	for _, row := range []*string{p.Body, p.Source} {
		if row != nil {
			rows = append(rows, *row)
		}
	}
	return rows
}

// LogPart keeps a part, and writes the rows of all parts whose turn it is.
func (s *Store) LogPart(ctx context.Context, part Part) error {
	return s.Transact(ctx, func(tx *Tx) error {
		next, err := tx.lockPackage(part.Package)
		if err != nil {
			return err
		}
		isNew, err := tx.keepPart(part)
		if err != nil || !isNew {
			return err
		}
		if next != part.Position {
			return tx.try(part.rows())
		}
		return tx.flush(part)
	})
}

func (t *Tx) lockPackage(id string) (next int, err error) {
	if _, err := t.Run(t.dialect.once("package (id, next) VALUES (?, 0)"), id); err != nil {
		return 0, err
	}
	err = t.Read([]any{&next}, "SELECT next FROM package WHERE id = ? "+t.dialect.lock, id)
	return next, err
}

func (t *Tx) keepPart(part Part) (bool, error) {
	insert := t.dialect.once("part (package, position, body, source) VALUES (?, ?, ?, ?)")
	count, err := t.Run(insert, part.Package, part.Position, part.Body, part.Source)
	return count == 1, err
}

// try finds out whether the database takes the rows, which another transaction will write.
func (t *Tx) try(rows []string) error {
	if _, err := t.Run("SAVEPOINT try"); err != nil {
		return err
	}
	if err := t.Log(rows...); err != nil {
		return err
	}
	_, err := t.Run("ROLLBACK TO SAVEPOINT try")
	return err
}

// flush writes the rows of a part and of those after it that are done.
func (t *Tx) flush(part Part) error {
	for {
		if err := t.Log(part.rows()...); err != nil {
			return err
		}
		after := Part{Package: part.Package, Position: part.Position + 1}
		const read = "SELECT body, source FROM part WHERE package = ? AND position = ?"
		err := t.Read([]any{&after.Body, &after.Source}, read, after.Package, after.Position)
		if errors.Is(err, sql.ErrNoRows) {
			_, err := t.Run("UPDATE package SET next = ? WHERE id = ?", after.Position, after.Package)
			return err
		}
		if err != nil {
			return err
		}
		part = after
	}
}

// Unlock leaves out the lock on a package, for who wants to see what it is good for.
func (s *Store) Unlock() { s.dialect.lock = "" }
