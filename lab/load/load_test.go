package load

import (
	"bytes"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/lab/servers"
)

func TestTransactions(t *testing.T) {
	for line, want := range map[string]float64{
		"[ 3s ] thds: 64 tps: 1234.56 qps: 24691.20 (r/w/o: 17283.84/4938.24/2469.12) lat (ms,95%): 80.03 err/s: 0.00 reconn/s: 0.00": 1234.56,
		"Threads started!":                     -1,
		"[ 3s ] thds: 64 tps: nonsense qps: 1": -1,
	} {
		got, ok := transactions(line)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v, %v", line, got, ok)
		}
	}
}

func TestMeanTakesWholeSeconds(t *testing.T) {
	at := time.Unix(1000, 0)
	s := &Sysbench{}
	for i := range 10 {
		s.seconds = append(s.seconds, second{at.Add(time.Duration(i) * time.Second), float64(i)})
	}
	got, err := s.Mean(at.Add(2*time.Second), at.Add(5*time.Second))
	if err != nil || got != 4 { // the lines of seconds 3, 4 and 5
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := s.Mean(at.Add(time.Hour), at.Add(2*time.Hour)); err == nil {
		t.Error("a stretch without a report has a throughput")
	}
}

func TestLossTable(t *testing.T) {
	l := Loss{"collector", []float64{0.01, -0.02, 0.004, 0.03, 0.002}, CPU{Server: 40 * time.Second, Account: time.Second, Own: 3 * time.Second, Elapsed: 200 * time.Second}}
	if got := l.Median(); got != 0.004 {
		t.Errorf("median %v", got)
	}
	if low, high := l.Spread(); low != 0.002 || high != 0.01 {
		t.Errorf("spread %v to %v", low, high)
	}
	var out bytes.Buffer
	if err := Print(&out, "mariadb", []Loss{l}); err != nil || !strings.Contains(out.String(), "0.40%") ||
		!strings.Contains(out.String(), "2.50%      1.50%") {
		t.Errorf("%v\n%s", err, out.String())
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
