package load

import (
	"bytes"
	"database/sql"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/lab/servers"
)

// TestCompare: what drifts as a line does is no loss.
func TestCompare(t *testing.T) {
	of := func(v float64) func() (float64, error) { return func() (float64, error) { return v, nil } }
	if lost, after, err := compare(100, of(105), of(110)); lost != 0 || after != 110 || err != nil {
		t.Errorf("a drift is a loss of %v (%v, %v)", lost, after, err)
	}
	if lost, _, _ := compare(100, of(95), of(100)); math.Abs(lost-0.05) > 1e-9 {
		t.Errorf("5 %% are a loss of %v", lost)
	}
	broken := func() (float64, error) { return 0, errors.New("away") }
	if _, _, err := compare(100, broken, of(1)); err == nil {
		t.Error("a stretch that was not measured is compared")
	}
	if _, _, err := compare(100, of(1), broken); err == nil {
		t.Error("a stretch without a neighbour is compared")
	}
}

func TestMiddle(t *testing.T) {
	values := []float64{0.01, -0.02, 0.004, 0.03, 0.002}
	m := middle(values)
	if m.Median != 0.004 || m.Low != -0.02 || m.High != 0.03 || m != middle(values) {
		t.Errorf("%+v", m)
	}
	if m := middle([]float64{0.1, 0.1, 0.1}); m != (Middle{0.1, 0.1, 0.1, 3}) {
		t.Errorf("three of the same give %+v", m)
	}
	if m := middle(nil); m != (Middle{}) {
		t.Errorf("nothing gives %+v", m)
	}
}

// TestMissing: statements that are missing after a turn are told from those that are
// missing elsewhere in the second.
func TestMissing(t *testing.T) {
	began := time.Date(2026, 3, 1, 9, 0, 0, 300e6, time.UTC)
	type between struct{ low, high float64 }
	for slow, want := range map[time.Duration]between{500 * time.Millisecond: {0.021, 0.027}, 0: {math.Inf(-1), -0.002}} { // where in the second a quarter of 100 ms is lost
		var points []point
		n := 0.0
		for at := began; at.Before(began.Add(4 * time.Second)); at = at.Add(time.Millisecond) {
			points = append(points, point{at, int64(n)})
			if in := time.Duration(at.Nanosecond()) - slow; in >= 0 && in < turnWindow-turnMargin {
				n += 750
			} else {
				n += 1000
			}
		}
		got := missing(points, 500*time.Millisecond)
		if len(got) != 3 {
			t.Errorf("%d turns are found in %v", len(got), got)
		}
		for _, share := range got {
			if share < want.low || share > want.high {
				t.Errorf("what is slow at %v: %.4f of a second is missing at the turn", slow, share)
			}
		}
	}
}

