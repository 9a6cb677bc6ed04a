package page_test

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"collector/internal/page"
	"collector/internal/page/pagetest"
	"collector/internal/report"
	"collector/internal/timeline"
)

// maxPage is how many bytes a page may have, whatever stands in the draft.
const maxPage = 3 << 20

func incidentPage(t testing.TB, d report.Draft, look page.Look) string {
	t.Helper()
	story := page.NewStory(d, "1")
	var records []timeline.Evidence
	if e, ok := story.Event(look.Event); ok {
		for _, id := range page.Records(e) {
			for _, r := range d.Timeline.Evidence {
				if r.ID == id {
					records = append(records, r)
				}
			}
		}
	}
	i := page.Incident{ID: "2026-07-12T0700Z-shop", State: "closed", Window: d.Timeline.Window, Alerts: 3, Drafted: "final draft", Document: true}
	var text bytes.Buffer
	if err := page.New().Incident(&text, i, &story, look, records, time.UTC); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestHostileTexts: whatever a draft holds, its page holds no script but its own, no
// style, no handler, no link that runs or leads elsewhere, nothing that turns the
// direction of writing, and has a bounded size.
func TestHostileTexts(t *testing.T) {
	d := pagetest.Hostile(t)
	first := d.Timeline.Events[0].ID
	pages := map[string]string{"whole": incidentPage(t, d, page.Look{}), "event": incidentPage(t, d, page.Look{Event: first})}
	attack := strings.Join(pagetest.Attacks(), "")
	told := page.Incident{ID: `x"><script>window.pwned=1</script>`, State: "open", Window: d.Timeline.Window, Title: attack, About: attack, Remarks: pagetest.Attacks(), Failure: attack}
	for _, text := range pagetest.Attacks() {
		told.Told = append(told.Told, page.Told{Name: text, Labels: text, From: d.Timeline.Window.From})
	}
	var bare, list bytes.Buffer
	if err := page.New().Incident(&bare, told, nil, page.Look{}, nil, time.UTC); err != nil {
		t.Fatal(err)
	}
	if err := page.New().List(&list, page.List{Incidents: []page.Incident{told}, Total: 1, Page: 1}, time.UTC, time.Now()); err != nil {
		t.Fatal(err)
	}
	pages["without a draft"], pages["list"] = bare.String(), list.String()
	for name, text := range pages {
		t.Run(name, func(t *testing.T) {
			if len(text) > maxPage {
				t.Errorf("the page has %d bytes", len(text))
			}
			harmless(t, text)
		})
	}
}

// harmless walks a page.
func harmless(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if unicode.In(r, unicode.Bidi_Control) || r < ' ' && r != '\n' && r != '\t' {
			t.Fatalf("the page holds %U", r)
		}
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "base" || n.Data == "object" || n.Data == "embed" || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("there is a <%s> in the page", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "formaction":
				t.Errorf("<%s> has %s=%.60q", n.Data, a.Key, a.Val)
			case a.Key == "href", a.Key == "src", a.Key == "action":
				if !relative(a.Val) {
					t.Errorf("<%s> leads to %.80q", n.Data, a.Val)
				}
			}
		}
	}
}

// relative reports whether an address stays below the page's own, also behind a proxy
// that adds a prefix.
func relative(address string) bool {
	return strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../") || strings.HasPrefix(address, "?") || strings.HasPrefix(address, "#") || address == "data:,"
}

