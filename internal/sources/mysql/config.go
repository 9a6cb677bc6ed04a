package mysql

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
)

// The modes of Config.TLS.
const (
	tlsDisabled   = "disabled"    // never
	tlsPreferred  = "preferred"   // where the server offers it; nobody's certificate is verified
	tlsRequired   = "required"    // always, certificate and host name are verified
	tlsSkipVerify = "skip-verify" // always, nobody's certificate is verified
)

// Config is one server of the `mysql:` block.
type Config struct {
	Name             string            `yaml:"name"`               // the server's name in every document
	Cluster          string            `yaml:"cluster"`            // scopes drafts
	Address          string            `yaml:"address"`            // host:port or the path of a unix socket
	User             string            `yaml:"user"`               // the least-privileged account, see `collector check`
	PasswordFile     string            `yaml:"password_file"`      // its first line is the password; read at every login
	PasswordEnv      string            `yaml:"password_env"`       // or the name of an environment variable
	TLS              string            `yaml:"tls"`                // disabled, preferred, required or skip-verify
	TLSCAFile        string            `yaml:"tls_ca_file"`        // PEM; default the system's authorities
	TLSCertFile      string            `yaml:"tls_cert_file"`      // PEM; client certificate
	TLSKeyFile       string            `yaml:"tls_key_file"`       // PEM
	Interval         model.Duration    `yaml:"interval"`           // between two samples
	QueryTimeout     model.Duration    `yaml:"query_timeout"`      // for all queries of one sample together
	Labels           map[string]string `yaml:"labels"`             // how Prometheus knows the server: {instance: "db1:9104"}
	Binlog           bool              `yaml:"binlog"`             // read its binary log when drafting
	BinlogBudget     sources.Size      `yaml:"binlog_budget"`      // bytes of it that are read for one draft at most
	AdminAddress     string            `yaml:"admin_address"`      // host:port that still answers when max_connections is reached: admin_address, MariaDB's extra_port
	ErrorLogFile     string            `yaml:"error_log_file"`     // the server's error log, where collector can read it; MySQL's is read over SQL
	ErrorLogTimezone string            `yaml:"error_log_timezone"` // IANA name, for a log whose times say no zone; default the server's own
	Explain          bool              `yaml:"explain"`            // take the plans of long statements; on MySQL it needs SELECT on their tables
	Thresholds       Thresholds        `yaml:"thresholds"`
}

// Thresholds say from when on something is an event.
type Thresholds struct {
	LongStatement   model.Duration `yaml:"long_statement"`
	LongTransaction model.Duration `yaml:"long_transaction"`
	ReplicationLag  model.Duration `yaml:"replication_lag"`
	LockWait        model.Duration `yaml:"lock_wait"` // of row and of metadata locks
}

// The least and the greatest interval: shorter ones cost the server more than
// they show, longer ones miss what happens.
const (
	minInterval = 100 * time.Millisecond
	maxInterval = time.Minute
)

// SetDefaults fills in what the file left out.
func (c *Config) SetDefaults() {
	for _, d := range []struct {
		value  *model.Duration
		preset time.Duration
	}{
		{&c.Interval, time.Second},
		{&c.QueryTimeout, 2 * time.Second},
		{&c.Thresholds.LongStatement, 10 * time.Second},
		{&c.Thresholds.LongTransaction, 30 * time.Second},
		{&c.Thresholds.ReplicationLag, 10 * time.Second},
		{&c.Thresholds.LockWait, time.Second},
	} {
		if *d.value == 0 {
			*d.value = model.Duration(d.preset)
		}
	}
	if c.BinlogBudget == 0 {
		c.BinlogBudget = defaultBinlogBudget
	}
	if c.TLS == "" {
		c.TLS = tlsPreferred
	}
	if c.Name == "" {
		c.Name = c.Address
	}
}

// Validate returns everything that is wrong with the block. Whether the files
// and the environment variable are there is found out at the login.
func (c *Config) Validate() []sources.Problem {
	var problems []sources.Problem
	problem := func(path, fix, format string, args ...any) {
		problems = append(problems, sources.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	if message := addressProblem(c.Address); message != "" {
		problem("address", "write host:3306 or the path of the server's socket", "%s", message)
	}
	if c.AdminAddress != "" {
		if message := addressProblem(c.AdminAddress); message != "" {
			problem("admin_address", "write host:33062, or leave it out", "%s", message)
		}
	}
	if c.User == "" {
		problem("user", "name the account that `collector check` describes", "is empty")
	}
	if c.PasswordFile != "" && c.PasswordEnv != "" {
		problem("password_env", "keep one of the two", "password_file is set too")
	}
	switch c.TLS {
	case tlsDisabled, tlsPreferred, tlsRequired, tlsSkipVerify:
	default:
		problem("tls", "write disabled, preferred, required or skip-verify", "%q is not a TLS mode", c.TLS)
	}
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		problem("tls_cert_file", "set both tls_cert_file and tls_key_file", "a client certificate needs its key")
	}
	if c.TLSCAFile != "" && c.TLS != tlsRequired {
		problem("tls_ca_file", "write tls: required", "nothing is verified with tls: %s", c.TLS)
	}
	if _, err := time.LoadLocation(c.ErrorLogTimezone); err != nil {
		problem("error_log_timezone", "write Europe/Berlin, or leave it out: the server is asked", "%q is not a time zone", c.ErrorLogTimezone)
	}
	if i := time.Duration(c.Interval); i < minInterval || i > maxInterval {
		problem("interval", "write 1s", "%v is not between %v and %v", i, minInterval, maxInterval)
	}
	for _, d := range []struct {
		path  string
		value model.Duration
	}{
		{"query_timeout", c.QueryTimeout},
		{"thresholds.long_statement", c.Thresholds.LongStatement},
		{"thresholds.long_transaction", c.Thresholds.LongTransaction},
		{"thresholds.replication_lag", c.Thresholds.ReplicationLag},
		{"thresholds.lock_wait", c.Thresholds.LockWait},
	} {
		if d.value <= 0 {
			problem(d.path, "write 10s", "must be more than 0")
		}
	}
	return problems
}

func addressProblem(address string) string {
	if address == "" {
		return "is empty"
	}
	if isSocket(address) {
		return ""
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return fmt.Sprintf("%q is neither host:port nor the path of a socket", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Sprintf("%q is not a port", port)
	}
	return ""
}

// isSocket reports whether an address is the path of a unix socket.
func isSocket(address string) bool {
	return filepath.IsAbs(address) || strings.HasPrefix(address, "./")
}
