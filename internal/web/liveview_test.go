package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/live"
)

var liveNoon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// openIncident is one with a draft.
func openIncident() incident.Incident {
	return incident.Incident{ID: "I-1", State: incident.StateOpen, Count: 1, Draft: incident.Draft{Count: 1, Dir: "/d", Last: liveNoon}}
}

func closedIncident(final bool) incident.Incident {
	i := openIncident()
	i.State, i.ClosedAt, i.ClosedBy = incident.StateClosed, liveNoon, incident.ByResolve
	if final {
		i.Draft.Final, i.Draft.Count, i.Draft.Version = true, 2, i.Version()
	}
	return i
}

func stateOf(used int64) live.State {
	return live.NewState("I-1", liveNoon, []live.Server{{Name: "db1", Health: live.Answers, Connections: &live.Connections{At: liveNoon, Used: used}}})
}

// names are the events in a stream's text, in their order.
func names(text []byte) string {
	var all []string
	for line := range strings.Lines(string(text)) {
		if name, is := strings.CutPrefix(line, "event: "); is {
			all = append(all, strings.TrimSpace(name))
		}
	}
	return strings.Join(all, " ")
}

// TestLiveView looks again and again, and says what a client is told that was there
// from the first look on.
func TestLiveView(t *testing.T) {
	settling, more, again := openIncident(), openIncident(), openIncident()
	settling.State = incident.StateSettling
	more.Count = 2
	again.Draft.Count, again.Draft.Last = 2, liveNoon.Add(time.Minute)
	old := closedIncident(false)
	sealed := closedIncident(false)
	sealed.Sealed = true
	changed := closedIncident(true)
	changed.Draft.Version = "of what it was before"
	type look struct {
		seconds int // after noon
		i       incident.Incident
		used    int64
		told    string
	}
	for _, tt := range []struct {
		name  string
		looks []look
	}{
		{"nothing happens", []look{{0, openIncident(), 5, "incident state"}, {1, openIncident(), 5, ""}, {9, openIncident(), 5, ""}, {10, openIncident(), 5, "state"}, {11, openIncident(), 5, ""}}},
		{"the servers change", []look{{0, openIncident(), 5, "incident state"}, {1, openIncident(), 6, "state"}, {2, openIncident(), 6, ""}, {11, openIncident(), 6, "state"}}},
		{"a new draft", []look{{0, openIncident(), 5, "incident state"}, {1, again, 5, "draft"}, {2, again, 5, ""}}},
		{"it goes on", []look{{0, openIncident(), 5, "incident state"}, {1, more, 5, "incident"}, {2, settling, 6, "incident state"}}},
		{"it closes, and then has its final draft", []look{
			{0, openIncident(), 5, "incident state"}, {1, closedIncident(false), 5, "incident"}, {2, closedIncident(false), 6, "state"}, {3, closedIncident(true), 7, "draft end"},
		}},
		{"it closes, and its final draft is of what it was before", []look{{0, openIncident(), 5, "incident state"}, {1, changed, 5, "incident draft"}}},
		{"it closes, and never has its final draft", []look{{0, old, 5, "incident state"}, {901, old, 6, "end"}}},
		{"it was over", []look{{0, closedIncident(true), 5, "incident end"}}},
		{"it was over long ago", []look{{0, sealed, 5, "incident end"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var view *liveView
			reader := &liveReader{}
			for n, look := range tt.looks {
				next, err := view.next(look.i, stateOf(look.used), time.UTC, liveNoon.Add(time.Duration(look.seconds)*time.Second))
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				if next != nil {
					view = next
					got = names(reader.frames(view))
				}
				if got != look.told {
					t.Errorf("look %d: told %q, want %q", n, got, look.told)
				}
			}
		})
	}
}

// TestLiveReaderMissesNothing: whoever reads slowly is told what is so now, of each
// kind the newest.
func TestLiveReaderMissesNothing(t *testing.T) {
	var view *liveView
	slow := &liveReader{html: true}
	for n := range 5 {
		i := openIncident()
		i.Count, i.Draft.Count = n, n
		next, err := view.next(i, stateOf(int64(n)), time.UTC, liveNoon)
		if err != nil {
			t.Fatal(err)
		}
		if view = next; n == 0 {
			slow.frames(view)
		}
	}
	text := string(slow.frames(view))
	for _, want := range []string{`"alerts":4`, `{"count":4,`, "data: <dd>4 in use</dd>\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s:\n%s", want, text)
		}
	}
	if names([]byte(text)) != "incident draft state" || len(slow.frames(view)) > 0 {
		t.Errorf("it is told\n%s", text)
	}
	late := string((&liveReader{}).frames(view))
	if names([]byte(late)) != "incident state" || !strings.Contains(late, `"draft":{"count":4,`) {
		t.Errorf("who comes late is told\n%s", late)
	}
}

// TestEventLines: no text can write lines of the stream.
func TestEventLines(t *testing.T) {
	text := string(eventOf("state", "a\nevent: end\r\ndata: x\rid: 7\n\nretry: 1"))
	for line := range strings.Lines(text) {
		if line != "event: state\n" && line != "\n" && !strings.HasPrefix(line, "data: ") {
			t.Errorf("there is a line %q", line)
		}
	}
	if strings.ContainsRune(text, '\r') || strings.Count(text, "\n\n") != 1 {
		t.Errorf("%q", text)
	}
	encoded, err := event("state", map[string]string{"a": "\n\r\u2028<script>"})
	if err != nil || strings.Count(string(encoded), "\n") != 3 {
		t.Errorf("%q %v", encoded, err)
	}
	var back map[string]string
	_, data, _ := strings.Cut(string(encoded), "data: ")
	if err := json.Unmarshal([]byte(data), &back); err != nil || back["a"] != "\n\r\u2028<script>" {
		t.Errorf("%v %v", back, err)
	}
}
