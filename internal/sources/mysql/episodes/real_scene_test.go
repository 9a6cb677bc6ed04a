package episodes_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/episodes"
	"collector/internal/store"
	"collector/internal/timeline"
	"collector/lab/scoring"
	"collector/lab/servers"
)

// startError is the bar for the start of a sampled event.
const startError = 2 * time.Second

// scene is servers of one flavour whose recorders share a store.
type scene struct {
	t       *testing.T
	flavour string
	dir     string
	store   *store.Store
	dbs     map[string]*servers.DB
	from    time.Time
	stops   []func()
	want    []fact
	slow    time.Duration     // of what is looked at less often: how late it may begin
	ignored []timeline.Window // in which a story went wrong: what begins there is not judged
}

// fact is an event that must be found.
type fact struct {
	kind       timeline.Kind
	target     string
	attributes map[string]string
	at         time.Time
	optional   bool // true, but perhaps too short to be seen
	slow       time.Duration
}

// anything is an attribute that is there.
const anything = "*"

// onScenes runs a story on both flavours, beside other stories: they mostly wait.
func onScenes(t *testing.T, story func(s *scene)) {
	t.Parallel()
	for flavour, kind := range map[string]servers.Kind{servers.FlavourMariaDB: servers.KindMariaDB, servers.FlavourMySQL: servers.KindMySQL} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, kind)
			t.Parallel()
			story(newScene(t, flavour))
		})
	}
}

func newScene(t *testing.T, flavour string) *scene {
	return &scene{t: t, flavour: flavour, dir: filepath.Join(t.TempDir(), "store"), dbs: map[string]*servers.DB{}}
}

