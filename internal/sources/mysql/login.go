package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"collector/internal/sources/mysql/sqltext"
)

// programName is how a DBA finds collector's session, in
// performance_schema.session_connect_attrs.
const programName = "program_name:collector"

// maxPacket bounds one answer: even 100,000 sessions are less.
const maxPacket = 32 << 20

// login opens one connection and nothing else. The limit bounds dialling, the
// handshake and the session's settings together.
func login(ctx context.Context, c Config, limit time.Duration) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	password, err := c.password()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadSettings, err)
	}
	settings, err := c.driverConfig(password, limit)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadSettings, err)
	}
	var wire dialer
	settings.DialFunc = wire.dial
	connector, err := mysql.NewConnector(settings)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadSettings, password.scrub(err))
	}
	linked, err := connect(ctx, connector)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", c.Address, password.scrub(deadline(ctx, err)))
	}
	opened := &conn{link: linked, wire: &wire, texts: newTexts(), messages: messages()}
	if err := opened.prepare(ctx, limit); err != nil {
		opened.close()
		return nil, fmt.Errorf("preparing the session on %s: %w", c.Address, password.scrub(deadline(ctx, err)))
	}
	return opened, nil
}

// messages is the one redactor of all connections.
var messages = sync.OnceValue(sqltext.NewRedactor)

// deadline prefers the reason of an error over what it broke.
func deadline(ctx context.Context, err error) error {
	if ctx.Err() != nil && errorNumber(err) == 0 && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w (%w)", ctx.Err(), err)
	}
	return err
}

func (c *Config) driverConfig(password secret, limit time.Duration) (*mysql.Config, error) {
	d := mysql.NewConfig()
	d.Net, d.Addr = "tcp", c.Address
	if isSocket(c.Address) {
		d.Net = "unix"
	}
	d.User, d.Passwd = c.User, password.value
	d.ConnectionAttributes = programName
	d.MaxAllowedPacket = maxPacket
	d.WriteTimeout = limit        // of the farewell; all else is bounded by contexts
	d.Logger = &mysql.NopLogger{} // it would write to stderr; the errors come back anyway
	if c.TLS == tlsDisabled || d.Net == "unix" {
		return d, nil
	}
	settings, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	d.TLS = settings
	d.AllowFallbackToPlaintext = c.TLS == tlsPreferred
	return d, nil
}

func (c *Config) tlsConfig() (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.TLS != tlsRequired}
	if host, _, err := net.SplitHostPort(c.Address); err == nil {
		settings.ServerName = host
	}
	if c.TLSCAFile != "" {
		text, err := os.ReadFile(c.TLSCAFile)
		if err != nil {
			return nil, fmt.Errorf("reading tls_ca_file: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls_ca_file %s holds no PEM certificate", c.TLSCAFile)
		}
	}
	if c.TLSCertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCertFile, c.TLSKeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading tls_cert_file: %w", err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}

// connect turns a panic of the driver into an error: it indexes into handshakes
// that are too short, which is what another kind of server on the port sends.
func connect(ctx context.Context, connector driver.Connector) (opened driverConn, err error) {
	defer func() {
		if r := recover(); r != nil {
			opened, err = nil, fmt.Errorf("%w: what listens there does not speak MySQL's protocol", mysql.ErrMalformPkt)
		}
	}()
	c, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return c.(driverConn), nil
}
