package logfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// MaxLine is the longest line that is understood, in bytes. Of a longer one only
// the beginning is kept, to be cited.
const MaxLine = 1 << 20

// Lines cuts a stream into lines without ever holding more than one of them.
type Lines struct {
	r      *bufio.Reader
	offset int64 // of the next byte
	long   []byte
}

// Line is one line as it stands in the file.
type Line struct {
	Text    []byte // without its end; valid until the next call
	Offset  int64  // of its first byte
	Whole   bool   // ended by a newline
	TooLong bool   // longer than MaxLine: the text is its beginning
	Next    int64  // where the next line begins
}

// NewLines cuts a stream whose first byte has an offset in its file; buffer is how
// many bytes are read at once.
func NewLines(r io.Reader, offset int64, buffer int) *Lines {
	return &Lines{r: bufio.NewReaderSize(r, buffer), offset: offset}
}

// Offset is where the next line begins.
func (l *Lines) Offset() int64 { return l.offset }

var bom = []byte("\xef\xbb\xbf")

// Next returns the next line, or io.EOF after the last one. A read error comes
// after the part of a line that was read before it.
func (l *Lines) Next() (Line, error) {
	t := Line{Offset: l.offset}
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.offset += int64(len(part))
		if errors.Is(err, bufio.ErrBufferFull) {
			l.keep(part, &t)
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return t, err
		}
		if err != nil && len(part) == 0 && l.offset == t.Offset {
			return t, io.EOF
		}
		t.Whole = err == nil
		if len(l.long) > 0 || t.TooLong {
			l.keep(part, &t)
			part = l.long
		}
		t.Text = trimLine(part, t.Offset)
		t.Next = l.offset
		return t, nil
	}
}

// keep collects the parts of a line that is longer than the buffer. Runs of NUL
// bytes at its beginning take no room: that is the hole that a truncated log
// has when its writer goes on at the old offset.
func (l *Lines) keep(part []byte, t *Line) {
	if len(l.long) == 0 {
		part = bytes.TrimLeft(part, "\x00")
	}
	if room := MaxLine - len(l.long); len(part) > room {
		t.TooLong = true
		part = part[:room]
	}
	l.long = append(l.long, part...)
}

func trimLine(b []byte, offset int64) []byte {
	b = bytes.TrimRight(b, "\r\n")
	b = bytes.TrimLeft(b, "\x00")
	if offset == 0 {
		b = bytes.TrimPrefix(b, bom)
	}
	return b
}
