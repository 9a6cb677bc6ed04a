package episodes

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// faults is a world with one fault of each kind, at random times that do not
// disturb each other.
func faults(r *rand.Rand) (world, map[timeline.Kind][2]float64) {
	from := func(base float64) float64 { return base + r.Float64()*20 }
	length := func(least float64) float64 { return least + r.Float64()*25 }
	w := world{mariaDB: r.IntN(2) == 0, offset: r.NormFloat64() * 100, drift: r.NormFloat64() * 1e-4, spent: 0.002 + r.Float64()*0.04}
	statement := from(100)
	statementEnd := statement + length(12)
	trx := from(160)
	trxIdle := length(33)
	down := from(250)
	downEnd := down + length(4)
	boot := down + (downEnd-down)*r.Float64()
	role := from(310)
	stop := from(340)
	stopEnd := stop + length(1.5)
	lag := from(400)
	lagEnd := lag + length(13)
	full := from(460)
	fullEnd := full + length(2)
	w.statements = []stmt{
		{id: 9, sql: report, from: statement, to: statementEnd},
		{id: 11, sql: "UPDATE t", from: trx, to: trx + 0.3, trx: trx, idle: trxIdle},
	}
	w.boots, w.down, w.readOnly = []float64{-5000, boot}, []duration{{down, downEnd}}, []duration{{role, 9999}}
	w.channels = func(t float64) []store.Replica {
		c := replica(0)
		if t >= stop && t < stopEnd {
			c.SQLRunning, c.SQLErrno, c.LagKnown = "No", 1032, false
		}
		if t >= lag && t < lagEnd {
			c.Lag = w.age(lag, t, false)
		}
		return []store.Replica{c}
	}
	w.status = func(t float64) store.Status {
		s := store.Status{"Threads_connected": 12, "max_connections": 100, "Threads_running": 3, "Questions": int64(t * 10)}
		if t >= full && t < fullEnd {
			s["Threads_connected"] = 100
		}
		return s
	}
	return w, map[timeline.Kind][2]float64{
		timeline.MySQLLongStatement: {statement, statementEnd}, timeline.MySQLLongTransaction: {trx, trx + 0.3 + trxIdle},
		timeline.MySQLDown: {down, downEnd}, timeline.MySQLRestart: {boot, boot}, timeline.MySQLRoleChange: {role, role},
		timeline.MySQLReplicationStopped: {stop, stopEnd}, timeline.MySQLReplicationLag: {lag, lagEnd},
		timeline.MySQLConnectionsExhausted: {full, fullEnd},
	}
}

func TestRandomFaultsAreBracketed(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w, truth := faults(rand.New(rand.NewPCG(seed, 7)))
			f := watchWorld(t, w)
			for kind, want := range truth {
				e := only(t, f, kind)
				brackets(t, string(kind)+" start", e.Start, want[0], 1)
				if kind == timeline.MySQLReplicationLag {
					want[1] = e.End.At.Sub(epoch).Seconds() // whole seconds of lag hide when exactly it was gone
				}
				brackets(t, string(kind)+" end", *e.End, want[1], 1)
			}
			if len(f.Events) != len(truth) {
				t.Errorf("false events among %v", summaries(f))
			}
		})
	}
}

func TestInterpretationIsPure(t *testing.T) {
	w, _ := faults(rand.New(rand.NewPCG(3, 3)))
	for i := range 300 { // many sessions, so that map order would show
		w.statements = append(w.statements, stmt{id: uint64(1000 + i), sql: fmt.Sprint("s", i%7), from: 520.1 + float64(i)*0.03, to: 560, trx: 505.1, idle: 3})
	}
	recording, req := w.record(0, 600), request(60, 600)
	records, err := Gather(t.Context(), recording, db1, req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Gather(t.Context(), recording, db1, req)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(records, again) {
		t.Error("two readings of the same samples differ")
	}
	want, err := Interpret(req.Window, records)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	var read []timeline.Evidence
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(read)
	got, err := Interpret(req.Window, read)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(want.Series), fmt.Sprint(got.Series); a != b { // NaN is not equal to itself
		t.Error("series from records that were written, read and turned around differ")
	}
	want.Series, got.Series = nil, nil
	if !reflect.DeepEqual(want, got) {
		for i := range want.Events {
			if !reflect.DeepEqual(want.Events[i], got.Events[i]) {
				t.Errorf("event %d: %+v\nfrom the bundle: %+v", i, want.Events[i], got.Events[i])
			}
		}
		t.Error("findings from records that were written, read and turned around differ")
	}
}

func TestInterpretRefusesWhatItDoesNotKnow(t *testing.T) {
	w := request(60, 600).Window
	for name, q := range map[string]question{
		"another kind": {Kind: "mysql.deadlock", Server: "db1"},
		"no samples":   {Kind: "mysql.down", Server: "db1"},
		"no runs":      {Kind: "mysql.long_statement", Server: "db1"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := sources.Answer(sources.Ask{Source: "mysql", Target: "db1", Question: q}, struct{}{}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Interpret(w, []timeline.Evidence{e}); err == nil {
				t.Error("no error")
			}
		})
	}
}

func FuzzInterpret(f *testing.F) {
	w, _ := faults(rand.New(rand.NewPCG(1, 1)))
	req := request(60, 600)
	records, err := Gather(f.Context(), w.record(0, 600), db1, req)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range records {
		f.Add(e.Body)
	}
	f.Fuzz(func(_ *testing.T, body string) {
		e := timeline.Evidence{Source: "mysql", Target: "db1", Body: body}.Seal()
		_, _ = Interpret(req.Window, []timeline.Evidence{e}) // must not panic
	})
}
