package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

var start = time.Date(2024, 7, 12, 9, 0, 0, 500_000_000, time.UTC)

// ticks have something of every stream, and everything that may be absent is
// once there and once not.
func ticks() []store.Tick {
	beat := store.Heartbeat{
		At: start, RoundTrip: 213 * time.Microsecond, ClockOffset: -1500 * time.Microsecond, Spent: 3 * time.Millisecond, Queries: 6, Interval: time.Second,
		UptimeSec: 4711, ServerUUID: "9eccd9e5-e583-11f1-8fea-02fc00000001", ServerID: 1, Version: "9.7.4", ReadOnly: true,
		Looked: store.PartSessions | store.PartReplicas | store.PartStatus | store.PartWaits | store.PartDigests,
	}
	first := store.Tick{
		Heartbeat: beat,
		Sessions: &store.Sessions{Active: []store.Session{
			{ID: 7, User: "shop_rw", Host: "10.0.0.5", DB: "shop", Command: "Query", State: "updating", Elapsed: 1234 * time.Millisecond,
				SQL: "UPDATE orders SET total = ? WHERE id < ? AND note <> ?", Transaction: 2 * time.Second, RowsLocked: 3, RowsModified: 2, RowsExamined: 9, LockWait: true},
			{ID: 1<<64 - 1, User: "shop_ro", Command: "Query"},
		}, Idle: map[string]int{"shop_rw": 40, "batch": 1}},
		Replicas: &store.Replicas{Channels: []store.Replica{
			{Channel: "east", SourceHost: "db0", SourcePort: 3306, SourceUUID: "u", SourceID: 9, IORunning: "Yes", SQLRunning: "Yes", Lag: 3 * time.Second, LagKnown: true, GTID: "u:1-9"},
			{IORunning: "Connecting", IOErrno: 2003, IOError: "can't connect", SQLRunning: "No", SQLErrno: 1062, SQLError: "Duplicate entry ? for key 'PRIMARY'"},
		}},
		Status: store.Status{"Threads_running": 12, "Questions": 1 << 62},
		Waits: []store.LockWait{
			{Waiter: 7, Blocker: 3, Class: store.WaitRow, Object: "shop.orders", Index: "PRIMARY", Mode: "X,REC_NOT_GAP", Held: "X", Waited: 1500 * time.Millisecond},
			{Waiter: 8, Class: store.WaitMetadata, Object: "shop.orders", Guessed: true},
		},
		Digests: []store.Digest{
			{ID: "a1b2", DB: "shop", SQL: "SELECT ?", FirstSeen: start.Add(-time.Hour), Count: 9, Errors: 1, Time: 12345 * time.Microsecond, LockTime: 5 * time.Microsecond,
				RowsExamined: 100, RowsSent: 9, RowsAffected: 1, NoIndex: 2, TmpDisk: 3},
			{ID: "c3"},
		},
		Facts: []store.Fact{{Kind: "variables", Body: `{"name":"read_only","old":"OFF","new":"ON"}`}, {Kind: "strange", Body: "no JSON"}},
	}
	down := store.Tick{Heartbeat: store.Heartbeat{At: start.Add(time.Second), Outcome: store.Refused, ErrorNumber: 1040, Interval: time.Second}}
	return []store.Tick{first, down}
}

