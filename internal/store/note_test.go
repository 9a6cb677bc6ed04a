package store

import (
	"strings"
	"testing"
	"time"
)

func TestNote(t *testing.T) {
	now := minute(30)
	tests := []struct {
		name string
		note Note
		says string // of the error
		want string // of the entry
	}{
		{"a text", Note{Text: " failed over \r\nto db2\x00 "}, "", "09:30:00 undated text=failed over \nto db2"},
		{"all of it", Note{Text: "x", At: minute(14), Until: minute(15), Author: "Ann Lee", Cluster: "shop", Target: "db1", Disputes: " e-1f3c9a02 ", Incident: "I-1"}, "",
			"09:14:00 author=Ann Lee cluster=shop disputes=e-1f3c9a02 incident=I-1 target=db1 text=x"},
		{"evidence", Note{Text: "x", Disputes: "mysql-3fa9c1d2"}, "", "09:30:00 undated disputes=mysql-3fa9c1d2 text=x"},
		{"the second of two equal events", Note{Text: "x", Disputes: "e-1f3c9a02-17"}, "", "09:30:00 undated disputes=e-1f3c9a02-17 text=x"},
		{"a clock slightly ahead", Note{Text: "x", At: minute(30.5)}, "", "09:30:30 text=x"},
		{"no text", Note{Text: " \n\x00"}, "no text", ""},
		{"a long text", Note{Text: strings.Repeat("x", MaxNote+1)}, "shorten it", ""},
		{"no ID", Note{Text: "x", Disputes: "<script>"}, "is no ID of an event", ""},
		{"tomorrow", Note{Text: "x", At: minute(24 * 60)}, "in the future", ""},
		{"long ago", Note{Text: "x", At: time.Unix(0, 0)}, "out of range", ""},
		{"a long author", Note{Text: "x", Author: strings.Repeat("x", 201)}, "author has 201 bytes", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := tt.note.Entry("key", now)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error %v, want one that says %q", err, tt.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := sketchEntry(e); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			put(t, openJournal(t, JournalOptions{}), e) // what Entry makes, the journal takes
		})
	}
}
