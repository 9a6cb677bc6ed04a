package timeline

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var nine = time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return nine.Add(d) }

func window() Window { return Window{nine, at(time.Hour)} }

// goesOn is the end of an episode that the window's end cuts off.
const goesOn time.Duration = math.MinInt64

// episode is a valid event of a kind from one offset to another.
func episode(kind Kind, target string, start, end time.Duration) Event {
	e := Event{
		Kind: kind, Grade: Measured, Source: "mysql", Target: target, Key: "k",
		Start: Around(at(start), time.Second), Summary: string(kind) + " on " + target,
		Attributes: map[string]string{}, Evidence: []string{"mysql-00000001"},
	}
	if end != goesOn {
		i := Around(at(end), time.Second)
		e.End = &i
	}
	return e
}

func build(events ...Event) Timeline { return Build(window(), Scope{}, Findings{Events: events}) }

func TestBuildKeepsWhatTouchesTheWindow(t *testing.T) {
	const m = time.Minute
	tests := []struct {
		name       string
		start, end time.Duration
		kept       bool
	}{
		{"inside", m, 2 * m, true},
		{"before", -10 * m, -5 * m, false},
		{"across the start", -10 * m, m, true},
		{"across the end", 59 * m, 70 * m, true},
		{"after", 61 * m, 62 * m, false},
		{"goes on", 30 * m, goesOn, true},
		{"around it all", -10 * m, 80 * m, true},
		{"ends at the start, within its error", -10 * m, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := build(episode(MySQLDown, "db1", tt.start, tt.end))
			if kept := len(got.Events) == 1; kept != tt.kept {
				t.Errorf("kept %v, want %v", kept, tt.kept)
			}
		})
	}
}

func TestBuildJoinsTheSameFactOfTwoSources(t *testing.T) {
	a := episode(Deploy, "shop", time.Minute, 2*time.Minute)
	a.Evidence, a.Attributes = []string{"deploylog-00000001"}, map[string]string{"version": "1.4.2"}
	b := episode(Deploy, "shop", time.Minute+500*time.Millisecond, goesOn)
	b.Start = Exactly(b.Start.At)
	b.Source, b.Evidence, b.Attributes = "github", []string{"github-00000002"}, map[string]string{"commit": "abc"}
	other := episode(Deploy, "shop", time.Minute, 2*time.Minute)
	other.Key = "another version"

	got := build(a, b, other)
	if len(got.Events) != 2 {
		t.Fatalf("%d events, want 2: %+v", len(got.Events), got.Events)
	}
	i := 0
	if got.Events[0].Key != "k" {
		i = 1
	}
	e := got.Events[i]
	if strings.Join(e.Evidence, " ") != "deploylog-00000001 github-00000002" {
		t.Errorf("evidence %v, want both", e.Evidence)
	}
	if e.Attributes["version"] != "1.4.2" || e.Attributes["commit"] != "abc" {
		t.Errorf("attributes %v, want both witnesses'", e.Attributes)
	}
	if e.Start != Exactly(b.Start.At) {
		t.Errorf("start %+v, want the sharper witness's %+v", e.Start, b.Start)
	}
	if e.End == nil || !e.End.At.Equal(at(2*time.Minute)) {
		t.Errorf("end %+v, want the one that was seen", e.End)
	}
}

func TestBuildKeepsSeparateEpisodesApart(t *testing.T) {
	got := build(episode(MySQLDown, "db1", time.Minute, 2*time.Minute), episode(MySQLDown, "db1", 5*time.Minute, 6*time.Minute),
		episode(MySQLDown, "db2", time.Minute, 2*time.Minute))
	if len(got.Events) != 3 {
		t.Errorf("%d events, want 3", len(got.Events))
	}
}

func TestBuildTurnsRefusedEventsIntoGaps(t *testing.T) {
	uncited := episode(MySQLDown, "db1", time.Minute, 2*time.Minute)
	uncited.Evidence = nil
	unknown := episode("mysql.surprise", "db1", time.Minute, 2*time.Minute)
	got := build(uncited, unknown)
	if len(got.Events) != 0 || len(got.Gaps) != 2 {
		t.Fatalf("%d events and %d gaps, want 0 and 2", len(got.Events), len(got.Gaps))
	}
	for _, want := range []string{"no evidence", `unknown kind "mysql.surprise"`} {
		if !strings.Contains(got.Gaps[0].Reason+got.Gaps[1].Reason, want) {
			t.Errorf("no gap says %q: %+v", want, got.Gaps)
		}
	}
}

