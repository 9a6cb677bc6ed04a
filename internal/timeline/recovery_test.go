package timeline

import (
	"slices"
	"testing"
	"time"
)

func TestUnrecovered(t *testing.T) {
	const m = time.Minute
	alert := episode(Alert, "db1", 12*m, 20*m)
	tests := []struct {
		name   string
		events []Event
		want   []Kind
	}{
		{"nothing happened", nil, nil},
		{"only an alert, which still fires", []Event{episode(Alert, "db1", 12*m, goesOn)}, nil},
		{"all is over", []Event{alert, episode(Signal, "db1", 11*m, 19*m)}, nil},
		{"a signal found a new level", []Event{alert, episode(MySQLLockWait, "db1", 11*m, 13*m), episode(Signal, "db1", 11*m, goesOn)}, []Kind{Signal}},
		{"it began after the alert was over", []Event{alert, episode(Signal, "db1", 11*m, 13*m), episode(MySQLReplicationStopped, "db2", 30*m, goesOn)}, []Kind{MySQLReplicationStopped}},
		{"it was there before", []Event{alert, episode(Signal, "db2", -10*m, goesOn), episode(Signal, "db1", 11*m, 13*m)}, nil},
		{"a deploy that goes on is no harm", []Event{alert, episode(Deploy, "shop", 11*m, goesOn)}, nil},
		{"a failed scrape beside felt harm", []Event{alert, episode(MySQLDown, "db1", 11*m, 13*m), episode(ScrapeDown, "db1", 11*m, goesOn)}, nil},
		{"a failed scrape alone", []Event{alert, episode(ScrapeDown, "db1", 11*m, goesOn)}, []Kind{ScrapeDown}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			built := build(tt.events...)
			var got []Kind
			for _, e := range built.Unrecovered() {
				got = append(got, e.Kind)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if p := built.Phases; p.Onset != nil && len(built.felt()) > 0 && (p.Recovered == nil) != (len(got) > 0) {
				t.Errorf("the phase says otherwise: recovered %+v", p.Recovered)
			}
		})
	}
}
