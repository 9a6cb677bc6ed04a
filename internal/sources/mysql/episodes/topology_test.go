package episodes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// topologyAt is a look at the topology, two seconds after the one before.
func topologyAt(second float64, t facts.Topology) func(float64, *store.Tick) {
	return factAt(second, facts.KindTopology, func(*store.Tick) any {
		if second > 0 {
			since, asked := at(second-2), at(second-10)
			t.Since = &since
			t.GTID.Since = &asked
		}
		t.GTID.Asked = true
		return t
	})
}

const (
	uuidA = "aaaaaaaa-0000-4000-8000-000000000001"
	uuidB = "bbbbbbbb-0000-4000-8000-000000000002"
	uuidC = "cccccccc-0000-4000-8000-000000000003"
)

// together interprets several servers as one draft.
func watchTogether(t *testing.T, worlds map[string]world) timeline.Findings {
	t.Helper()
	req := request(60, 600)
	var records []timeline.Evidence
	for name, w := range worlds {
		got, err := Gather(t.Context(), w.record(0, 600), Server{Name: name, Interval: time.Second}, req)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, got...)
	}
	f, err := Interpret(req.Window, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
	}
	return f
}

func TestErrantTransactions(t *testing.T) {
	set := func(pairs ...string) facts.GTID {
		var parts []string
		for i := 0; i < len(pairs); i += 2 {
			parts = append(parts, pairs[i]+":"+pairs[i+1])
		}
		return facts.GTID{Executed: strings.Join(parts, ",")}
	}
	ofA := []facts.Source{{ServerUUID: uuidA}}
	ofOne := []facts.Source{{ServerID: 1}}
	my := func(uuid string, readOnly bool, sources []facts.Source, gtid facts.GTID) facts.Topology {
		return facts.Topology{ServerUUID: uuid, ReadOnly: readOnly, Sources: sources, GTID: gtid}
	}
	maria := func(id uint32, readOnly bool, sources []facts.Source, state, slave string) facts.Topology {
		return facts.Topology{ServerID: id, ReadOnly: readOnly, Sources: sources, GTID: facts.GTID{Executed: state, Slave: slave}}
	}
	places := func(all ...func(float64, *store.Tick)) world { return world{tweak: looking(0, all...)} }
	promotedB := places(topologyAt(0, my(uuidB, true, ofA, set(uuidA, "1-100"))), topologyAt(300, my(uuidB, false, nil, set(uuidA, "1-104"))),
		topologyAt(500, my(uuidB, false, nil, set(uuidA, "1-104", uuidB, "1-50"))))
	tests := []struct {
		name   string
		worlds map[string]world
		want   string
		target string
		from   float64 // the start lies here
	}{
		{"a write on a replica", map[string]world{"db2": places(topologyAt(0, my(uuidB, false, ofA, set(uuidA, "1-100"))),
			topologyAt(300, my(uuidB, false, ofA, set(uuidA, "1-150", uuidB, "1-3"))))}, "db2 executed 3 transactions of its own while it was a replica (" + uuidB + ":1-3)", "db2", 295},
		{"left on the old primary", map[string]world{"db2": promotedB, "db1": places(topologyAt(0, my(uuidA, false, nil, set(uuidA, "1-100"))),
			topologyAt(200, my(uuidA, false, nil, set(uuidA, "1-107"))))},
			"3 transactions of the old primary db1 are not on the new primary db2 (" + uuidA + ":105-107)", "db1", 299},
		{"a write on the old primary when it came back", map[string]world{"db2": promotedB, "db1": places(topologyAt(0, my(uuidA, false, nil, set(uuidA, "1-104"))),
			topologyAt(400, my(uuidA, true, nil, set(uuidA, "1-105"))))},
			"1 transaction of the old primary db1 is not on the new primary db2 (" + uuidA + ":105)", "db1", 395},
		{"a write on a replica, MariaDB", map[string]world{"db2": places(topologyAt(0, maria(2, false, ofOne, "0-1-100", "0-1-100")),
			topologyAt(300, maria(2, false, ofOne, "0-1-100,0-2-102", "0-1-100")))}, "db2 executed 2 transactions of its own while it was a replica (0-2-101..102)", "db2", 295},
		{"left on the old primary, MariaDB", map[string]world{
			"db2": places(topologyAt(0, maria(2, true, ofOne, "0-1-100", "0-1-100")), topologyAt(300, maria(2, false, nil, "0-1-104", "0-1-104")),
				topologyAt(500, maria(2, false, nil, "0-1-104,0-2-150", "0-1-104"))),
			"db1": places(topologyAt(0, maria(1, false, nil, "0-1-100", "")), topologyAt(200, maria(1, false, nil, "0-1-105", "")))},
			"1 transaction of the old primary db1 is not on the new primary db2 (0-1-105)", "db1", 299},

		{"replication goes on", map[string]world{"db2": places(topologyAt(0, my(uuidB, true, ofA, set(uuidA, "1-100", uuidB, "1-9"))),
			topologyAt(300, my(uuidB, true, ofA, set(uuidA, "1-900", uuidB, "1-9"))))}, "", "", 0},
		{"a switchover that loses nothing", map[string]world{"db2": promotedB, "db1": places(topologyAt(0, my(uuidA, false, nil, set(uuidA, "1-100"))),
			topologyAt(299, my(uuidA, true, nil, set(uuidA, "1-104"))), topologyAt(500, my(uuidA, true, []facts.Source{{ServerUUID: uuidB}}, set(uuidA, "1-104", uuidB, "1-50"))))}, "", "", 0},
		{"a replica that is stopped for a while", map[string]world{"db2": places(topologyAt(0, my(uuidB, false, ofA, set(uuidA, "1-100"))),
			topologyAt(300, my(uuidB, false, []facts.Source{{ServerUUID: uuidA, Stopped: true}}, set(uuidA, "1-104")))),
			"db1": places(topologyAt(0, my(uuidA, false, nil, set(uuidA, "1-100"))), topologyAt(500, my(uuidA, false, nil, set(uuidA, "1-900"))))}, "", "", 0},
		{"a replica that is given up", map[string]world{"db2": places(topologyAt(0, my(uuidB, false, ofA, set(uuidA, "1-100"))),
			topologyAt(300, my(uuidB, false, nil, set(uuidA, "1-104")))),
			"db1": places(topologyAt(0, my(uuidA, false, nil, set(uuidA, "1-100"))), topologyAt(500, my(uuidA, false, nil, set(uuidA, "1-900"))))}, "", "", 0},
		{"a ring", map[string]world{"db2": places(topologyAt(0, my(uuidB, false, ofA, set(uuidA, "1-100"))),
			topologyAt(300, my(uuidB, false, ofA, set(uuidA, "1-104", uuidB, "1-7")))),
			"db1": places(topologyAt(0, my(uuidA, false, []facts.Source{{ServerUUID: uuidB}}, set(uuidA, "1-100"))))}, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := watchTogether(t, tt.worlds)
			var found []timeline.Event
			for _, e := range ofKind(f, timeline.MySQLTopologyChange) {
				if e.Attributes["change"] == changeErrant {
					found = append(found, e)
				}
			}
			if tt.want == "" {
				if len(found) != 0 {
					t.Errorf("found %v", summaries(f))
				}
				return
			}
			if len(found) != 1 || found[0].Summary != tt.want || found[0].Target != tt.target || found[0].Grade != timeline.Derived {
				t.Fatalf("found %v, want %q", summaries(f), tt.want)
			}
			brackets(t, "the transactions", found[0].Start, tt.from, 5)
		})
	}
}

