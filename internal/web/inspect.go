package web

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// Trouble is something wrong with who gets in.
type Trouble struct {
	Text   string // what is wrong
	Fix    string // what to do about it
	Locked bool   // nobody gets in who should
	Fatal  bool   // nothing can be served so
}

// soon is how long before the end of a certificate it is said that it ends.
const soon = 14 * 24 * time.Hour

// Inspect says, without opening the address, what is wrong: a web configuration that
// cannot be used or lets nobody in, and an address that would be refused.
func (a Access) Inspect(ctx context.Context, now time.Time) []Trouble {
	var found []Trouble
	authenticated := false
	if a.WebConfigFile != "" {
		found, authenticated = a.inspectFile(now)
	}
	if authenticated || a.AllowUnauthenticated || slices.ContainsFunc(found, func(t Trouble) bool { return t.Fatal }) {
		return found
	}
	if wide, err := a.wide(ctx); err != nil {
		found = append(found, Trouble{Text: fmt.Sprintf("server.listen: %v", err), Fix: "write an address of this machine", Fatal: true})
	} else if wide {
		found = append(found, Trouble{Text: a.refusal().Error(), Fatal: true})
	}
	return found
}

// wide reports whether other machines reach the address.
func (a Access) wide(ctx context.Context) (bool, error) {
	host, _, err := net.SplitHostPort(a.Address)
	if err != nil {
		return false, err
	}
	if host == "" {
		return true, nil
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return false, err
	}
	for _, address := range addresses {
		if !address.IP.IsLoopback() {
			return true, nil
		}
	}
	return false, nil
}

// inspectFile reads the web configuration as the toolkit does, and looks at what the
// toolkit does not: it takes a file of authorities that holds none, and then lets
// nobody in; and a certificate that has expired.
func (a Access) inspectFile(now time.Time) (found []Trouble, authenticated bool) {
	fatal := func(fix string, err error) {
		found = append(found, Trouble{Text: "server.web_config_file: " + err.Error(), Fix: fix, Fatal: true})
	}
	authenticated, err := asksWho(a.WebConfigFile)
	if err != nil {
		fatal("", err)
		return found, false
	}
	if err := toolkit.Validate(a.WebConfigFile); err != nil {
		fatal("see https://prometheus.io/docs/prometheus/latest/configuration/https/", err)
		return found, authenticated
	}
	c, err := readWebConfig(a.WebConfigFile)
	if err != nil {
		fatal("", err)
		return found, authenticated
	}
	if err := holdsAuthority(c.TLSConfig); err != nil {
		found = append(found, Trouble{
			Text: fmt.Sprintf("server.web_config_file: %v: no client gets in", err), Locked: true,
			Fix: "name a PEM file with the certificate of the authority that signs the clients'",
		})
	}
	if trouble, expires := expiry(c.TLSConfig, now); expires {
		found = append(found, trouble)
	}
	return found, authenticated
}

// holdsAuthority says why no client's certificate could be verified.
func holdsAuthority(c toolkit.TLSConfig) error {
	name, text := "client_ca", []byte(c.ClientCAsText)
	if c.ClientCAs != "" {
		var err error
		name = "client_ca_file " + c.ClientCAs
		if text, err = os.ReadFile(c.ClientCAs); err != nil {
			return err
		}
	} else if c.ClientCAsText == "" {
		return nil
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate", name)
	}
	return nil
}

// expiry says that the server's certificate is not valid, or soon will not be.
func expiry(c toolkit.TLSConfig, now time.Time) (Trouble, bool) {
	leaf, err := serverCertificate(c)
	if err != nil { // no TLS
		return Trouble{}, false
	}
	t := Trouble{Fix: "renew it: it is read at each connection, no restart is needed"}
	switch {
	case now.Before(leaf.NotBefore):
		t.Text, t.Locked = "is not valid before "+leaf.NotBefore.UTC().Format(time.RFC3339), true
	case now.After(leaf.NotAfter):
		t.Text, t.Locked = "has expired at "+leaf.NotAfter.UTC().Format(time.RFC3339)+", so that Alertmanager does not connect", true
	case leaf.NotAfter.Sub(now) < soon:
		t.Text = "expires at " + leaf.NotAfter.UTC().Format(time.RFC3339)
	default:
		return Trouble{}, false
	}
	t.Text = "server.web_config_file: the certificate " + t.Text
	return t, true
}

var errNoCertificate = errors.New("no certificate")

// serverCertificate is the first of the file or text, which the toolkit has loaded before.
func serverCertificate(c toolkit.TLSConfig) (*x509.Certificate, error) {
	text := []byte(c.TLSCert)
	if c.TLSCertPath != "" {
		var err error
		if text, err = os.ReadFile(c.TLSCertPath); err != nil {
			return nil, err
		}
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, errNoCertificate
}
