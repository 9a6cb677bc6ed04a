package redact

import "testing"

func TestText(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"harmless":   {"migration 0042 exited 1", "migration 0042 exited 1"},
		"password":   {`run with DB_PASSWORD="hun ter2" done`, "run with DB_PASSWORD=<redacted> done"},
		"flag":       {"migrate --db-password hunter2 --dry-run", "migrate --db-password <redacted> --dry-run"},
		"URL":        {"pulled https://bot:hunter2@git.example/x", "pulled https://<redacted>@git.example/x"},
		"token":      {"used ghp_hunter2hunter2hunter2hunter2", "used <redacted>"},
		"SQL":        {"failed: UPDATE users SET mail='hunter2' WHERE id=4711 -- hunter2", "failed: UPDATE users SET mail=? WHERE id=?  "},
		"error 1062": {"Duplicate entry 'O'hunter2' for key 'mail'", "Duplicate entry '?' for key 'mail'"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Text(c.text); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	if got := Secrets("UPDATE users SET mail='x'"); got != "UPDATE users SET mail='x'" {
		t.Errorf("Secrets is about SQL too: %q", got)
	}
}

func TestKey(t *testing.T) {
	for name, want := range map[string]bool{"password": true, "env.DB_PASSWORD": true, "api_key": true, "auth": true, "author": false, "service": false, "token": true, "tokens": true} {
		if got := Key(name); got != want {
			t.Errorf("Key(%q) is %v", name, got)
		}
	}
}
