package web

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// passwordFile lets in alertmanager with hunter2-web, as bcrypt's cheapest.
const passwordFile = "basic_auth_users: {alertmanager: $2b$04$abcdefghijklmnopqrstuuZIydACDQLPjZfznxM1FTGWVbrm7Oa66}\n"

func writeFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestListen(t *testing.T) {
	const verified = "tls_server_config: {cert_file: c, key_file: k, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca}\n"
	for _, tt := range []struct {
		name, address, file string
		allow               bool
		guarded             bool
		says                string // of the error; empty: it listens
	}{
		{"loopback", "127.0.0.1:0", "", false, true, ""},
		{"all of loopback", "127.1.2.3:0", "", false, true, ""},
		{"localhost", "localhost:0", "", false, true, ""},
		{"every address", "0.0.0.0:0", "", false, false, "server.allow_unauthenticated: true"},
		{"no address", ":0", "", false, false, "server.listen :0 can be reached from other machines"},
		{"every address, as told", "0.0.0.0:0", "", true, false, ""},
		{"with a password", "0.0.0.0:0", passwordFile, false, true, ""},
		{"with verified clients", "0.0.0.0:0", verified, false, true, ""},
		{"with nobody in the file", "0.0.0.0:0", "basic_auth_users: {}\n", false, false, "asks nobody for a password"},
		{"with TLS alone", "0.0.0.0:0", "tls_server_config: {cert_file: c, key_file: k}\n", false, false, "asks nobody for a password"},
		{"with any client's certificate", "0.0.0.0:0", strings.Replace(verified, "RequireAndVerifyClientCert", "RequireAnyClientCert", 1), false, false, "asks nobody for a password"},
		{"with a certificate if there is one", "0.0.0.0:0", strings.Replace(verified, "RequireAndVerifyClientCert", "VerifyClientCertIfGiven", 1), false, false, "asks nobody for a password"},
		{"with certificates that anybody can buy", "0.0.0.0:0", strings.Replace(verified, ", client_ca_file: ca", "", 1), false, false, "asks nobody for a password"},
		{"with a rate limit", "127.0.0.1:0", "rate_limit: {interval: 1s, burst: 10}\n", false, false, "429"},
		{"with a file that is none", "127.0.0.1:0", "basic_auth: {}\n", false, false, "not found in type"},
		{"where nobody can", "192.0.2.1:0", "", true, false, "change server.listen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			access := Access{Address: tt.address, AllowUnauthenticated: tt.allow}
			if tt.file != "" {
				access.WebConfigFile = writeFile(t, tt.file)
			}
			listener, door, err := Listen(t.Context(), access)
			if err == nil {
				defer listener.Close()
			}
			if door.Guarded() != tt.guarded && err == nil {
				t.Errorf("guarded is %t", door.Guarded())
			}
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
	t.Run("a file that is missing", func(t *testing.T) {
		_, _, err := Listen(t.Context(), Access{Address: "127.0.0.1:0", WebConfigFile: filepath.Join(t.TempDir(), "none")})
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
}

// TestPassword: with a web configuration nothing is answered without the password,
// and wrong ones are not let in.
func TestPassword(t *testing.T) {
	access := Access{Address: "127.0.0.1:0", WebConfigFile: writeFile(t, passwordFile)}
	listener, _, err := Listen(t.Context(), access)
	if err != nil {
		t.Fatal(err)
	}
	kept := &intake{}
	drafts := &scribe{says: writtenDraft}
	server := newServer(t, Options{Intake: kept, Drafts: drafts, Door: Door{Authenticated: true}})
	ended := make(chan error, 1)
	go func() {
		ended <- toolkit.Serve(listener, server, &toolkit.FlagConfig{WebConfigFile: &access.WebConfigFile}, slog.New(slog.DiscardHandler))
	}()
	defer func() {
		if err := Stop(t.Context(), server); err != nil {
			t.Error(err)
		}
		<-ended
	}()
	for _, tt := range []struct {
		name, user, password string
		code                 int
	}{
		{"none", "", "", 401},
		{"a wrong one", "alertmanager", "hunter3-web", 401},
		{"another user's", "root", "hunter2-web", 401},
		{"the right one", "alertmanager", "hunter2-web", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for path, body := range map[string]string{hook: firing(t, 1), draftsPath: oneDraft} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				if tt.user != "" {
					req.SetBasicAuth(tt.user, tt.password)
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != tt.code {
					t.Errorf("%s: %d, want %d", path, resp.StatusCode, tt.code)
				}
			}
		})
	}
	if got := len(kept.notifications()); got != 1 {
		t.Errorf("%d notifications were kept, want one", got)
	}
	if got := len(drafts.asked); got != 1 {
		t.Errorf("%d drafts were asked for, want one", got)
	}
}

func TestReload(t *testing.T) {
	calls := 0
	works := func() error { calls++; return nil }
	for _, tt := range []struct {
		name    string
		reload  func() error
		guarded bool
		header  []string
		code    int
		says    string
		calls   int
	}{
		{"works", works, true, nil, 200, "reloaded", 1},
		{"fails", func() error { return errors.New("collector.yaml:3: mistyped") }, true, nil, 500, "collector.yaml:3", 0},
		{"panics", func() error { panic("bug") }, true, nil, 500, "its log says where", 0},
		{"cannot", nil, true, nil, 403, "restart it", 0},
		{"anybody could", works, false, nil, 403, "server.web_config_file", 0},
		{"a page of another site", works, true, []string{"Sec-Fetch-Site", "cross-site"}, 403, "not for browsers", 0},
		{"a page of this one", works, true, []string{"Sec-Fetch-Site", "same-origin"}, 403, "not for browsers", 0},
		{"a page whose name leads here", works, true, []string{"Origin", "http://example.com"}, 403, "not for browsers", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			calls = 0
			handler := newServer(t, Options{Reload: tt.reload, Door: Door{Loopback: tt.guarded}}).Handler
			rec := ask(handler, "POST", "/-/reload", "", tt.header...)
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.says) || calls != tt.calls {
				t.Errorf("%d %q, %d calls; want %d, %q, %d", rec.Code, rec.Body, calls, tt.code, tt.says, tt.calls)
			}
			if rec := ask(handler, "POST", "/-/reload", ""); tt.name == "panics" && rec.Code != 500 {
				t.Errorf("after a panic: %d", rec.Code) // and it holds no lock
			}
		})
	}
}
