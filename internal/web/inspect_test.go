package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pair writes a certificate that signs itself and its key, and returns the directory.
func pair(t *testing.T, notAfter time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: notAfter.AddDate(-1, 0, 0), NotAfter: notAfter, DNSNames: []string{"localhost"}}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: certificate}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestInspect(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	good, expired, ending := pair(t, now.AddDate(0, 6, 0)), pair(t, now.Add(-time.Hour)), pair(t, now.AddDate(0, 0, 3))
	tls := func(dir, more string) string {
		return "tls_server_config: {cert_file: " + dir + "/cert.pem, key_file: " + dir + "/key.pem" + more + "}\n"
	}
	const mutual = ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: "
	for _, tt := range []struct {
		name, address, file string
		says                string // "" for no trouble
		locked, fatal       bool
	}{
		{"loopback", "127.0.0.1:9950", "", "", false, false},
		{"a name of loopback", "localhost:9950", "", "", false, false},
		{"every address", "0.0.0.0:9950", "", "can be reached from other machines", false, true},
		{"no address", ":9950", "", "can be reached from other machines", false, true},
		{"every address with a password", "0.0.0.0:9950", passwordFile, "", false, false},
		{"every address with TLS alone", "0.0.0.0:9950", tls(good, ""), "can be reached from other machines", false, true},
		{"clients with certificates", "0.0.0.0:9950", tls(good, mutual+good+"/cert.pem"), "", false, false},
		{"a missing certificate", "127.0.0.1:9950", tls("/nowhere", ""), "/nowhere/cert.pem", false, true},
		{"the key of another certificate", "127.0.0.1:9950", strings.Replace(tls(good, ""), good+"/key.pem", ending+"/key.pem", 1), "private key does not match", false, true},
		{"authorities that are missing", "127.0.0.1:9950", tls(good, mutual+"/nowhere/ca.pem"), "/nowhere/ca.pem", false, true},
		{"authorities that are none", "127.0.0.1:9950", tls(good, mutual+good+"/key.pem"), "holds no certificate: no client gets in", true, false},
		{"a password that is no hash", "127.0.0.1:9950", "basic_auth_users: {alertmanager: hunter2-web}\n", "bcrypt", false, true},
		{"a mistyped key", "127.0.0.1:9950", "basic_auth: {}\n", "not found in type", false, true},
		{"a rate limit", "127.0.0.1:9950", "rate_limit: {interval: 1s, burst: 10}\n", "429", false, true},
		{"an expired certificate", "127.0.0.1:9950", tls(expired, ""), "has expired at 2026-11-21T08:00:00Z", true, false},
		{"one that ends soon", "127.0.0.1:9950", tls(ending, ""), "expires at 2026-11-24T09:00:00Z", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			access := Access{Address: tt.address}
			if tt.file != "" {
				access.WebConfigFile = writeFile(t, tt.file)
			}
			found := access.Inspect(t.Context(), now)
			if tt.says == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != 1 {
				t.Fatalf("found %+v, want one trouble", found)
			}
			if x := found[0]; !strings.Contains(x.Text, tt.says) || x.Locked != tt.locked || x.Fatal != tt.fatal || strings.Contains(x.Text, "hunter2") {
				t.Errorf("found %+v, want %q", x, tt.says)
			}
		})
	}
}
