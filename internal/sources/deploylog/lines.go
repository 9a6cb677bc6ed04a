package deploylog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line that is understood, in bytes. Of a longer one only
// the beginning is kept, to be cited.
const maxLine = 1 << 20

// lines cuts a stream into lines without ever holding more than one of them.
type lines struct {
	r      *bufio.Reader
	offset int64 // of the next byte
	long   []byte
}

// textLine is one line as it stands in the file.
type textLine struct {
	text     []byte // without its end; valid until the next call
	offset   int64
	whole    bool // ended by a newline
	tooLong  bool
	nextByte int64 // where the next line begins
}

func newLines(r io.Reader, offset int64, buffer int) *lines {
	return &lines{r: bufio.NewReaderSize(r, buffer), offset: offset}
}

var bom = []byte("\xef\xbb\xbf")

// next returns the next line, or io.EOF after the last one. A read error comes
// after the part of a line that was read before it.
func (l *lines) next() (textLine, error) {
	t := textLine{offset: l.offset}
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
		if err != nil && len(part) == 0 && l.offset == t.offset {
			return t, io.EOF
		}
		t.whole = err == nil
		if len(l.long) > 0 || t.tooLong {
			l.keep(part, &t)
			part = l.long
		}
		t.text = trimLine(part, t.offset)
		t.nextByte = l.offset
		return t, nil
	}
}

// keep collects the parts of a line that is longer than the buffer. Runs of NUL
// bytes at its beginning take no room: that is the hole that a truncated log
// has when its writer goes on at the old offset.
func (l *lines) keep(part []byte, t *textLine) {
	if len(l.long) == 0 {
		part = bytes.TrimLeft(part, "\x00")
	}
	if room := maxLine - len(l.long); len(part) > room {
		t.tooLong = true
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
