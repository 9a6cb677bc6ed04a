package live

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func pointer[T any](v T) *T { return &v }

// troubled are two servers: one with a blocking chain, its replica stopped.
func troubled() []Server {
	return []Server{
		{
			Name: "db2", Cluster: "shop", Health: Answers, Since: noon.Add(-26 * time.Hour), Tick: noon, Answered: noon, ReadOnly: pointer(true),
			Blocking: &Blocking{At: noon, Chains: []Chain{}},
			Replication: &Replication{At: noon, Channels: []Channel{
				{Name: "default", IO: "Yes", SQL: "No", SQLError: 1062}, {Name: "eu", IO: "Yes", SQL: "Yes", Lag: pointer(90.0)},
			}},
		},
		{
			Name: "db1", Cluster: "shop", Health: Full, Since: noon.Add(-time.Minute), Tick: noon, Answered: noon, ErrorCode: 1040, ReadOnly: pointer(false),
			Blocking: &Blocking{At: noon, Waiting: 4, More: 1, Chains: []Chain{
				{Class: "row", Object: "shop.orders", Victims: 3, Longest: 41.2, Root: Root{
					Session: 17, Account: "the shop application", Doing: IdleIn, Seconds: 700, Transaction: 701, Statement: "UPDATE orders SET note = ?",
				}},
				{Class: "metadata", Victims: 1, Longest: 2, Guessed: true, Root: Root{Session: 18, Doing: Running, Seconds: 3, Statement: "SELECT ?"}},
				{Class: "row", Victims: 1, Longest: 2},
			}},
			Replication: &Replication{At: noon, Channels: []Channel{}},
			Connections: &Connections{At: noon, Used: 151, Limit: 151},
		},
		{Name: "db3", Cluster: "shop", Health: Unknown},
	}
}

// TestDocumentedForm: the example of docs/live.md is a state, and has no key that
// there is not.
func TestDocumentedForm(t *testing.T) {
	text, err := os.ReadFile("../../docs/live.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```json\n")
	example, _, ends := strings.Cut(rest, "```")
	if !found || !ends {
		t.Fatal("docs/live.md has no example")
	}
	strict := json.NewDecoder(strings.NewReader(example))
	strict.DisallowUnknownFields()
	var state State
	if err := strict.Decode(&state); err != nil || state.Schema != Schema || len(state.Servers) != 1 || len(state.Servers[0].Blocking.Chains) != 1 {
		t.Errorf("%v: %+v", err, state)
	}
}

// TestGoldens are the two forms of a state.
func TestGoldens(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	state := NewState("2026-11-21T1100Z-shop", noon, troubled())
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	html, err := Fragment(state, zone)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"state.json": string(text) + "\n", "fragment.html": string(html) + "\n"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestFragmentOfHostileTexts: whatever an account, a table or a statement is called,
// it is text.
func TestFragmentOfHostileTexts(t *testing.T) {
	evil := "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202egnp\u2066\x1b[31m\x00\xff\r\n`${x}`"
	servers := troubled()
	for i := range servers {
		s := &servers[i]
		s.Name, s.Cluster = evil, evil
		if s.Blocking != nil {
			for n := range s.Blocking.Chains {
				c := &s.Blocking.Chains[n]
				c.Object, c.Root.Account, c.Root.Statement = evil, evil, evil
			}
		}
		if s.Replication != nil {
			for n := range s.Replication.Channels {
				c := &s.Replication.Channels[n]
				c.Name, c.IO, c.SQL = evil, evil, evil
			}
		}
	}
	html, err := Fragment(NewState(evil, noon, servers), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "\u202e", "\u2066", "\x1b", "\x00", "\r", "\xff"} {
		if strings.Contains(string(html), bad) {
			t.Errorf("it holds %q", bad)
		}
	}
	if !strings.Contains(string(html), "&lt;script&gt;") {
		t.Error("the text is gone")
	}
}

func TestSame(t *testing.T) {
	state := NewState("i", noon, troubled())
	for _, tt := range []struct {
		name   string
		change func(s *Server)
		same   bool
	}{
		{"nothing", func(*Server) {}, true},
		{"a tick later", func(s *Server) { s.Tick, s.Answered = noon.Add(time.Second), noon.Add(time.Second) }, true},
		{"the parts read again", func(s *Server) {
			b, r, c := *s.Blocking, *s.Replication, *s.Connections
			b.At, r.At, c.At = noon.Add(time.Second), noon.Add(time.Second), noon.Add(time.Second)
			s.Blocking, s.Replication, s.Connections = &b, &r, &c
		}, true},
		{"one victim more", func(s *Server) {
			b := *s.Blocking
			b.Chains = append([]Chain{}, b.Chains...)
			b.Chains[0].Victims++
			s.Blocking = &b
		}, false},
		{"nobody knows any more", func(s *Server) { s.Blocking = nil }, false},
		{"one connection more", func(s *Server) { s.Connections = &Connections{At: noon, Used: 152, Limit: 151} }, false},
		{"it is gone", func(s *Server) { s.Health = Unreachable }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			servers := troubled()
			tt.change(&servers[1])
			later := NewState("i", noon.Add(time.Second), servers)
			if state.Same(later) != tt.same {
				t.Errorf("same is %v", !tt.same)
			}
		})
	}
}

// TestStateHasNoNull: a list without members is a list.
func TestStateHasNoNull(t *testing.T) {
	text, err := json.Marshal(NewState("i", noon, nil))
	if err != nil || !strings.Contains(string(text), `"servers":[]`) {
		t.Errorf("%s %v", text, err)
	}
}

func TestSpoken(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0.0 s", 2.34: "2.3 s", 41.2: "41 s", 725: "12m5s"} {
		if got := spoken(seconds); got != want {
			t.Errorf("%v is %q, want %q", seconds, got, want)
		}
	}
}
