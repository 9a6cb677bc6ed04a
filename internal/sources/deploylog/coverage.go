package deploylog

import (
	"time"

	"collector/internal/sources/logfile"
)

// fileReport is what was read of one file, as the coverage record tells it.
type fileReport struct {
	Path       string          `json:"path"`
	Content    logfile.Content `json:"content,omitempty"`
	Method     string          `json:"method,omitempty"` // whole or seek
	Size       int64           `json:"size"`
	BytesRead  int64           `json:"bytes_read"`
	From       int64           `json:"from_byte"`             // where reading began
	Lines      int             `json:"lines"`                 // that were read, blank ones aside
	Entries    int             `json:"entries"`               // that tell of a deploy in the time that was asked for
	Other      int             `json:"other_lines,omitempty"` // readable, with another event
	OtherWords []string        `json:"other_events,omitempty"`
	Unmatched  int             `json:"unmatched_lines,omitempty"` // that the pattern does not match
	Bad        int             `json:"bad_lines"`
	BadShown   []badLine       `json:"bad,omitempty"`
	BadSpans   []badSpan       `json:"bad_spans,omitempty"`
	First      *time.Time      `json:"first,omitempty"` // earliest and latest time among the lines that were read
	Last       *time.Time      `json:"last,omitempty"`
	Note       string          `json:"note,omitempty"`
	Error      string          `json:"error,omitempty"`
}

// badLine is a line that could not be understood.
type badLine struct {
	Offset int64  `json:"offset"`
	Reason string `json:"reason"`
	Text   string `json:"text"` // an excerpt, masked
}

// badSpan says how many bad lines stand between two good ones, and so between
// which times; a missing bound is not known.
type badSpan struct {
	From  *time.Time `json:"from,omitempty"`
	To    *time.Time `json:"to,omitempty"`
	Lines int        `json:"lines"`
}

func (r *fileReport) note(text string) {
	if r.Note != "" {
		text = r.Note + "; " + text
	}
	r.Note = text
}
