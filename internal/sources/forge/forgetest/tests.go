package forgetest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/sources"
	"collector/internal/sources/forge"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// Ask gathers over a server and interprets.
func (b Bench) Ask(t *testing.T, handler http.Handler, w timeline.Window) timeline.Findings {
	t.Helper()
	return sourcetest.Ask(t, b.Open(t, Setup{URL: sourcetest.Serve(t, handler)}), b.Interpret, sourcetest.Request(w))
}

// Conformance checks the forge against the suite of all sources. The story is of the
// morning; no word of people may get out.
func (b Bench) Conformance(t *testing.T, story func(testing.TB) http.Handler, people ...string) {
	t.Helper()
	const maxBody = 1 << 20
	over := func(t *testing.T, url string) sources.Source { return b.Open(t, Setup{URL: url, MaxBody: maxBody}) }
	sourcetest.Run(t, sourcetest.Suite{
		New:       func(t *testing.T) sources.Source { return over(t, sourcetest.Serve(t, story(t))) },
		Interpret: b.Interpret, Window: sourcetest.Morning(),
		Idle:    timeline.Window{From: sourcetest.At("11:00:00"), To: sourcetest.At("12:00:00")},
		Secrets: append([]string{b.Token, "hunter2"}, people...),
		HTTP:    &sourcetest.HTTP{New: over, Handler: story(t), MaxBody: maxBody},
	})
}

// Golden shows what a forge's answers become: the records, and what they say. A change of
// either is a change of every draft that is derived again. The mock's address, which is
// another each time, is written as the given one.
func (b Bench) Golden(t *testing.T, handler http.Handler, address string, update bool) {
	t.Helper()
	url := sourcetest.Serve(t, handler)
	found := sourcetest.Ask(t, b.Open(t, Setup{URL: url}), b.Interpret, sourcetest.Request(sourcetest.Morning()))
	got := bytes.ReplaceAll(document(t, found), []byte(url), []byte(address))
	name := filepath.Join("testdata", "golden.json")
	if update {
		if err := os.WriteFile(name, got, 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (write it anew with -update):\n%s", name, got)
	}
}

// document leaves out what depends on the mock's port: IDs.
func document(t *testing.T, f timeline.Findings) []byte {
	t.Helper()
	type record struct {
		Target, Query, URL string
		Body               json.RawMessage
	}
	var bodies []record
	for _, e := range f.Evidence {
		bodies = append(bodies, record{e.Target, e.Query, e.URL, json.RawMessage(e.Body)})
	}
	for i := range f.Events {
		f.Events[i].Evidence = nil
	}
	for i := range f.Checks {
		f.Checks[i].Evidence = nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"records": bodies, "events": f.Events, "gaps": f.Gaps, "checks": f.Checks}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Refusal is what a forge says no with, and what becomes of it where the deployments of two
// repositories are asked for.
type Refusal struct {
	Name   string
	Status int
	Head   map[string]string
	Body   map[string]any
	Want   string // the reason of the gap, behind what could not be listed
	Asked  int    // requests: 1 where nothing more is asked
}

// Refused checks that it is a gap that says what to do.
func (b Bench) Refused(t *testing.T, refusal Refusal) {
	t.Helper()
	var asked []string
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		for name, value := range refusal.Head {
			w.Header().Set(name, value)
		}
		Answer(w, refusal.Status, refusal.Body)
	}))
	source := b.Open(t, Setup{URL: url, Further: []string{"acme/billing"}})
	found := sourcetest.Ask(t, source, b.Interpret, sourcetest.Request(sourcetest.Morning()))
	if len(found.Gaps) != 2 || len(found.Checks) != 0 {
		t.Fatalf("%+v", found)
	}
	want := "deployments of checkout to production could not be listed: " + refusal.Want
	if got := found.Gaps[1].Reason; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(asked) != refusal.Asked {
		t.Errorf("asked %v", asked)
	}
}

// Checked fails the test unless one line of what a forge's Check says is the wanted one, in
// which URL stands for the server's address.
func (b Bench) Checked(t *testing.T, s Setup, want string) {
	t.Helper()
	var lines []string
	for _, d := range b.Open(t, s).Check(t.Context()) {
		lines = append(lines, d.Level.String()+" "+strings.ReplaceAll(d.Text, s.URL, "URL"))
	}
	if text := strings.Join(lines, "\n"); !strings.Contains(text+"\n", want+"\n") {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// Gated gathers with gates: true and returns the deploy of v1.4.2, and all that was found.
func (b Bench) Gated(t *testing.T, handler http.Handler) (timeline.Event, timeline.Findings) {
	t.Helper()
	source := b.Open(t, Setup{URL: sourcetest.Serve(t, handler), Gates: true})
	found := sourcetest.Ask(t, source, b.Interpret, sourcetest.Request(sourcetest.Morning()))
	for _, e := range found.Events {
		if e.Attributes["version"] == "v1.4.2" {
			return e, found
		}
	}
	t.Fatal("the deploy is not there")
	return timeline.Event{}, found
}

// Gates checks the attributes of a gated deploy: without a gap, and with no secret in a
// record.
func (b Bench) Gates(t *testing.T, handler http.Handler, attributes map[string]string, secrets ...string) {
	t.Helper()
	e, found := b.Gated(t, handler)
	for name, want := range attributes {
		if e.Attributes[name] != want {
			t.Errorf("%s is %q, want %q", name, e.Attributes[name], want)
		}
	}
	if len(found.Gaps) > 0 {
		t.Errorf("gaps %v", found.Gaps)
	}
	for _, r := range found.Evidence {
		for _, secret := range append(secrets, b.Token) {
			if strings.Contains(r.Body, secret) {
				t.Errorf("record %s holds %q", r.ID, secret)
			}
		}
	}
}

// Fuzzed checks a source over a server that answered with anything: Gather gives sound
// records that are interpreted, and an answer is an event, a check or a gap.
func (b Bench) Fuzzed(t *testing.T, source *forge.Source, answer string) {
	t.Helper()
	found := sourcetest.Ask(t, source, b.Interpret, sourcetest.Request(sourcetest.Morning()))
	for _, r := range found.Evidence {
		if err := r.Verify(); err != nil {
			t.Error(err)
		}
	}
	if len(found.Events)+len(found.Gaps)+len(found.Checks) == 0 {
		t.Errorf("nothing is said of %q", answer)
	}
	for _, g := range timeline.Build(sourcetest.Morning(), timeline.Scope{}, found).Gaps {
		if strings.Contains(g.Reason, "refused") {
			t.Errorf("%q: %s", answer, g.Reason)
		}
	}
}
