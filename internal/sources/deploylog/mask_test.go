package deploylog

import (
	"strings"
	"testing"

	"collector/internal/sources/deployline"
	"collector/internal/sources/redact"
)

// secretsIn are texts with something private in them, and what must not remain.
var secretsIn = map[string]struct{ text, secret string }{
	"assignment":          {"run with password=hunter2 done", "hunter2"},
	"quoted":              {`run with DB_PASSWORD="hun ter2" done`, "ter2"},
	"escaped quote":       {`secret="a\"hunter2" x`, "hunter2"},
	"open quote":          {`secret="a hunter2`, "hunter2"},
	"colon":               {"api_key: hunter2", "hunter2"},
	"yaml in a message":   {`{"token": "hunter2", "a": 1}`, "hunter2"},
	"flag":                {"migrate --db-password hunter2 --dry-run", "hunter2"},
	"mysql -p":            {"mysql -u root -phunter2 shop", "hunter2"},
	"mysqldump -p":        {"/usr/bin/mysqldump -phunter2 shop", "hunter2"},
	"url":                 {"pulled https://bot:hunter2@git.example/x", "hunter2"},
	"url, user only":      {"pulled https://hunter2@git.example/x", "hunter2"},
	"url, at in password": {"pulled https://bot:hun@ter2@git.example/x", "ter2"},
	"database url":        {"mysql://app:p/hunter2@db1/shop", "hunter2"},
	"query":               {"see https://ci.example/job?id=7&access_token=hunter2&x=1", "hunter2"},
	"signed":              {"s3: https://b.s3/x?X-Amz-Signature=hunter2", "hunter2"},
	"dsn":                 {"dsn app:hunter2@tcp(db1:3306)/shop", "hunter2"},
	"header":              {"curl -H 'Authorization: Basic aHVudGVyMg==' x", "aHVudGVyMg"},
	"bearer":              {"used bearer hunter2hunter2", "hunter2"},
	"github":              {"ghp_hunter2hunter2hunter2hunter2hunt", "hunter2"},
	"jwt":                 {"eyJhbGciOiJIUzI1NiJ9.eyJodW50ZXIyIjoxfQ.c2ln", "eyJodW50ZXIyIjoxfQ"},
	"aws":                 {"AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"},
	"private key":         {"-----BEGIN RSA PRIVATE KEY----- hunter2", "hunter2"},
	"prose":               {"the password is hunter2", "hunter2"},
	"identified by":       {"CREATE USER app IDENTIFIED BY 'hunter2'", "hunter2"},
	"sql literal":         {"failed: UPDATE users SET mail='hunter2' WHERE id=4711", "hunter2"},
	"sql number":          {"failed: UPDATE users SET mail='x' WHERE id=4711", "4711"},
	"sql double quotes":   {`failed: INSERT INTO t VALUES ("hunter2")`, "hunter2"},
	"sql comment":         {"failed: SELECT a FROM t /* hunter2 */", "hunter2"},
	"sql cut":             {"failed: INSERT INTO t VALUES ('hunter2", "hunter2"},
	"error 1062":          {"ERROR 1062: Duplicate entry 'O'hunter2' for key 'mail'", "hunter2"},
	"error 1062, cut":     {"Duplicate entry 'hunter2", "hunter2"},
	"error 1366":          {"Incorrect integer value: 'hunter2' for column 'a' at row 1", "hunter2"},
	"error 1064":          {"right syntax to use near 'hunter2' and x='y'' at line 1", "hunter2"},
	"mail":                {"ask dave.doe@example.com.", "dave"},
	"known author":        {"started by Alice Smith (ALICE)", "lice"},
}

