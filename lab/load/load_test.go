package load

import (
	"bytes"
	"strings"
	"testing"
	"time"
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
	l := Loss{"collector", []float64{0.01, -0.02, 0.004, 0.03, 0.002}}
	if got := l.Median(); got != 0.004 {
		t.Errorf("median %v", got)
	}
	if low, high := l.Spread(); low != 0.002 || high != 0.01 {
		t.Errorf("spread %v to %v", low, high)
	}
	var out bytes.Buffer
	if err := Print(&out, "mariadb", []Loss{l}); err != nil || !strings.Contains(out.String(), "0.40%") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