// TestPageSaysAll: what an executive, a developer and a DBA look for stands in the HTML
// itself.
func TestPageSaysAll(t *testing.T) {
	d := pagetest.Large(t)
	alert := event(t, d, timeline.Alert)
	text := incidentPage(t, d, page.Look{Event: alert.ID})
	for _, want := range []string{
		"<h1>Checkout fails behind lock waits on twenty servers</h1>", "182,311 requests", "deploy shop 4.2.0", "onset", "detected",
		`id="event-` + alert.ID + `"`, alert.Evidence[0], "SHA-256", `href="./2026-07-12T0700Z-shop/draft/evidence/` + alert.Evidence[0] + `.json"`,
		`href="./2026-07-12T0700Z-shop/bundle.tar.zst"`, `src="./2026-07-12T0700Z-shop/draft/postmortem.html"`, `action="./2026-07-12T0700Z-shop/notes"`,
		"no tick was recorded", "CEST", "db20", "threads_running_0 on db1", "normally 6",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if len(text) > maxPage {
		t.Errorf("the page has %d bytes", len(text))
	}
	harmless(t, text)
}

// TestRecoveredButFiring: the tile of the recovery says when an alert goes on after it.
func TestRecoveredButFiring(t *testing.T) {
	const doubt = "after the onset; 1 of the alerts still firing</small>"
	from := time.Date(2026, 7, 12, 7, 0, 0, 0, time.UTC)
	after := func(minutes time.Duration) timeline.Instant { return timeline.Exactly(from.Add(minutes * time.Minute)) }
	for _, resolved := range []bool{true, false} {
		record := timeline.Evidence{Source: "webhook", Query: "notifications", MediaType: "application/json", Body: "{}"}.Seal()
		up, silent := after(20), after(25)
		harm := timeline.Event{
			Kind: timeline.MySQLDown, Grade: timeline.Measured, Source: "mysql", Target: "db1", Start: after(10), End: &up,
			Summary: "the server did not answer", Evidence: []string{record.ID}, Key: "down",
		}
		alert := timeline.Event{
			Kind: timeline.Alert, Grade: timeline.Logged, Source: "webhook", Target: "app", Start: after(12), End: &silent,
			Summary: "alert ShopSlow fired", Evidence: []string{record.ID}, Key: "alert",
		}
		if !resolved {
			alert.End = nil
		}
		found := timeline.Findings{Events: []timeline.Event{harm, alert}, Evidence: []timeline.Evidence{record}}
		tl := timeline.Build(timeline.Window{From: from, To: from.Add(time.Hour)}, timeline.Scope{}, found)
		text := incidentPage(t, report.Draft{Timeline: tl, Title: "x", Location: time.UTC, Version: "test"}, page.Look{})
		if !strings.Contains(text, "<b>recovered</b>") || strings.Contains(text, doubt) == resolved {
			t.Errorf("resolved %v: the recovery is told wrongly", resolved)
		}
	}
}

// TestRangeAndTable: a part of the window shows its events alone, page by page, and an
// event is on the page of the table that it asks for.
func TestRangeAndTable(t *testing.T) {
	d := pagetest.Large(t)
	events := d.Timeline.Events
	late := events[len(events)-1]
	text := incidentPage(t, d, page.Look{Event: late.ID})
	if !strings.Contains(text, `<tr id="event-`+late.ID+`" class="selected">`) || strings.Contains(text, `id="event-`+events[0].ID+`"`) {
		t.Error("the last event is not on the page of the table that is shown")
	}
	part := timeline.Window{From: d.Timeline.Window.From, To: d.Timeline.Window.From.Add(time.Minute)}
	text = incidentPage(t, d, page.Look{Range: part})
	if strings.Contains(text, `id="event-`+late.ID+`"`) {
		t.Error("an event far after the range is in the table")
	}
	if !strings.Contains(text, "from=2026-07-12T07%3A00%3A00.000Z") {
		t.Error("the links do not keep the range")
	}
}

func event(t testing.TB, d report.Draft, kind timeline.Kind) timeline.Event {
	t.Helper()
	for _, e := range d.Timeline.Events {
		if e.Kind == kind {
			return e
		}
	}
	t.Fatalf("no %s", kind)
	return timeline.Event{}
}

// TestData: what the script draws is JSON, also of a curve with holes, and as long as
// the page's events.
func TestData(t *testing.T) {
	d := pagetest.Large(t)
	text, err := page.NewStory(d, "1").Data()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Length int64
		Zones  []struct{ Offset int }
		Events [][]any
		Charts []struct{ T, V []any }
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Events) != len(d.Timeline.Events) || got.Length != d.Timeline.Window.Duration().Milliseconds() || len(got.Zones) != 1 || got.Zones[0].Offset != 7200 {
		t.Errorf("%d events, %d ms, zones %v", len(got.Events), got.Length, got.Zones)
	}
	holes := 0
	for _, c := range got.Charts {
		if len(c.T) != len(c.V) {
			t.Errorf("%d times and %d values", len(c.T), len(c.V))
		}
		for _, v := range c.V {
			if v == nil {
				holes++
			}
		}
	}
	if len(got.Charts) != pagetest.LargeCurves || holes == 0 {
		t.Errorf("%d curves with %d holes", len(got.Charts), holes)
	}
}

// TestAssets: the names change with the content, and no other file is given away.
func TestAssets(t *testing.T) {
	pages := page.New()
	text := incidentPage(t, pagetest.Hostile(t), page.Look{})
	for _, ext := range []string{".css", ".js"} {
		i := strings.Index(text, page.AssetsPath+"page.")
		if ext == ".js" {
			i = strings.LastIndex(text, page.AssetsPath+"page.")
		}
		name, _, _ := strings.Cut(text[i+len(page.AssetsPath):], `"`)
		a, found := pages.Asset(name)
		if !found || !strings.HasSuffix(name, ext) || len(a.Data) == 0 {
			t.Errorf("the page asks for %q: %t", name, found)
		}
	}
	for _, name := range []string{"", "page.css", "../doc.go", "templates/list.html.tmpl"} {
		if _, found := pages.Asset(name); found {
			t.Errorf("%q is given away", name)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	d := pagetest.Large(b)
	story := page.NewStory(d, "1")
	i := page.Incident{ID: "x", State: "closed", Window: d.Timeline.Window, Document: true}
	pages := page.New()
	var text bytes.Buffer
	for b.Loop() {
		text.Reset()
		if err := pages.Incident(&text, i, &story, page.Look{}, nil, time.UTC); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(text.Len())/1024, "KiB-html")
	data, err := story.Data()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(data))/1024, "KiB-data")
}

// BenchmarkStoryMemory says what the daemon holds while somebody looks at the largest
// incident, and at two.
func BenchmarkStoryMemory(b *testing.B) {
	held := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	for b.Loop() {
		before := held()
		stories := []page.Story{page.NewStory(pagetest.Large(b), "1"), page.NewStory(pagetest.Large(b), "2")}
		b.ReportMetric((held()-before)/2, "MiB/story")
		runtime.KeepAlive(stories)
	}
}