func recorded(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for i, tick := range ticks() {
		if err := s.Append(t.Context(), "db1", tick); err != nil {
			t.Fatal(err)
		}
		if i == 0 { // one in a block, one in the tail
			if err := s.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

func always() timeline.Window {
	return timeline.Window{From: start.Add(-time.Hour), To: start.Add(time.Hour)}
}

// TestRows is the contract of every stream: names, units, order, what is null.
func TestRows(t *testing.T) {
	s := recorded(t)
	for _, stream := range Streams() {
		t.Run(stream.Name, func(t *testing.T) {
			var out bytes.Buffer
			rows, err := stream.Write(t.Context(), s.Reader, "db1", always(), &out)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(out.Bytes(), []byte("\n")); int64(n) != rows || n == 0 {
				t.Errorf("%d lines, said to be %d", n, rows)
			}
			golden := filepath.Join("testdata", stream.Name+".jsonl")
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", &out, want)
			}
		})
	}
}

// lines reads the exported rows of a stream back.
func lines[T any](t *testing.T, s *store.Store, name string) []T {
	t.Helper()
	for _, stream := range Streams() {
		if stream.Name != name {
			continue
		}
		var out bytes.Buffer
		if _, err := stream.Write(t.Context(), s.Reader, "db1", always(), &out); err != nil {
			t.Fatal(err)
		}
		var all []T
		for in := json.NewDecoder(&out); in.More(); {
			var row T
			if err := in.Decode(&row); err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		return all
	}
	t.Fatalf("no stream %s", name)
	return nil
}

func ms(n float64) time.Duration {
	return time.Duration(n * float64(time.Millisecond)).Round(time.Microsecond)
}

// UnmarshalText reads what MarshalText wrote.
func (t *instant) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	*t = instant(at)
	return err
}

// TestRoundTrip makes samples of the exported rows again: nothing is lost.
func TestRoundTrip(t *testing.T) {
	s, want := recorded(t), ticks()[0]
	var active []store.Session
	for _, r := range lines[session](t, s, "sessions") {
		active = append(active, store.Session{ID: r.ID, User: r.Account, Host: r.Host, DB: r.DB, Command: r.Command, State: r.State, Elapsed: ms(float64(r.ElapsedMS)), SQL: r.Statement,
			Transaction: ms(float64(r.TransactionMS)), RowsLocked: r.RowsLocked, RowsModified: r.RowsModified, RowsExamined: r.RowsExamined, LockWait: r.LockWait})
	}
	idles := map[string]int{}
	for _, r := range lines[idle](t, s, "idle") {
		idles[r.Account] = r.Sessions
	}
	var waits []store.LockWait
	for _, r := range lines[wait](t, s, "waits") {
		w := store.LockWait{Waiter: r.WaiterID, Class: r.LockClass, Object: r.Object, Index: r.IndexName, Mode: r.Mode, Held: r.HeldMode, Waited: ms(float64(r.WaitedMS)), Guessed: r.Guessed}
		if r.BlockerID != nil {
			w.Blocker = *r.BlockerID
		}
		waits = append(waits, w)
	}
	var digests []store.Digest
	for _, r := range lines[digest](t, s, "digests") {
		d := store.Digest{ID: r.DigestID, DB: r.DB, SQL: r.Statement, Count: r.Executions, Errors: r.Errors, Time: ms(r.TimeMS), LockTime: ms(r.LockTimeMS), RowsExamined: r.RowsExamined,
			RowsSent: r.RowsSent, RowsAffected: r.RowsAffected, NoIndex: r.NoIndex, TmpDisk: r.TmpDisk}
		if r.FirstSeen != nil {
			d.FirstSeen = time.Time(*r.FirstSeen)
		}
		digests = append(digests, d)
	}
	status := store.Status{}
	for _, r := range lines[variable](t, s, "status") {
		status[r.Name] = r.Value
	}
	var channels []store.Replica
	for _, r := range lines[channel](t, s, "replication") {
		c := store.Replica{Channel: r.Channel, SourceHost: r.SourceHost, SourcePort: r.SourcePort, SourceUUID: r.SourceUUID, SourceID: r.SourceID, IORunning: r.IORunning, SQLRunning: r.SQLRunning,
			IOErrno: r.IOErrno, SQLErrno: r.SQLErrno, IOError: r.IOError, SQLError: r.SQLError, GTID: r.GTID}
		if r.LagMS != nil {
			c.Lag, c.LagKnown = ms(float64(*r.LagMS)), true
		}
		channels = append(channels, c)
	}
	for _, pair := range [][2]any{
		{active, want.Sessions.Active}, {idles, want.Sessions.Idle}, {waits, want.Waits}, {digests, want.Digests}, {status, want.Status}, {channels, want.Replicas.Channels},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("got  %+v\nwant %+v", pair[0], pair[1])
		}
	}
	beats := lines[heartbeat](t, s, "heartbeats")
	for i, tick := range ticks() {
		h, r := tick.Heartbeat, beats[i]
		got := store.Heartbeat{At: time.Time(r.At), Outcome: h.Outcome, ErrorNumber: r.ErrorNumber, RoundTrip: ms(r.RoundTripMS), ClockOffset: ms(r.ClockOffsetMS), Spent: ms(r.SpentMS), Queries: r.Queries,
			Interval: ms(float64(r.IntervalMS)), UptimeSec: r.UptimeS, ServerUUID: r.ServerUUID, ServerID: r.ServerID, Version: r.Version, ReadOnly: r.ReadOnly, Looked: h.Looked}
		if got != h || r.Outcome != h.Outcome.String() || len(r.Looked) != len(h.Looked.Names()) || r.Server != "db1" {
			t.Errorf("got  %+v\nwant %+v", got, h)
		}
	}
}

// TestDocumented keeps docs/store.md true: every field of every stream stands there.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/store.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			described[strings.Trim(cells[1], " `")] += cells[2]
		}
	}
	for name, row := range map[string]any{
		"heartbeats": heartbeat{}, "sessions": session{}, "idle": idle{}, "replication": channel{}, "status": variable{}, "waits": wait{}, "digests": digest{}, "facts": fact{},
	} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(row)) {
			tag := field.Tag.Get("json")
			if tag == "" || len(field.Index) > 1 {
				continue // at and server, which every row has
			}
			if !strings.Contains(described[name], "`"+tag+"`") {
				t.Errorf("docs/store.md does not describe %s of %s", tag, name)
			}
		}
	}
}