func TestUncomparableSetsAreAGap(t *testing.T) {
	sources := []facts.Source{{ServerUUID: uuidA}}
	for name, gtid := range map[string]facts.GTID{"too long": {TooLong: true}, "tags": {Executed: uuidB + ":nightly:1-5"}} {
		t.Run(name, func(t *testing.T) {
			f := watchWorld(t, world{tweak: looking(0, topologyAt(0, facts.Topology{ServerUUID: uuidB, Sources: sources, GTID: gtid}),
				topologyAt(300, facts.Topology{ServerUUID: uuidB, Sources: sources, GTID: gtid}))})
			if len(f.Gaps) != 1 || !strings.HasPrefix(f.Gaps[0].Reason, "could not look for errant transactions: ") {
				t.Errorf("gaps %v", f.Gaps)
			}
		})
	}
}

func TestLostReplica(t *testing.T) {
	b := facts.Peer{ServerUUID: uuidB, ServerID: 2, Host: "db2.example"}
	with := func(peers ...facts.Peer) facts.Topology { return facts.Topology{ServerUUID: uuidA, Replicas: peers} }
	both := facts.Peer{Host: "10.0.0.9"}
	for _, tt := range []struct {
		name  string
		looks []func(float64, *store.Tick)
		boots []float64
		want  string
	}{
		{"it is gone", []func(float64, *store.Tick){topologyAt(0, with(b)), topologyAt(300, with())}, nil, "a replica of db1 (%s) is no longer connected"},
		{"it is back after a minute", []func(float64, *store.Tick){topologyAt(0, with(b)), topologyAt(300, with()), topologyAt(360, with(b))}, nil, "a replica of db1 (%s) was not connected for 60 s"},
		{"one of two on a host", []func(float64, *store.Tick){topologyAt(0, with(both, both)), topologyAt(300, with(both))}, nil, "a replica of db1 (%s) is no longer connected"},
		{"it reconnects", []func(float64, *store.Tick){topologyAt(0, with(b)), topologyAt(300, with()), topologyAt(308, with(b))}, nil, ""},
		{"it read the binary log for a moment", []func(float64, *store.Tick){topologyAt(0, with()), topologyAt(290, with(b)), topologyAt(300, with())}, nil, ""},
		{"the server itself restarted", []func(float64, *store.Tick){topologyAt(0, with(b)), topologyAt(301, with()), topologyAt(360, with(b))}, []float64{-7200.3, 298.5}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := watchWorld(t, world{boots: tt.boots, tweak: looking(store.PartTopology, tt.looks...)})
			all := ofKind(f, timeline.MySQLTopologyChange)
			if tt.want == "" {
				if len(all) != 0 {
					t.Errorf("found %v", summaries(f))
				}
				return
			}
			e := only(t, f, timeline.MySQLTopologyChange)
			host := sources.Roles{}.Host("db2.example")
			if strings.Contains(tt.name, "two") {
				host = sources.Roles{}.Host("10.0.0.9")
			}
			if want := fmt.Sprintf(tt.want, host); e.Summary != want {
				t.Errorf("summary %q, want %q", e.Summary, want)
			}
			brackets(t, "the loss", e.Start, 299.5, 1)
		})
	}
	t.Run("the replica tells it", func(t *testing.T) {
		f := watchTogether(t, map[string]world{
			"db1": {tweak: looking(store.PartTopology, topologyAt(0, with(b)), topologyAt(300, with()))},
			"db2": {down: []duration{{299, 600}}, tweak: looking(store.PartTopology, topologyAt(0, facts.Topology{ServerUUID: uuidB, Sources: []facts.Source{{ServerUUID: uuidA}}}))},
		})
		if all := ofKind(f, timeline.MySQLTopologyChange); len(all) != 0 {
			t.Errorf("found %v", summaries(f))
		}
	})
}