// server starts a server that has the collector's account.
func (s *scene) server(name string, lines ...string) *servers.DB {
	s.t.Helper()
	db, err := servers.Database(s.t.Context(), s.flavour, servers.DBOptions{Lines: lines})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	if err := db.CreateCollectorAccount(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.dbs[name] = db
	return db
}

// record begins the window: all servers are recorded, and nothing happens for a while.
func (s *scene) record() {
	s.t.Helper()
	s.store = openStore(s.t, s.dir)
	s.from = time.Now()
	for name, db := range s.dbs {
		s.stops = append(s.stops, recordInto(s.t, s.store, name, db))
	}
	time.Sleep(3 * time.Second)
}

// now notes what happens now.
func (s *scene) now(kind timeline.Kind, target string, attributes map[string]string) {
	s.want = append(s.want, fact{kind: kind, target: target, attributes: attributes, at: time.Now(), slow: s.slow})
}

// maybe is now for what no tick need see.
func (s *scene) maybe(kind timeline.Kind, target string, attributes map[string]string) {
	s.want = append(s.want, fact{kind, target, attributes, time.Now(), true, s.slow})
}

// local runs statements in one session that writes no binary log.
func (s *scene) local(name string, statements ...string) {
	s.t.Helper()
	conn, err := s.dbs[name].Admin.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range append([]string{"SET SESSION sql_log_bin = 0"}, statements...) {
		if _, err := conn.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// follow points a channel of a replica at a source, or at another one.
func (s *scene) follow(replica, source, channel string) {
	s.t.Helper()
	from := s.dbs[source]
	if err := from.CreateAccount(s.t.Context(), "repl", "repl-pw", "REPLICATION SLAVE ON *.*"); err != nil {
		s.t.Fatal(err)
	}
	if s.flavour == servers.FlavourMariaDB {
		must(s.t, s.dbs[replica], fmt.Sprintf("CHANGE MASTER '%s' TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='repl', "+
			"MASTER_PASSWORD='repl-pw', MASTER_CONNECT_RETRY=1, MASTER_USE_GTID=slave_pos", channel, from.Port), fmt.Sprintf("START SLAVE '%s'", channel))
		return
	}
	must(s.t, s.dbs[replica], fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%d, SOURCE_USER='repl', "+
		"SOURCE_PASSWORD='repl-pw', SOURCE_CONNECT_RETRY=1, SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1 FOR CHANNEL '%s'", from.Port, channel),
		fmt.Sprintf("START REPLICA FOR CHANNEL '%s'", channel))
}

// replica runs a statement such as STOP about one channel of a replica.
func (s *scene) replica(name, verb, channel, rest string) {
	s.t.Helper()
	statement := fmt.Sprintf("%s REPLICA %s FOR CHANNEL '%s'", verb, rest, channel)
	if s.flavour == servers.FlavourMariaDB {
		statement = fmt.Sprintf("%s SLAVE '%s' %s", verb, channel, rest)
	}
	must(s.t, s.dbs[name], statement)
}

// judge ends the recording and compares what is found with the facts, one to one.
// It returns the records of all servers.
func (s *scene) judge() []timeline.Evidence {
	t := s.t
	t.Helper()
	for _, stop := range s.stops {
		stop()
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := store.OpenReadOnly(t.Context(), s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w := timeline.Window{From: s.from, To: time.Now()}
	var records []timeline.Evidence
	for name := range s.dbs {
		got, err := episodes.Gather(t.Context(), reader, episodes.Server{
			Name: name, Interval: time.Second, Thresholds: episodes.Thresholds{ReplicationLag: 3 * time.Second, LongTransaction: time.Hour, LongStatement: time.Hour},
		}, sources.Request{Window: w, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, got...)
	}
	f, err := episodes.Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events {
		t.Logf("%s on %s [%s %s] %s %v", e.Kind, e.Target, timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest), e.Summary, e.Attributes)
	}
	for _, g := range f.Gaps {
		t.Logf("gap of %s: %s", g.Target, g.Reason)
	}
	s.compare(f.Events)
	return records
}

func (s *scene) compare(events []timeline.Event) {
	s.t.Helper()
	left := slices.DeleteFunc(slices.Clone(events), func(e timeline.Event) bool {
		return slices.ContainsFunc(s.ignored, func(w timeline.Window) bool { return w.Contains(e.Start.At) })
	})
	for _, x := range s.want {
		i := slices.IndexFunc(left, func(e timeline.Event) bool { return x.is(e) })
		if i < 0 {
			if !x.optional {
				s.t.Errorf("not found: %s on %s at %s %v", x.kind, x.target, timeline.FormatTime(x.at), x.attributes)
			}
			continue
		}
		e := left[i]
		off := e.Start.At.Sub(x.at)
		s.t.Logf("%s on %s %v: start %+.2f s off", x.kind, x.target, x.attributes, off.Seconds())
		// What happened was noted before it was done, and the files have milliseconds.
		if off.Abs() > startError+x.slow || x.at.After(e.Start.Latest.Add(time.Millisecond)) {
			s.t.Errorf("%s on %s begins at %s [%s, %s], in truth at %s", x.kind, x.target, timeline.FormatTime(e.Start.At),
				timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest), timeline.FormatTime(x.at))
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, e := range left {
		s.t.Errorf("false: %s on %s: %s", e.Kind, e.Target, e.Summary)
	}
}

func (x fact) is(e timeline.Event) bool {
	if e.Kind != x.kind || e.Target != x.target {
		return false
	}
	for k, v := range x.attributes {
		if got := e.Attributes[k]; got != v && (v != anything || got == "") {
			return false
		}
	}
	return true
}

// private fails when a word is in the store or in a record; control must be in the
// store, or the search would find nothing at all.
func (s *scene) private(records []timeline.Evidence, control string, words ...string) {
	s.t.Helper()
	found, _, err := scoring.Search(s.t.Context(), s.dir, append(words, control))
	if err != nil {
		s.t.Fatal(err)
	}
	seen := false
	for _, place := range found {
		if strings.HasPrefix(place, control+" in ") {
			seen = true
			continue
		}
		s.t.Errorf("private: %s", place)
	}
	if !seen {
		s.t.Errorf("the control %q is not in the store: the search cannot read it", control)
	}
	for _, r := range records {
		for _, word := range words {
			if strings.Contains(strings.ToLower(r.Body+r.Query), strings.ToLower(word)) {
				s.t.Errorf("private: %s in record %s: %s", word, r.ID, r.Body)
			}
		}
	}
}