// TestStatements: what sysbench counts is what the server counts.
func TestStatements(t *testing.T) {
	servers.Need(t, servers.KindMariaDB, servers.KindSysbench)
	db, err := servers.Database(t.Context(), servers.FlavourMariaDB, servers.DBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	load := Sysbench{Threads: 4, Rows: 100}
	if err := load.Prepare(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	running, err := load.Start(db, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { running.Close() })
	questions := func() (n int64) {
		var name string
		if err := db.Admin.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Questions'").Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var first int64
	for limit := time.Now().Add(time.Minute); first < 100; time.Sleep(10 * time.Millisecond) {
		if first, err = running.Statements(); err != nil || time.Now().After(limit) {
			t.Fatalf("%d statements are counted (%v)", first, err)
		}
	}
	before := questions()
	low, _ := running.Statements()
	time.Sleep(500 * time.Millisecond)
	high, _ := running.Statements()
	after := questions()
	if counted, asked := high-low, after-before; counted < asked*9/10 || counted > asked {
		t.Errorf("%d statements are counted of the %d that the server was sent", counted, asked)
	}
}

// TestBeyond: the loss of a whole second is told from what is missing in its window,
// and from what is missing in the rest, to which the window is compared.
func TestBeyond(t *testing.T) {
	const lost = 0.02 // of a second's statements
	for _, in := range []float64{1, 0.7, 0.4} {
		window := turnWindow.Seconds()
		usual := (1 - window - (1-in)*lost) / (1 - window)
		missing := window - (window-in*lost)/usual
		l := Loss{Turns: Turns{Lost: []float64{missing - 0.01, missing + 0.003, missing + 0.2}, Noise: []float64{-0.01, 0.003, 0.1}}, InWindows: in}
		if got := l.Beyond(); math.Abs(got.Median-lost) > lost/20 || got.Low > got.Median || got.High <= got.Median || got.Of != 3 {
			t.Errorf("with %.0f %% of the work in the windows a loss of 2 %% is told as %v", 100*in, got)
		}
	}
	for name, l := range map[string]Loss{
		"no turns": {InWindows: 1}, "work that is spread evenly": {Turns: Turns{Lost: []float64{0.01}, Noise: []float64{0}}, InWindows: turnWindow.Seconds()},
	} {
		if got := l.Beyond(); got != (Middle{}) {
			t.Errorf("%s tell %v", name, got)
		}
	}
}

// TestInWindows: a process that works at its turns only is told from one that always does.
func TestInWindows(t *testing.T) {
	servers.Need(t, servers.KindMariaDB)
	db, err := servers.Database(t.Context(), servers.FlavourMariaDB, servers.DBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for name, tc := range map[string]struct {
		loop      string
		low, high float64
	}{
		"at its turns": {`my $part = time - int time; next if $part > 0.5 && $part < 0.57; sleep 0.005`, 0.7, 1},
		"always":       {``, 0.03, 0.2},
	} {
		p, err := servers.Spawn(filepath.Join(t.TempDir(), "log"), nil, "perl", "-MTime::HiRes=time,sleep", "-e", "while (1) { "+tc.loop+" }")
		if err != nil {
			t.Fatal(err)
		}
		got, err := inWindows(t.Context(), db, Monitor{Account: "nobody"}, process{p, halfPast}, halfPast, 4*time.Second)
		if err = errors.Join(err, p.KillGroup()); err != nil || got < tc.low || got > tc.high {
			t.Errorf("%s: %.2f of its work is in the windows (%v)", name, got, err)
		}
	}
}

func TestParseSchedstat(t *testing.T) {
	if got, err := parseSchedstat("123456789 42 7\n"); err != nil || got != 123456789 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseSchedstat(""); err == nil {
		t.Error("nothing is read as the time of a thread")
	}
}

func TestLossTable(t *testing.T) {
	l := Loss{
		Monitor: "collector", Pairs: []float64{0.01, -0.02, 0.004, 0.03, 0.002}, Noise: []float64{0.01}, Turns: Turns{Lost: []float64{0.003}, Noise: []float64{0.001}, Seconds: 9}, InWindows: 0.55,
		CPU: CPU{Server: 40 * time.Second, Account: time.Second, Own: 3 * time.Second, Elapsed: 200 * time.Second},
	}
	var out bytes.Buffer
	err := Print(&out, "mariadb", Sysbench{Threads: 64, Rows: 100_000}, []Loss{l})
	for _, want := range []string{"mariadb", "64 threads, 8 tables of 100000 rows", "+0.40 % (-2.00 … +3.00)", "+1.00 % (+1.00 … +1.00)", "+0.30 % (+0.30 … +0.30)", "+0.10 % (+0.10 … +0.10)", " 9       55%", "+0.40 % (+0.40 … +0.40)", "2.50%", "1.50%"} {
		if err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing (%v):\n%s", want, err, out.String())
		}
	}
}

func TestParseStat(t *testing.T) {
	got, err := parseStat("4711 (a (very) odd name) S 1 4700 4700 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 1 0 12345 1 1")
	if err != nil || got != (processStat{4700, 2100 * time.Millisecond}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "1 (x) S 1", "1 (x) S 1 one 4700 0 -1 4194560 1 2 3 4 150 50 7 3 20 0", "1 (x) S 1 1 4700 0 -1 4194560 1 2 3 4 150 fifty 7 3 20 0"} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("%q is read as the times of a process", bad)
		}
	}
}

// TestGroupCPU: what a group's child spent counts, also when it has ended.
func TestGroupCPU(t *testing.T) {
	p, err := servers.Spawn(filepath.Join(t.TempDir(), "log"), nil, "sh", "-c", `sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; sleep 60`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.KillGroup() })
	for limit := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		spent, err := groupCPU(p.Pid())
		if err != nil {
			t.Fatal(err)
		}
		if spent >= 50*time.Millisecond {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("the group has spent %v", spent)
		}
	}
}

// TestAccountCPU: each flavour says what an account's statements cost it.
func TestAccountCPU(t *testing.T) {
	for _, flavour := range []string{servers.FlavourMariaDB, servers.FlavourMySQL} {
		t.Run(flavour, func(t *testing.T) {
			t.Parallel()
			db, err := servers.Database(t.Context(), flavour, servers.DBOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := errors.Join(countCPU(t.Context(), db), db.CreateCollectorAccount(t.Context())); err != nil {
				t.Fatal(err)
			}
			before, err := processCPU(db.Pid())
			if err != nil {
				t.Fatal(err)
			}
			session, err := sql.Open("mysql", db.DSN(servers.CollectorAccount))
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			if _, err := session.ExecContext(t.Context(), "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT COUNT(SHA2(a.i * b.i, 256)) FROM n AS a, n AS b"); err != nil {
				t.Fatal(err)
			}
			var spent time.Duration
			for limit := time.Now().Add(10 * time.Second); spent == 0 && err == nil && time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
				spent, err = accountCPU(t.Context(), db, servers.CollectorAccount) // it is counted after the answer is sent
			}
			after, _ := processCPU(db.Pid())
			other, _ := accountCPU(t.Context(), db, "nobody")
			if err != nil || spent < 50*time.Millisecond || spent > after-before+50*time.Millisecond || other != 0 {
				t.Errorf("the account spent %v, the server %v; an account that is not there %v (%v)", spent, after-before, other, err)
			}
		})
	}
}