func TestGroupReplication(t *testing.T) {
	member := func(uuid, state, role string) facts.Member {
		return facts.Member{ServerUUID: uuid, Host: "host-of-" + uuid[:1], Port: 3306, State: state, Role: role}
	}
	a, b, c := member(uuidA, "ONLINE", "PRIMARY"), member(uuidB, "ONLINE", "SECONDARY"), member(uuidC, "ONLINE", "SECONDARY")
	seen := func(uuid string, all ...facts.Member) facts.Topology {
		return facts.Topology{ServerUUID: uuid, Group: all}
	}
	elected := member(uuidB, "ONLINE", "PRIMARY")
	f := watchTogether(t, map[string]world{
		"db2": {tweak: looking(store.PartTopology, topologyAt(0, seen(uuidB, a, b, c)), topologyAt(300, seen(uuidB, member(uuidA, "UNREACHABLE", "PRIMARY"), b, c)),
			topologyAt(306, seen(uuidB, elected, c)))},
		"db3": {tweak: looking(store.PartTopology, topologyAt(0, seen(uuidC, a, b, c)), topologyAt(306, seen(uuidC, elected, c)),
			topologyAt(400, seen(uuidC, member(uuidC, "ERROR", ""))))},
	})
	var got []string
	for _, e := range f.Events {
		got = append(got, e.Target+": "+e.Summary)
		if strings.Contains(e.Summary, "host-of-") {
			t.Errorf("%s names a host", e.Summary)
		}
	}
	host := sources.Roles{}.Host("host-of-a") + ":3306"
	for _, want := range []string{
		"db2: " + host + " became UNREACHABLE in the replication group, it was ONLINE", "db2: db2 became the primary of the replication group",
		"db2: " + host + " left the replication group, it was UNREACHABLE PRIMARY", "db3: db3 became ERROR in the replication group, it was ONLINE",
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("no %q in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, no := range []string{"db2 left"} { // db3 is alone and knows nothing about others
		if strings.Contains(strings.Join(got, "\n"), no) {
			t.Errorf("%q in\n%s", no, strings.Join(got, "\n"))
		}
	}
}

func TestReplacedServer(t *testing.T) {
	identity := func(uuid string, id uint32) func(float64, *store.Tick) {
		return func(s float64, tick *store.Tick) {
			tick.Heartbeat.ServerUUID, tick.Heartbeat.ServerID = uuid, 1
			if s >= 300 {
				tick.Heartbeat.ServerID = id
				if uuid != "" {
					tick.Heartbeat.ServerUUID = uuidB
				}
			}
		}
	}
	for _, tt := range []struct {
		name  string
		world world
		want  string
	}{
		{"another UUID", world{tweak: identity(uuidA, 1)}, "db1 is now another server: its server_uuid is " + uuidB + " instead of " + uuidA},
		{"another ID after a restart", world{mariaDB: true, boots: []float64{-7200.3, 290}, down: []duration{{285, 299.5}}, tweak: identity("", 2)}, "db1 is now another server: its server_id is 2 instead of 1"},
		{"the ID was set", world{mariaDB: true, tweak: identity("", 2)}, "the server_id of db1 was changed from 1 to 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := only(t, watchWorld(t, tt.world), timeline.MySQLTopologyChange)
			if e.Summary != tt.want {
				t.Errorf("summary %q, want %q", e.Summary, tt.want)
			}
		})
	}
}

// FuzzGTIDSets: whatever a server writes, sets compare without a panic, and nothing
// is missing from what is known.
func FuzzGTIDSets(f *testing.F) {
	f.Add(uuidA+":1-5,"+uuidB+":7", uuidA+":1-3", uint32(0))
	f.Add("0-1-100,0-2-105,3-1-7", "0-1-99", uint32(1))
	f.Add("0-1-18446744073709551615", "", uint32(1))
	f.Add(uuidA+":tag:1-5", "", uint32(0))
	f.Fuzz(func(t *testing.T, own, other string, id uint32) {
		for _, uuid := range []string{uuidA, ""} {
			p := placement{Topology: facts.Topology{ServerUUID: uuid, ServerID: id, GTID: facts.GTID{Executed: own}}}
			for _, from := range []gtidBasis{byName, provenOnly, byGrowth} {
				if m, err := lacking(p, facts.GTID{Executed: other}, from); err == nil && (m.count > 0) != (m.text != "") {
					t.Errorf("%d transactions: %q", m.count, m.text)
				}
				if m, err := lacking(p, p.GTID, from); err == nil && m.count != 0 {
					t.Errorf("lacks of itself %q", m.text)
				}
			}
		}
	})
}
