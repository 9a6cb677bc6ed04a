package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/timeline"
)

// harmed is a timeline of an hour in which a signal left its baseline for some
// minutes, 0 for one that stays away, and a server was down.
func harmed(t *testing.T, events ...timeline.Event) timeline.Timeline {
	t.Helper()
	from := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	return timeline.Build(timeline.Window{From: from, To: from.Add(time.Hour)}, timeline.Scope{}, timeline.Findings{Events: events})
}

func harm(kind timeline.Kind, signal, target string, start, end int) timeline.Event {
	from := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	e := timeline.Event{
		Kind: kind, Grade: timeline.Measured, Source: "prometheus", Target: target, Summary: "it is bad", Key: signal,
		Start: timeline.Around(from.Add(time.Duration(start)*time.Minute), time.Second), Evidence: []string{"prometheus-00000001"},
		Attributes: map[string]string{"signal": signal},
	}
	if end > 0 {
		until := timeline.Around(from.Add(time.Duration(end)*time.Minute), time.Second)
		e.End = &until
	}
	return e
}

func TestRecovery(t *testing.T) {
	const lag, down = "replication_lag on db2", "mysql.down on db1"
	tests := []struct {
		name   string
		before []string
		events []timeline.Event
		open   []string
		over   string // "" never
	}{
		{"nothing happened", nil, nil, nil, ""},
		{"all is back", nil, []timeline.Event{harm(timeline.Signal, "replication_lag", "db2", 10, 20), harm(timeline.MySQLDown, "", "db1", 11, 15)}, nil, "09:20:01"},
		{"one is not", nil, []timeline.Event{harm(timeline.Signal, "replication_lag", "db2", 10, 0), harm(timeline.MySQLDown, "", "db1", 11, 15)}, []string{lag}, ""},
		{"none is", nil, []timeline.Event{harm(timeline.Signal, "replication_lag", "db2", 10, 0), harm(timeline.MySQLDown, "", "db1", 11, 0)}, []string{down, lag}, ""},
		{"its witness is silent", []string{lag}, []timeline.Event{harm(timeline.MySQLDown, "", "db1", 11, 15)}, []string{lag}, ""},
		{"its witness speaks again", []string{lag}, []timeline.Event{harm(timeline.Signal, "replication_lag", "db2", 10, 20)}, nil, "09:20:01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			built := harmed(t, append(tt.events, harm(timeline.Alert, "", "db1", 12, 30))...)
			got := recovery(incident.Recovery{Open: tt.before}, built)
			over := ""
			if !got.Over.IsZero() {
				over = got.Over.Format("15:04:05")
			}
			if !slices.Equal(got.Open, tt.open) || over != tt.over || !got.Until.Equal(built.Window.To) {
				t.Errorf("got %+v, want %v over at %q", got, tt.open, tt.over)
			}
		})
	}
}

// TestEnding: the final document says why its window ends, citing the request, and
// what was not over by then.
func TestEnding(t *testing.T) {
	back := harm(timeline.Signal, "replication_lag", "db2", 10, 20)
	away := harm(timeline.Signal, "replication_lag", "db2", 10, 0)
	tests := []struct {
		name   string
		ending ending
		events []timeline.Event
		want   string
	}{
		{"settled", ending{By: incident.ByResolve, Settle: "5m", Waited: "0s"}, []timeline.Event{back}, "the window ends 5m after the last alert was resolved (settle)"},
		{"recovered later", ending{By: incident.ByResolve, Settle: "5m", Waited: "12m10s"}, []timeline.Event{back},
			"the window ends with the recovery, 12m10s after every alert had been resolved for 5m"},
		{"a new level", ending{By: incident.ByWait, Settle: "5m", Waited: "30m0s"}, []timeline.Event{away},
			"the window ends because 30m0s after every alert had been resolved for 5m it was not seen that all harm was over (recovery_wait); " +
				"what had not come back by then: replication_lag on db2"},
		{"nobody sees it any more", ending{By: incident.ByWait, Settle: "5m", Waited: "30m0s", Open: []string{"threads on db1"}}, nil,
			"(recovery_wait); what an earlier draft saw and nobody could see any more: threads on db1"},
		{"seen too late", ending{By: incident.ByWait, Settle: "5m", Waited: "30m0s", Open: []string{"replication_lag on db2"}}, []timeline.Event{back},
			"(recovery_wait); by then nothing that the evidence shows was left of the harm"},
		{"max_open", ending{By: incident.ByMaxOpen, MaxOpen: "1d"}, []timeline.Event{away}, "1d after the first alert (max_open), although alerts still fired; what had not come back"},
		{"an operator", ending{By: incident.ByOperator}, []timeline.Event{back}, "where an operator closed the incident"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.ending.remark(harmed(t, tt.events...), "collector-00000001")
			if !strings.Contains(r.Text, tt.want) || !strings.HasPrefix(r.Text, "the window ends") {
				t.Errorf("it says %q, want %q", r.Text, tt.want)
			}
			if !r.Ending || !slices.Contains(r.Evidence, "collector-00000001") {
				t.Errorf("the remark is %+v", r)
			}
		})
	}
}
