package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	toolkit "github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v2"
	"golang.org/x/net/netutil"
)

// Access says who can reach the server, and who gets in.
type Access struct {
	Address              string // host:port
	WebConfigFile        string // exporter-toolkit's; empty: no TLS, no password
	AllowUnauthenticated bool   // listen wider than loopback without either
}

// Door is who gets in where a server listens.
type Door struct {
	Authenticated bool // only who has a password or a certificate
	Loopback      bool // only this machine
}

// Guarded reports that not everybody who reaches the address gets in.
func (d Door) Guarded() bool { return d.Authenticated || d.Loopback }

// Listen opens the server's address for a bounded number of connections. It
// refuses an address that other machines reach when nobody would ask them for a
// password or a certificate, unless that is allowed.
func Listen(ctx context.Context, access Access) (listener net.Listener, door Door, err error) {
	if door.Authenticated, err = asksWho(access.WebConfigFile); err != nil {
		return nil, door, err
	}
	var config net.ListenConfig
	listener, err = config.Listen(ctx, "tcp", access.Address)
	if err != nil {
		return nil, door, fmt.Errorf("%w: change server.listen", err)
	}
	door.Loopback = onLoopback(listener.Addr()) // what the name was resolved to counts, not how it looks
	if !door.Guarded() && !access.AllowUnauthenticated {
		return nil, door, errors.Join(access.refusal(), listener.Close())
	}
	return netutil.LimitListener(listener, maxConnections), door, nil
}

// refusal says why an address that other machines reach is not opened.
func (a Access) refusal() error {
	return fmt.Errorf("server.listen %s can be reached from other machines and asks nobody for a password: "+
		"listen on 127.0.0.1, or name a server.web_config_file with basic_auth_users or verified client certificates, "+
		"or set server.allow_unauthenticated: true", a.Address)
}

func onLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// asksWho reads whether a web configuration lets in only who has a password or a
// certificate of a named authority. It reads the file with the library and the
// type that exporter-toolkit reads it with, so that both see the same.
//
// It refuses a rate limit: the toolkit answers 429 beyond it, and Alertmanager
// gives up a notification that was answered 429.
func asksWho(file string) (bool, error) {
	if file == "" {
		return false, nil
	}
	c, err := readWebConfig(file)
	if err != nil {
		return false, err
	}
	if c.RateLimiterConfig.Interval != 0 {
		return false, fmt.Errorf("server.web_config_file %s: rate_limit makes Alertmanager lose notifications, which it does not repeat after a 429: remove it", file)
	}
	return len(c.Users) > 0 || verifiesClients(c.TLSConfig), nil
}

// readWebConfig reads the file; the paths in it are relative to where it lies.
func readWebConfig(file string) (c toolkit.Config, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return c, fmt.Errorf("reading server.web_config_file: %w", err)
	}
	if err := yaml.UnmarshalStrict(content, &c); err != nil {
		return c, fmt.Errorf("reading server.web_config_file %s: %w", file, err)
	}
	c.TLSConfig.SetDirectory(filepath.Dir(file))
	return c, nil
}

// verifiesClients is false for RequireAnyClientCert, which takes self-signed
// certificates, and without an authority of one's own: then Go asks the system's,
// who sign for anybody.
func verifiesClients(c toolkit.TLSConfig) bool {
	return c.ClientAuth == tls.RequireAndVerifyClientCert.String() && (c.ClientCAs != "" || c.ClientCAsText != "")
}