func TestBuildMergesGapsThatTouch(t *testing.T) {
	gap := func(from, to time.Duration) Gap {
		return Gap{Source: "mysql", Target: "db1", From: at(from), To: at(to), Reason: "no heartbeat", Evidence: []string{"mysql-00000001"}}
	}
	got := Build(window(), Scope{}, Findings{Gaps: []Gap{
		gap(3*time.Minute, 4*time.Minute), gap(-time.Hour, time.Minute), gap(time.Minute, 2*time.Minute),
	}})
	if len(got.Gaps) != 2 {
		t.Fatalf("%d gaps, want 2: %+v", len(got.Gaps), got.Gaps)
	}
	if !got.Gaps[0].From.Equal(nine) || !got.Gaps[0].To.Equal(at(2*time.Minute)) {
		t.Errorf("first gap %v – %v, want it clipped to the window and joined", got.Gaps[0].From, got.Gaps[0].To)
	}
}

func TestBuildDoesNotDependOnTheOrderOfFindings(t *testing.T) {
	var findings []Findings
	for i := range 60 {
		target := fmt.Sprintf("db%d", i%7)
		e := episode(Kinds()[i%len(Kinds())], target, time.Duration(i%11)*time.Minute, time.Duration(i%11+i%3)*time.Minute)
		e.Key, e.Evidence = fmt.Sprint(i%2), []string{fmt.Sprintf("mysql-%08d", i)}
		if e.Kind == Alert {
			e.Attributes = map[string]string{"alertname": "A"}
		}
		findings = append(findings, Findings{
			Events: []Event{e},
			Checks: []Check{{"mysql", target, "restarts", e.Evidence}},
			Gaps:   []Gap{{"mysql", target, at(0), at(time.Minute), "r", e.Evidence}},
		})
	}
	want, err := json.Marshal(Build(window(), Scope{}, findings...))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(findings), func(i, j int) { findings[i], findings[j] = findings[j], findings[i] })
		got, err := json.Marshal(Build(window(), Scope{}, findings...))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("seed %d: another order gave another timeline", seed)
		}
	}
}

func TestBuildGivesEveryEventItsOwnID(t *testing.T) {
	a, b := episode(MySQLKill, "db1", time.Minute, time.Minute), episode(MySQLKill, "db1", time.Minute, time.Minute)
	a.Key, b.Key = "", "" // without a key they may be two
	got := build(a, b)
	if len(got.Events) != 2 || got.Events[0].ID == got.Events[1].ID {
		t.Errorf("events %+v, want two with different IDs", got.Events)
	}
}

func TestDistinct(t *testing.T) {
	a := Evidence{Source: "mysql", Body: "a"}.Seal()
	b := Evidence{Source: "mysql", Body: "b"}.Seal()
	forged := b
	forged.ID = a.ID // what a collision of 32 bits looks like
	got := Distinct([]Evidence{a, b, a, forged})
	if len(got) != 3 {
		t.Fatalf("%d records, want 3", len(got))
	}
	for _, r := range got {
		if err := r.Verify(); err != nil {
			t.Error(err)
		}
	}
}

func TestTimelineJSONReadsBack(t *testing.T) {
	e := episode(MySQLDown, "db1", time.Minute, goesOn)
	record := Evidence{Source: "mysql", Body: "x", CollectedAt: nine}.Seal()
	want := Build(window(), Scope{Clusters: []string{"shop"}}, Findings{
		Events: []Event{e}, Evidence: []Evidence{record},
		Gaps: []Gap{{"mysql", "db1", at(0), at(time.Minute), "r", e.Evidence}},
	})
	first, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Timeline
	if err := json.Unmarshal(first, &got); err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Errorf("read back as\n%s\nwant\n%s", second, first)
	}
	if !strings.Contains(string(first), `"2024-07-12T09:01:00.000Z"`) {
		t.Errorf("times are not in milliseconds and UTC: %s", first)
	}
}