func TestNothingPrivateIsKept(t *testing.T) {
	for name, c := range secretsIn {
		for format, file := range map[string]File{
			deployline.FormatJSON:   {},
			deployline.FormatLogfmt: {Format: deployline.FormatLogfmt},
			deployline.FormatRegexp: {Format: deployline.FormatRegexp, Pattern: `^(?P<time>\S+) (?P<event>\w+) (?P<service>\w+) <(?P<author>[^>]*)> (?P<message>.*)$`},
		} {
			t.Run(name+"/"+format, func(t *testing.T) {
				var text string
				quoted := strings.ReplaceAll(strings.ReplaceAll(c.text, `\`, `\\`), `"`, `\"`)
				switch format {
				case deployline.FormatJSON:
					text = say("09:10:00", deployline.Changed, "2", "author", "alice smith", "message", c.text, "detail", c.text)
				case deployline.FormatLogfmt:
					text = `time=2024-07-12T09:10:00Z event=change service=shop author="alice smith" message="` + quoted + `" detail="` + quoted + "\"\n"
				default:
					text = "2024-07-12T09:10:00Z change shop <alice smith> " + c.text + "\n"
				}
				s, _ := newSource(t, file, map[string]string{"deploy.log": text + "bad: " + c.text + "\n"})
				f := ask(t, s, window)
				if len(f.Events) != 1 {
					t.Fatalf("events: %s", told(f))
				}
				for _, e := range f.Evidence {
					if strings.Contains(e.Body, c.secret) || strings.Contains(e.Query, c.secret) {
						t.Errorf("record: %s", e.Body)
					}
				}
				for key, value := range f.Events[0].Attributes {
					if strings.Contains(value, c.secret) {
						t.Errorf("attribute %s: %s", key, value)
					}
				}
				if strings.Contains(told(f), c.secret) {
					t.Errorf("summary: %s", told(f))
				}
			})
		}
	}
}

// TestMaskedFields: unknown keys that name persons, machines of persons and secrets.
func TestMaskedFields(t *testing.T) {
	s, _ := newSource(t, File{Fields: map[string]string{deployline.FieldAuthor: "who"}}, map[string]string{"deploy.log": `{"time":"2024-07-12T09:10:00Z","service":"shop","event":"change","who":"bob","approved_by":["dave","erin"],"git":{"author":{"name":"frank"},"sha":"abc"},"client_ip":"192.0.2.7","env":{"DB_PASSWORD":"hunter2"},"deployer":null,"ok":true,"n":1.50,"list":[1,"bob said"]}` + "\n"})
	f := ask(t, s, window)
	if len(f.Events) != 1 {
		t.Fatal(told(f))
	}
	for _, e := range f.Evidence {
		for _, private := range []string{"bob", "dave", "erin", "frank", "192.0.2.7", "hunter2"} {
			if strings.Contains(e.Body, private) {
				t.Errorf("%s in %s", private, e.Body)
			}
		}
	}
	a := f.Events[0].Attributes
	if a["git.sha"] != "abc" || a["env.DB_PASSWORD"] != redact.Mark || a["ok"] != "true" || a["n"] != "1.50" || !strings.HasPrefix(a["client_ip"], "host-") || !strings.HasPrefix(a["author"], "account-") {
		t.Errorf("attributes %v", a)
	}
}

// TestSecretOutsideItsField: the name of the secret is in the pattern's fixed text.
func TestSecretOutsideItsField(t *testing.T) {
	s, _ := newSource(t, File{Format: deployline.FormatRegexp, Pattern: `^(?P<time>\S+) (?P<event>\w+) (?P<service>\w+) password=(?P<what>\S+) by (?P<author>\w+)$`},
		map[string]string{"deploy.log": "2024-07-12T09:10:00Z change shop password=hunter2 by dave\n"})
	f := ask(t, s, window)
	if len(f.Events) != 1 || f.Events[0].Attributes["what"] != redact.Mark {
		t.Errorf("%s%+v", told(f), f.Events)
	}
	for _, e := range f.Evidence {
		if strings.Contains(e.Body, "hunter2") || strings.Contains(e.Body, "dave") {
			t.Error(e.Body)
		}
	}
}
