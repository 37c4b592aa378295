// Package store keeps the effects: rows of message_log and task, each with what makes its repetition harmless.
package store

import (
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // driver pgx
	_ "github.com/mattn/go-sqlite3"    // driver sqlite3

	"warren/consumer/internal/settings"
)

// dialect is where SQLite, PostgreSQL and MySQL differ.
type dialect struct {
	driver    string
	id        string // type of a growing primary key
	text      string // type of a long text
	ignore    [2]string
	lock      string // of a row that is read
	returning bool
	numbered  bool // placeholders $1, $2
}

var (
	sqlite = dialect{
		driver: "sqlite3", id: "INTEGER PRIMARY KEY AUTOINCREMENT", text: "TEXT",
		ignore: [2]string{"INSERT INTO", "ON CONFLICT DO NOTHING"},
	}
	postgresql = dialect{
		driver: "pgx", id: "SERIAL PRIMARY KEY", text: "TEXT",
		ignore: [2]string{"INSERT INTO", "ON CONFLICT DO NOTHING"}, lock: "FOR UPDATE", returning: true, numbered: true,
	}
	mariadb = dialect{
		driver: "mysql", id: "INTEGER PRIMARY KEY AUTO_INCREMENT", text: "LONGTEXT",
		ignore: [2]string{"INSERT IGNORE INTO", ""}, lock: "FOR UPDATE",
	}
)

// address gives the dialect and its driver's form of an address.
func address(d settings.Database) (dialect, string, error) {
	scheme, _, _ := strings.Cut(d.URL, ":")
	kind, _, _ := strings.Cut(scheme, "+")
	switch kind {
	case "sqlite":
		path := url.URL{Scheme: "file", Path: d.Name, RawQuery: "_busy_timeout=5000&_txlock=immediate"}
		return sqlite, path.String(), nil
	case "postgresql":
		server := url.URL{Scheme: "postgresql", User: url.UserPassword(d.User, d.Password), Host: host(d), Path: d.Name}
		return postgresql, server.String(), nil
	case "mysql":
		config := mysql.NewConfig()
		config.Net, config.Addr, config.DBName = "tcp", host(d), d.Name
		config.User, config.Passwd = d.User, d.Password
		config.ReadTimeout, config.WriteTimeout, config.Timeout = statementTime, statementTime, statementTime
		return mariadb, config.FormatDSN(), nil
	default:
		return dialect{}, "", fmt.Errorf("WARREN_DATABASE_URL: %q is no database that is known here", kind)
	}
}

func host(d settings.Database) string { return net.JoinHostPort(d.Host, d.Port) }

// sql writes a statement in the dialect: its placeholders are ?.
func (d dialect) sql(statement string) string {
	if !d.numbered {
		return statement
	}
	var out strings.Builder
	number := 0
	for _, char := range statement {
		if char != '?' {
			out.WriteRune(char)
			continue
		}
		number++
		out.WriteString("$" + strconv.Itoa(number))
	}
	return out.String()
}

// once writes an insert that does nothing where the key is there.
func (d dialect) once(into string) string {
	return d.ignore[0] + " " + into + " " + d.ignore[1]
}

func connect(d settings.Database) (*sql.DB, dialect, error) {
	dialect, address, err := address(d)
	if err != nil {
		return nil, dialect, err
	}
	db, err := sql.Open(dialect.driver, address)
	if err != nil {
		return nil, dialect, err
	}
	db.SetMaxOpenConns(4)
	if dialect.driver == sqlite.driver {
		db.SetMaxOpenConns(1) // one writer at a time waits here, not at the file
	}
	return db, dialect, nil
}
