package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWebConfigFile: what is wrong with the web configuration is known when the
// configuration is read, which `collector check` does first.
func TestWebConfigFile(t *testing.T) {
	for name, tt := range map[string]struct{ file, says string }{
		"a missing certificate":        {"tls_server_config: {cert_file: nowhere.pem, key_file: nowhere.key}\n", "nowhere.pem"},
		"a password that is no hash":   {"basic_auth_users: {alertmanager: hunter2-web}\n", "bcrypt"},
		"a mistyped key":               {"tls_server: {}\n", "tls_server"},
		"authorities that are missing": {"tls_server_config: {client_auth_type: RequireAndVerifyClientCert, client_ca_file: nowhere.pem}\n", "server.web_config_file"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "web.yml")
			if err := os.WriteFile(file, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Parse("collector.yaml", []byte("server:\n  web_config_file: "+file+"\n"))
			if err == nil || !strings.Contains(err.Error(), "collector.yaml:2: server.web_config_file: ") || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %v, want one about %q", err, tt.says)
			}
		})
	}
}
