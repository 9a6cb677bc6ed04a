package web

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"

	"collector/internal/incident"
)

const oneAlert = `{"status":"firing","labels":{"alertname":"Lag"},"startsAt":"2026-03-14T12:00:00+01:00","endsAt":"0001-01-01T00:00:00Z"}`

func TestDecodeNotification(t *testing.T) {
	started := time.Date(2026, 3, 14, 11, 0, 0, 0, time.UTC)
	lag := incident.Alert{
		Fingerprint: "d8888e769cd0ebae", Status: "firing", Labels: map[string]string{"alertname": "Lag"}, StartsAt: started,
	}
	resolved := lag
	resolved.Status, resolved.EndsAt = "resolved", started.Add(time.Hour)
	for _, tt := range []struct {
		name, body string
		want       incident.Notification
	}{
		{"firing, zero endsAt, no fingerprint", `{"version":"4","alerts":[` + oneAlert + `]}`, incident.Notification{Alerts: []incident.Alert{lag}}},
		{"firing, endsAt in the future", `{"version":"4","alerts":[` + strings.Replace(oneAlert, "0001-01-01", "2126-01-01", 1) + `]}`,
			incident.Notification{Alerts: []incident.Alert{lag}}},
		{"resolved", `{"version":"4","alerts":[{"status":"resolved","labels":{"alertname":"Lag"},"startsAt":"2026-03-14T11:00:00Z","endsAt":"2026-03-14T12:00:00Z"}]}`,
			incident.Notification{Alerts: []incident.Alert{resolved}}},
		{"a fingerprint that is none", `{"version":"4","alerts":[` + strings.Replace(oneAlert, `{`, `{"fingerprint":"../../etc/passwd",`, 1) + `]}`,
			incident.Notification{Alerts: []incident.Alert{lag}}},
		{"no alerts", `{"version":"4","alerts":[]}`, incident.Notification{}},
		{"truncated, any receiver, unknown fields", `{"later":[{"a":{}}],"receiver":"who/../knows","groupKey":"k","externalURL":"u","status":5e5,"truncatedAlerts":7,"alerts":[],"version":"4"}`,
			incident.Notification{Receiver: "who/../knows", GroupKey: "k", ExternalURL: "u", Truncated: 7}},
		{"truncated beyond counting", `{"version":"4","alerts":[],"truncatedAlerts":18446744073709551615}`, incident.Notification{Truncated: 1<<31 - 1}},
		{"duplicate keys: nothing is lost", `{"version":"3","version":"4","alerts":[` + oneAlert + `],"alerts":[` + oneAlert + `]}`,
			incident.Notification{Alerts: []incident.Alert{lag, lag}}},
		{"null where nothing is needed", `{"version":"4","alerts":[],"receiver":null,"truncatedAlerts":null}`, incident.Notification{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeNotification(strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// TestDecodeRefuses: what never becomes valid, and that the reason names the place.
func TestDecodeRefuses(t *testing.T) {
	valid := `{"version":"4","alerts":[` + oneAlert + `]}`
	for _, tt := range []struct{ name, body, says string }{
		{"empty", ``, "unexpected EOF"},
		{"no JSON", `alert!`, "invalid character"},
		{"half", valid[:len(valid)/2], "unexpected EOF"},
		{"without its end", strings.TrimSuffix(valid, "}"), "unexpected EOF"},
		{"a second object", valid + valid, "something follows"},
		{"an array", `[]`, `want "{"`},
		{"a string", `"4"`, `want "{"`},
		{"no version", `{"alerts":[]}`, `version is ""`},
		{"version 3", `{"version":"3","alerts":[]}`, `version is "3"`},
		{"a number as version", `{"version":4,"alerts":[]}`, `"version": json: cannot unmarshal number`},
		{"no alerts", `{"version":"4"}`, "no array of alerts"},
		{"null alerts", `{"version":"4","alerts":null}`, `"alerts": want "["`},
		{"alerts as an object", `{"version":"4","alerts":{}}`, `"alerts": want "["`},
		{"an alert that is a number", `{"version":"4","alerts":[7]}`, "alert 0: json: cannot unmarshal number"},
		{"null as an alert", `{"version":"4","alerts":[null]}`, "alert 0: it has no labels"},
		{"a label that is a number", `{"version":"4","alerts":[{"labels":{"a":1}}]}`, "alert 0: json: cannot unmarshal number"},
		{"nested labels", `{"version":"4","alerts":[{"labels":{"a":{"b":"c"}}}]}`, "alert 0: json: cannot unmarshal object"},
		{"a time that is none", strings.Replace(valid, "2026-03-14T", "yesterday ", 1), "alert 0: parsing time"},
		{"a start after the year 9999 in UTC", strings.Replace(valid, "2026-03-14T12:00:00+01:00", "9999-12-31T23:59:59-01:00", 1), "alert 0: its startsAt or endsAt is not in the years 1 to 9999"},
		{"a time as a number", `{"version":"4","alerts":[{"labels":{"a":"b"},"startsAt":1773489600}]}`, "alert 0: "},
		{"no start", `{"version":"4","alerts":[{"status":"firing","labels":{"a":"b"}}]}`, "alert 0: it has no startsAt"},
		{"the second has no labels", `{"version":"4","alerts":[` + oneAlert + `,{}]}`, "alert 1: it has no labels"},
		{"a status that is none", strings.Replace(valid, "firing", "pending", 1), `alert 0: its status is "pending"`},
		{"resolved without an end", strings.Replace(valid, "firing", "resolved", 1), "alert 0: it is resolved and has no endsAt"},
		{"a negative count", `{"version":"4","alerts":[],"truncatedAlerts":-1}`, `"truncatedAlerts": json: cannot unmarshal number -1`},
		{"a huge number", `{"version":"4","alerts":[],"truncatedAlerts":1e999}`, `"truncatedAlerts": json: cannot unmarshal number`},
		{"deep nesting", `{"version":"4","later":` + strings.Repeat("[", 1<<20), "exceeded max depth"},
		{"deep nesting in an alert", `{"version":"4","alerts":[{"x":` + strings.Repeat(`{"x":`, 1<<18), "exceeded max depth"},
		{"NUL between tokens", "{\x00}", "invalid character"},
		{"NUL in a string", "{\"version\":\"4\x00\"}", "invalid character"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := decodeNotification(strings.NewReader(tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%+v, %v; want an error that says %q", n, err, tt.says)
			}
		})
	}
}

// TestHostileAlertsArriveWhole: names and values are only text here; who writes
// them somewhere escapes them there.
func TestHostileAlertsArriveWhole(t *testing.T) {
	for name, value := range map[string]string{
		"path":       "../../../../etc/passwd",
		"absolute":   `/etc/passwd\..\C:`,
		"markup":     "<script>alert(1)</script> [x](javascript:alert(1)) `a` | b\n# c",
		"NUL":        "a\x00b",
		"controls":   "\x1b[2J\r\n\u202e",
		"a megabyte": strings.Repeat("x", 1<<20),
		"empty":      "",
	} {
		t.Run(name, func(t *testing.T) {
			sent := alert(1)
			sent.Labels = template.KV{"alertname": value, "label " + value: value}
			sent.Annotations = template.KV{value: value}
			got, err := decodeNotification(strings.NewReader(wire(t, sent)))
			if err != nil {
				t.Fatal(err)
			}
			a := got.Alerts[0]
			if !reflect.DeepEqual(a.Labels, map[string]string(sent.Labels)) || !reflect.DeepEqual(a.Annotations, map[string]string(sent.Annotations)) {
				t.Error("labels or annotations did not arrive as they were sent")
			}
			if len(a.Fingerprint) != fingerprintLength {
				t.Errorf("fingerprint %q", a.Fingerprint)
			}
		})
	}
	t.Run("invalid UTF-8", func(t *testing.T) {
		got, err := decodeNotification(strings.NewReader(strings.Replace(`{"version":"4","alerts":[`+oneAlert+`]}`, "Lag", "L\xffg", 1)))
		if err != nil || got.Alerts[0].Labels["alertname"] != "L\ufffdg" {
			t.Errorf("%q, %v", got.Alerts, err)
		}
	})
}
