package page_test

import (
	"testing"
	"time"

	"collector/internal/page"
	"collector/internal/page/pagetest"
	"collector/internal/timeline"
)

// FuzzPage writes any text wherever foreign texts stand: the page stays harmless.
func FuzzPage(f *testing.F) {
	for _, text := range pagetest.Attacks() {
		f.Add(text[:min(len(text), 2000)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := pagetest.Saying(t, text)
		look := page.Look{}
		if len(d.Timeline.Events) > 0 {
			look.Event = d.Timeline.Events[0].ID
		}
		harmless(t, incidentPage(t, d, look))
		if _, err := page.NewStory(d, "1").Data(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzParseRange: whatever a request asks for, what is shown lies in the window.
func FuzzParseRange(f *testing.F) {
	from := time.Date(2026, 7, 12, 7, 0, 0, 0, time.UTC)
	w := timeline.Window{From: from, To: from.Add(time.Hour)}
	f.Add("2026-07-12T07:10:00Z", "2026-07-12T07:20:00.000Z")
	f.Add("2026-07-12T07:59:59.9999Z", "9999-12-31T23:59:59Z")
	f.Add("", "2026-07-12T09:20:00+02:00")
	f.Fuzz(func(t *testing.T, a, b string) {
		r := page.ParseRange(a, b, w)
		if r.From.Before(w.From) || r.To.After(w.To) || !r.From.Before(r.To) {
			t.Errorf("%q to %q shows %s", a, b, r)
		}
	})
}
