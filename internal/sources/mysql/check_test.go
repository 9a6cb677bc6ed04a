package mysql

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/lab/servers"
)

// text joins diagnoses as they are printed.
func text(list []sources.Diagnosis) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(d.Level.String() + " " + d.Source + " " + d.Text + "\n" + strings.Join(d.Fix, "\n") + "\n")
	}
	return b.String()
}

// expect checks the worst level and that all parts stand in the diagnoses.
func expect(t *testing.T, list []sources.Diagnosis, worst sources.Level, parts ...string) {
	t.Helper()
	found := sources.OK
	for _, d := range list {
		found = max(found, d.Level)
	}
	if found != worst {
		t.Errorf("level %v, want %v", found, worst)
	}
	for _, part := range parts {
		if !strings.Contains(text(list), part) {
			t.Errorf("lacks %q", part)
		}
	}
	if t.Failed() {
		t.Logf("\n%s", text(list))
	}
}

func TestCheckRealServers(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		maria := db.Flavour == servers.FlavourMariaDB
		good := configFor(t, db)
		good.Binlog = true
		t.Run("good", func(t *testing.T) {
			if maria {
				expect(t, Check(t.Context(), good), sources.Degraded, "ok mysql/db1 MariaDB 10.", "all privileges", "performance_schema is off", "clock ")
				return
			}
			expect(t, Check(t.Context(), good), sources.OK, "ok mysql/db1 MySQL 9.", "all privileges", "clock ")
		})
		t.Run("readable password", func(t *testing.T) {
			if err := os.Chmod(good.PasswordFile, 0o644); err != nil {
				t.Fatal(err)
			}
			expect(t, Check(t.Context(), good), sources.Degraded, "all privileges", "every user of this machine can read", "chmod o-rwx ")
		})
		bare := good
		bare.User = "bare"
		if err := db.CreateAccount(t.Context(), "bare", db.Password(servers.CollectorAccount), "USAGE ON *.*"); err != nil {
			t.Fatal(err)
		}
		t.Run("no privileges", func(t *testing.T) {
			want := "GRANT PROCESS, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO 'bare'@'%';"
			if maria {
				want = "GRANT PROCESS, SLAVE MONITOR, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO 'bare'@'%';"
			}
			expect(t, Check(t.Context(), bare), sources.Failed, want, "GRANT SELECT ON performance_schema.* TO 'bare'@'%';")
		})
		t.Run("the printed statements help", func(t *testing.T) {
			for _, statement := range Check(t.Context(), bare)[0].Fix {
				must(t, db.Admin, strings.TrimSuffix(statement, ";"))
			}
			if d := Check(t.Context(), bare)[0]; d.Level != sources.OK {
				t.Errorf("%+v", d)
			}
		})
		t.Run("TLS", func(t *testing.T) {
			for mode, want := range map[string]string{tlsDisabled: "all privileges", tlsPreferred: "all privileges", tlsSkipVerify: "all privileges", tlsRequired: "tls_ca_file"} {
				c := good
				c.TLS = mode
				if maria && (mode == tlsSkipVerify || mode == tlsRequired) {
					want = "TLS requested but server does not support TLS" // no certificate by default
				}
				if got := text(Check(t.Context(), c)); !strings.Contains(got, want) {
					t.Errorf("tls: %s\n%s", mode, got)
				}
			}
		})
		t.Run("wrong password", func(t *testing.T) {
			wrong := good
			wrong.PasswordFile = filepath.Join(t.TempDir(), "pw")
			if err := os.WriteFile(wrong.PasswordFile, []byte("hunter2-wrong"), 0o600); err != nil {
				t.Fatal(err)
			}
			list := Check(t.Context(), wrong)
			expect(t, list, sources.Failed, "login refused", "CREATE USER 'collector'@'127.0.0.1' IDENTIFIED BY '<password>';",
				"GRANT PROCESS, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO 'collector'@'127.0.0.1';", "GRANT PROCESS, SLAVE MONITOR, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO 'collector'@'127.0.0.1';")
			if strings.Contains(text(list), "hunter2") {
				t.Error("the password is in the diagnosis")
			}
		})
	})
}

// TestLoginFix: the account to make is that of the host that the server sees.
func TestLoginFix(t *testing.T) {
	for refusal, host := range map[string]string{
		"Error 1045 (28000): Access denied for user 'collector'@'172.17.0.1' (using password: YES)": "172.17.0.1",
		"Error 1698 (28000): Access denied for user 'collector'@'localhost'":                        "localhost",
		"Error 1130: Host 'app-7.example' is not allowed to connect to this MariaDB server":         "app-7.example",
		"Error 1045 (28000): Zugriff verweigert":                                                    "<this machine>",
	} {
		want := "CREATE USER 'collector'@'" + host + "' IDENTIFIED BY '<password>';"
		if fix := loginFix(Config{User: "collector", Address: "db1.example:3306"}, errors.New(refusal)); !slices.Contains(fix, want) {
			t.Errorf("%s\n%s", refusal, strings.Join(fix, "\n"))
		}
	}
}

func TestCheckWithoutServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	c := Config{Name: "db1", Address: address, User: "collector", QueryTimeout: model.Duration(300 * time.Millisecond)}
	c.SetDefaults()
	t.Run("hangs", func(t *testing.T) { expect(t, Check(t.Context(), c), sources.Failed, "no answer within 300ms") })
	for name, greeting := range map[string]string{
		"short handshake": "\x02\x00\x00\x00\x0a\x00", "another protocol": "HTTP/1.1 400 Bad Request\r\n\r\n", "old protocol": "\x02\x00\x00\x00\x09\x00", "closes": "",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			c := c
			c.Address = listener.Addr().String()
			go func() {
				if conn, err := listener.Accept(); err == nil {
					_, _ = conn.Write([]byte(greeting))
					conn.Close()
				}
			}()
			expect(t, Check(t.Context(), c), sources.Failed)
		})
	}
	listener.Close()
	t.Run("nobody listens", func(t *testing.T) { expect(t, Check(t.Context(), c), sources.Failed, "not reachable") })
	t.Run("no password file", func(t *testing.T) {
		c.PasswordFile = "/nonexistent"
		expect(t, Check(t.Context(), c), sources.Failed, "reading password_file")
	})
}
