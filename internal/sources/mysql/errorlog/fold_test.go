package errorlog

import (
	"fmt"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

func folded(w timeline.Window, entries ...entry) []found {
	f := newFolder(w, newMasker(sources.Roles{}))
	for _, e := range entries {
		f.add(e)
	}
	return f.all()
}

func said(when, level, message string) entry {
	return entry{at: timeline.Exactly(at(when)), level: level, message: message}
}

func TestFold(t *testing.T) {
	const odd = "Something odd 17 times"
	t.Run("equal but for numbers", func(t *testing.T) {
		got := folded(hour, said("2024-07-12T07:01:00Z", levelWarning, odd), said("2024-07-12T07:02:00Z", levelWarning, "Something odd 18 times"))
		if len(got) != 1 || got[0].Lines != 2 || !got[0].Last.At.Equal(at("2024-07-12T07:02:00Z")) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("comes back", func(t *testing.T) {
		if got := folded(hour, said("2024-07-12T07:01:00Z", levelWarning, odd), said("2024-07-12T07:07:00Z", levelWarning, odd)); len(got) != 2 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("notes are one", func(t *testing.T) {
		const denied = "Access denied for user 'a'@'b'"
		if got := folded(hour, said("2024-07-12T07:01:00Z", levelNote, denied), said("2024-07-12T07:57:00Z", levelNote, denied)); len(got) != 1 || got[0].graded() != levelNote {
			t.Errorf("%+v", got)
		}
	})
	t.Run("outside the window", func(t *testing.T) {
		if got := folded(hour, said("2024-07-12T06:59:59Z", levelError, odd), said("2024-07-12T08:00:00Z", levelError, odd)); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("habits while it starts", func(t *testing.T) {
		got := folded(hour, said("2024-07-12T06:59:58Z", levelNote, "Starting MariaDB 10.11.19 as process 1"), said("2024-07-12T07:00:00Z", levelWarning, odd),
			said("2024-07-12T07:00:01Z", levelError, odd), said("2024-07-12T07:00:02Z", levelNote, "mariadbd: ready for connections."), said("2024-07-12T07:00:03Z", levelWarning, odd))
		if len(got) != 3 || got[0].Category != "start" || !got[0].Complete || !got[0].First.At.Equal(at("2024-07-12T06:59:58Z")) || got[1].Level != levelError || got[2].Level != levelWarning {
			t.Errorf("%+v", got)
		}
	})
	t.Run("starts again and again", func(t *testing.T) {
		const start = "Starting MariaDB 10.11.19 as process 1"
		got := folded(hour, said("2024-07-12T07:00:00Z", levelNote, start), said("2024-07-12T07:00:05Z", levelError, "Aborting"), said("2024-07-12T07:00:10Z", levelNote, start), said("2024-07-12T07:00:15Z", levelError, "Aborting"))
		if len(got) != 3 || got[0].Complete || got[1].Category != "start_failed" || got[1].Lines != 2 || got[2].Complete {
			t.Errorf("%+v", got)
		}
	})
	t.Run("too many kinds", func(t *testing.T) {
		var entries []entry
		for i := range 60 {
			level := levelWarning
			if i == 59 {
				level = levelError
			}
			entries = append(entries, said(hour.From.Add(time.Duration(i)*time.Second).Format(time.RFC3339), level, fmt.Sprintf("Odd thing of kind %c%c", 'a'+i/26, 'a'+i%26)))
		}
		got := folded(hour, entries...)
		lines, errorsLeft := 0, 0
		for _, x := range got {
			lines += x.Lines
			if x.Level == levelError {
				errorsLeft++
			}
		}
		if len(got) != maxFound || lines != 60 || errorsLeft != 1 {
			t.Errorf("%d events of %d lines, %d errors", len(got), lines, errorsLeft)
		}
	})
}
