package pagetest

import (
	"strings"
	"testing"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// Attacks are texts that try to become something else than text. Who runs script of
// one of them sets window.pwned.
func Attacks() []string {
	return []string{
		`<script>window.pwned=1</script>`, `"><img src=x onerror="window.pwned=1">`, `'><svg/onload=window.pwned=1>`,
		`</title><script>window.pwned=1</script>`, `javascript:window.pwned=1`, `{{.Title}}`, "`${window.pwned=1}`",
		`[x](javascript:window.pwned=1) **bold** # head`, "\u202egnp.exe\u202c \u2066x\u2069 \u200f", "a\x00b\x1b[31mc\r\nd",
		`</svg><style>*{display:none}</style>`, `" style="position:fixed;inset:0" onmouseover="window.pwned=1`,
		`data:text/html,<script>window.pwned=1</script>`, strings.Repeat("A", 1<<20), strings.Repeat("語", 1<<18), strings.Repeat("x ", 1<<19),
	}
}

// Hostile is an incident in which every foreign text is an attack.
func Hostile(t testing.TB) report.Draft { return Saying(t, Attacks()...) }

// Saying is an incident in which every foreign text is one of some texts.
func Saying(t testing.TB, texts ...string) report.Draft {
	i := newStaged(t)
	for n, text := range texts {
		after := time.Duration(n+1) * 10 * time.Minute
		id := i.record("mysql", text, text, text)
		attributes := map[string]string{
			text: text, "alertname": text, "severity": text, "signal": text, "unit": text, "peak": "9", "service": text, "version": text,
		}
		for k, kind := range []timeline.Kind{timeline.Alert, timeline.Deploy, timeline.Note, timeline.Signal, timeline.MySQLLockWait} {
			i.event(kind, "mysql", text, after+time.Duration(k)*time.Minute, time.Duration(k)*time.Minute, time.Second, text, attributes, id)
		}
		i.found.Gaps = append(i.found.Gaps, timeline.Gap{Source: text, Target: text, From: i.window.From, To: i.window.To, Reason: text, Evidence: []string{id}})
		i.found.Checks = append(i.found.Checks, timeline.Check{Source: text, Target: text, LookedFor: text, Evidence: []string{id}})
		i.found.Impact = append(i.found.Impact, timeline.Impact{Name: text, Value: 1, Unit: text, Evidence: []string{id}})
		i.found.Series = append(i.found.Series, timeline.Series{
			Source: "mysql", Target: text, Name: text, Unit: text, Labels: map[string]string{text: text}, Evidence: []string{id}, Low: 1, High: 2, Baseline: 1,
			Points: []timeline.Point{{T: i.window.From, V: 1}, {T: i.window.From.Add(time.Hour), V: 9}, {T: i.window.To, V: 2}},
		})
	}
	return i.draft(texts[0] + " \u202e title " + texts[len(texts)-1])
}
