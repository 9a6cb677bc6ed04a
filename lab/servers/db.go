package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// DBOptions are all optional.
type DBOptions struct {
	ServerID uint32   // unique among replicating servers; by default the port, which is
	Lines    []string // further lines of the [mysqld] section, "read_only=ON"
	NoBinlog bool     // the binary log is on unless said otherwise
	Env      []string // "TZ=America/New_York" gives the server another time zone
}

// DB is a MariaDB or MySQL server that listens on loopback.
type DB struct {
	Flavour  string // FlavourMariaDB or FlavourMySQL
	Version  string // "10.11.19-MariaDB-0+deb12u1"
	Port     int
	ServerID uint32
	Dir      string // everything of the server: data/, my.cnf, error.log
	Socket   string
	Admin    *sql.DB // as root over the socket; survives restarts

	flavour   flavour
	process   *Process
	env       []string
	passwords map[string]string
}

// MariaDB starts a MariaDB server with an empty data directory and returns
// when it answers. The caller closes it.
func MariaDB(ctx context.Context, opts DBOptions) (*DB, error) {
	return startDB(ctx, mariadbFlavour(), opts)
}

// MySQL starts a MySQL server likewise.
func MySQL(ctx context.Context, opts DBOptions) (*DB, error) {
	return startDB(ctx, mysqlFlavour(), opts)
}

// Database starts a server of the flavour that is named "mariadb" or "mysql".
func Database(ctx context.Context, name string, opts DBOptions) (*DB, error) {
	switch name {
	case FlavourMariaDB:
		return MariaDB(ctx, opts)
	case FlavourMySQL:
		return MySQL(ctx, opts)
	}
	return nil, fmt.Errorf("unknown flavour %q: mariadb or mysql", name)
}

func startDB(ctx context.Context, f flavour, opts DBOptions) (*DB, error) {
	if err := Available(f.kind); err != nil {
		return nil, err
	}
	version, err := f.version(ctx)
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lab-"+f.name+"-") // short: a socket's path may have 107 bytes
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", f.name, err)
	}
	db := &DB{
		Flavour: f.name, Version: version, Port: port, ServerID: opts.ServerID, Dir: dir,
		Socket: filepath.Join(dir, "sock"), flavour: f, env: opts.Env, passwords: map[string]string{"root": ""},
	}
	if db.ServerID == 0 {
		db.ServerID = uint32(port)
	}
	if err := db.create(ctx, opts); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return db, nil
}

func (db *DB) create(ctx context.Context, opts DBOptions) error {
	if err := dataDir(ctx, db.flavour, filepath.Join(db.Dir, "data")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(db.Dir, "my.cnf"), []byte(db.configuration(opts)), 0o600); err != nil {
		return fmt.Errorf("configuring %s: %w", db.Flavour, err)
	}
	if err := db.open(); err != nil {
		return err
	}
	if err := db.Start(ctx); err != nil {
		return errors.Join(err, db.Admin.Close())
	}
	return nil
}

func (db *DB) open() error {
	connector, err := mysql.NewConnector(db.Config("root"))
	if err != nil {
		return fmt.Errorf("opening a connection to %s: %w", db.Flavour, err)
	}
	db.Admin = sql.OpenDB(connector)
	db.Admin.SetMaxIdleConns(0) // MySQL waits 2 s for each idle connection when it stops
	return nil
}

// configuration is the my.cnf: small, and without the waits for the disk that
// only durability needs.
func (db *DB) configuration(opts DBOptions) string {
	lines := []string{
		"[mysqld]",
		"datadir=" + filepath.Join(db.Dir, "data"),
		"socket=" + db.Socket,
		"pid_file=" + filepath.Join(db.Dir, "pid"),
		"log_error=" + db.ErrorLog(),
		"bind_address=127.0.0.1",
		"port=" + strconv.Itoa(db.Port),
		"server_id=" + strconv.FormatUint(uint64(db.ServerID), 10),
		"report_host=127.0.0.1",
		"report_port=" + strconv.Itoa(db.Port),
		"skip_name_resolve=ON",
		"max_connections=100",
		"innodb_buffer_pool_size=64M",
		"innodb_flush_log_at_trx_commit=0",
		"innodb_doublewrite=0",
		"innodb_use_native_aio=0",
		"sync_binlog=0",
		"log_output=FILE",
	}
	if opts.NoBinlog {
		lines = append(lines, "skip_log_bin")
	} else {
		lines = append(lines, "log_bin=binlog", "binlog_format=ROW")
		if db.Flavour == FlavourMariaDB {
			lines = append(lines, "log_slave_updates=ON")
		}
	}
	lines = append(lines, db.flavour.settings...)
	lines = append(lines, opts.Lines...)
	return strings.Join(lines, "\n") + "\n"
}

// Start starts the server on its data directory and port, and returns when it
// answers. It is for a server that was stopped or killed.
func (db *DB) Start(ctx context.Context) error {
	program, args := db.flavour.program()
	args = append(append([]string{}, args...), "--defaults-file="+filepath.Join(db.Dir, "my.cnf"))
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	process, err := Spawn(filepath.Join(db.Dir, "error.log"), db.env, program, args...)
	if err != nil {
		return err
	}
	process.name = db.Flavour
	if err := process.awaitReady(ctx, db.Admin.PingContext); err != nil {
		return errors.Join(err, process.Kill())
	}
	db.process = process
	return nil
}

// Stop ends the server in good order. Its data stays.
func (db *DB) Stop() error { return db.process.Stop() }

// Kill ends the server as a crash does. Its data stays.
func (db *DB) Kill() error { return db.process.Kill() }

// Restart stops the server in good order and starts it again.
func (db *DB) Restart(ctx context.Context) error {
	if err := db.Stop(); err != nil {
		return err
	}
	return db.Start(ctx)
}

// Close ends the server at once and removes its files.
func (db *DB) Close() error {
	return errors.Join(db.Admin.Close(), db.Kill(), os.RemoveAll(db.Dir))
}

// Addr is host:port.
func (db *DB) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(db.Port)) }

// ErrorLog is the path of the server's error log.
func (db *DB) ErrorLog() string { return filepath.Join(db.Dir, "error.log") }

// Pid is the server's process ID.
func (db *DB) Pid() int { return db.process.Pid() }

// Config is the driver's silent configuration for an account that was made by
// CreateAccount or CreateCollectorAccount, over TCP; for root, over the socket.
func (db *DB) Config(user string) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.Passwd = user, db.passwords[user]
	config.Net, config.Addr = "tcp", db.Addr()
	if user == "root" {
		config.Net, config.Addr = "unix", db.Socket
	}
	// A server that is being started or killed is no news to whoever did it.
	config.Logger = &mysql.NopLogger{}
	return config
}

// DSN is Config as a data source name without a database: "user:pw@tcp(…)/".
func (db *DB) DSN(user string) string { return db.Config(user).FormatDSN() }

// Password is the account's password.
func (db *DB) Password(user string) string { return db.passwords[user] }
