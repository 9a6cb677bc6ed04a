package mysql

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"good", func(*Config) {}, ""},
		{"socket", func(c *Config) { c.Address = "/run/mysqld/mysqld.sock" }, ""},
		{"IPv6", func(c *Config) { c.Address = "[::1]:3306" }, ""},
		{"no address", func(c *Config) { c.Address = "" }, "address: is empty (write host:3306 or the path of the server's socket)"},
		{"no port", func(c *Config) { c.Address = "db1" }, `address: "db1" is neither host:port nor the path of a socket (write host:3306 or the path of the server's socket)`},
		{"bad port", func(c *Config) { c.Address = "db1:99999" }, `address: "99999" is not a port (write host:3306 or the path of the server's socket)`},
		{"no user", func(c *Config) { c.User = "" }, "user: is empty (name the account that `collector check` describes)"},
		{"two passwords", func(c *Config) { c.PasswordFile, c.PasswordEnv = "a", "B" }, "password_env: password_file is set too (keep one of the two)"},
		{"TLS mode", func(c *Config) { c.TLS = "yes" }, `tls: "yes" is not a TLS mode (write disabled, preferred, required or skip-verify)`},
		{"half a certificate", func(c *Config) { c.TLSKeyFile = "k" }, "tls_cert_file: a client certificate needs its key (set both tls_cert_file and tls_key_file)"},
		{"CA for nothing", func(c *Config) { c.TLSCAFile = "ca" }, "tls_ca_file: nothing is verified with tls: preferred (write tls: required)"},
		{"fast", func(c *Config) { c.Interval = model.Duration(time.Millisecond) }, "interval: 1ms is not between 100ms and 1m0s (write 1s)"},
		{"time zone", func(c *Config) { c.ErrorLogTimezone = "Berlin" }, `error_log_timezone: "Berlin" is not a time zone (write Europe/Berlin, or leave it out: the server is asked)`},
		{"threshold", func(c *Config) { c.Thresholds.ReplicationLag = -1 }, "thresholds.replication_lag: must be more than 0 (write 10s)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := Config{Name: "db1", Address: "db1:3306", User: "collector"}
			c.SetDefaults()
			tc.change(&c)
			var got []string
			for _, p := range c.Validate() {
				got = append(got, p.Error())
			}
			if text := strings.Join(got, "\n"); text != tc.want {
				t.Errorf("got  %s\nwant %s", text, tc.want)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pw")
	if err := os.WriteFile(file, []byte("s3cret\r\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COLLECTOR_TEST_PASSWORD", "from env")
	for _, tc := range []struct {
		name    string
		config  Config
		want    string
		problem string
	}{
		{"file", Config{PasswordFile: file}, "s3cret", ""},
		{"no file", Config{PasswordFile: filepath.Join(dir, "none")}, "", "reading password_file"},
		{"environment", Config{PasswordEnv: "COLLECTOR_TEST_PASSWORD"}, "from env", ""},
		{"no variable", Config{PasswordEnv: "COLLECTOR_TEST_NONE"}, "", "the environment has no COLLECTOR_TEST_NONE"},
		{"none", Config{}, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.config.password()
			if tc.problem != "" {
				if err == nil || !strings.Contains(err.Error(), tc.problem) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || got.value != tc.want {
				t.Errorf("%q, %v", got.value, err)
			}
		})
	}
}

func TestPasswordWarning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{PasswordFile: file}
	if warning, _ := c.passwordWarning(); warning != "" {
		t.Error(warning)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if warning, fix := c.passwordWarning(); !strings.Contains(warning, "mode 0644") || fix != "chmod o-rwx "+file {
		t.Errorf("%s / %s", warning, fix)
	}
}

func TestSecretHides(t *testing.T) {
	s := secret{"hunter2"}
	for _, format := range []string{"%v", "%s", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(format, s); strings.Contains(text, "hunter2") {
			t.Errorf("%s prints %s", format, text)
		}
	}
	inner := errors.New("login as a:hunter2 failed")
	err := s.scrub(fmt.Errorf("%w: twice hunter2", inner))
	if strings.Contains(err.Error(), "hunter2") || !errors.Is(err, inner) {
		t.Errorf("%v", err)
	}
	if plain := errors.New("nothing secret"); !errors.Is(s.scrub(plain), plain) {
		t.Error("an error without the secret was changed")
	}
}

func TestParseVersion(t *testing.T) {
	for _, tc := range []struct {
		text      string
		flavour   Flavour
		number    int
		supported bool
	}{
		{"10.11.19-MariaDB-0+deb12u1-log", MariaDB, 101119, true},
		{"5.5.5-10.6.12-MariaDB", MariaDB, 100612, true},
		{"11.4.2-MariaDB-ubu2404", MariaDB, 110402, true},
		{"10.5.23-MariaDB", MariaDB, 100523, false},
		{"10.10.2-MariaDB", MariaDB, 101002, true},
		{"9.7.4-2", MySQL, 90704, true},
		{"8.0.36-28", MySQL, 80036, true},
		{"8.4.0", MySQL, 80400, true},
		{"5.7.44-log", MySQL, 50744, false},
		{"8.0", MySQL, 80000, true},
	} {
		t.Run(tc.text, func(t *testing.T) {
			v, err := ParseVersion(tc.text)
			if err != nil || v.Flavour != tc.flavour || v.Number != tc.number || (v.Supported() == nil) != tc.supported {
				t.Errorf("%+v, %v, %v", v, err, v.Supported())
			}
		})
	}
	for _, text := range []string{"", "mariadb", "10", "PostgreSQL 16", "1.2.300", "a.b.c", "..."} {
		if v, err := ParseVersion(text); err == nil {
			t.Errorf("%q is %v", text, v)
		}
	}
}
