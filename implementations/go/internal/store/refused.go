package store

import (
	"errors"
	"slices"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// Refused tells whether the database has refused these very rows, so that to wait is no use. Any other error may pass.
func Refused(err error) bool {
	var ofSQLite sqlite3.Error
	if errors.As(err, &ofSQLite) {
		return slices.Contains([]sqlite3.ErrNo{sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrMismatch}, ofSQLite.Code)
	}
	var ofPostgreSQL *pgconn.PgError
	if errors.As(err, &ofPostgreSQL) {
		return slices.Contains([]string{"22", "23", "P0"}, ofPostgreSQL.Code[:2]) // data, constraint, raised
	}
	var ofMySQL *mysql.MySQLError
	if errors.As(err, &ofMySQL) {
		state := string(ofMySQL.SQLState[:2])
		return slices.Contains([]string{"22", "23", "45"}, state)
	}
	return false
}
