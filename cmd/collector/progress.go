package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// counts is what a source's answer held.
type counts struct {
	records, events int
	gaps            []string // the reasons
}

// progress tells the person who waits what is going on. All methods are safe
// for concurrent use.
type progress interface {
	asking(label string)
	note(label, text string)
	answered(label string, c counts, took time.Duration)
	say(format string, args ...any) // a line of its own
}

// newProgress redraws one line per source on a terminal, and writes plain lines
// to anything else.
func newProgress(w io.Writer) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &liveProgress{w: w, rows: map[string]string{}, size: func() (columns, lines int) { return terminalSize(f) }}
	}
	return &plainProgress{w: w}
}

func (c counts) String() string {
	if c.records == 0 { // who is asked answers with at least one record
		return "not asked, it has nothing for the clusters of this draft"
	}
	text := plural(c.events, "event") + " from " + plural(c.records, "record")
	if len(c.gaps) > 0 {
		text += ", " + plural(len(c.gaps), "gap") + ": " + firstLine(c.gaps[0])
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// firstLine is what fits on a line of a terminal.
func firstLine(text string) string {
	const limit = 200
	line, _, _ := strings.Cut(text, "\n")
	line = printable(line)
	if runes := []rune(line); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return line
}

// plainProgress writes a line for each thing that happens.
type plainProgress struct {
	mu sync.Mutex
	w  io.Writer
}

func (p *plainProgress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, format+"\n", args...)
}

func (p *plainProgress) asking(label string)     { p.say("%s: asking", label) }
func (p *plainProgress) note(label, text string) { p.say("%s: %s", label, firstLine(text)) }

func (p *plainProgress) answered(label string, c counts, took time.Duration) {
	p.say("%s: %s in %s", label, c, took.Round(10*time.Millisecond))
}

// terminalSize is the size of a terminal, or that of the smallest usual one.
func terminalSize(f *os.File) (columns, lines int) {
	columns, lines, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		return 80, 24
	}
	return columns, lines
}

// liveProgress keeps one line per source and redraws them in place, as long as
// all fit on the screen: the cursor cannot go up to what has scrolled away.
type liveProgress struct {
	mu    sync.Mutex
	w     io.Writer
	size  func() (columns, lines int)
	order []string
	rows  map[string]string
	drawn int
}

func (p *liveProgress) set(label, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.rows[label]; !known {
		p.order = append(p.order, label)
	}
	p.rows[label] = text
	columns, lines := p.size()
	if len(p.order) >= lines {
		p.drawn = 0
		fmt.Fprintln(p.w, p.row(label, columns))
		return
	}
	p.redraw(columns)
}

// row is the line of a source, cut where the terminal would wrap it.
func (p *liveProgress) row(label string, columns int) string {
	line := []rune(fmt.Sprintf("%-24s %s", label, p.rows[label]))
	if len(line) < columns || columns < 2 {
		return string(line)
	}
	return string(line[:columns-2]) + "…"
}

// redraw moves up over what was drawn and draws it again.
func (p *liveProgress) redraw(columns int) {
	if p.drawn > 0 {
		fmt.Fprintf(p.w, "\x1b[%dA", p.drawn)
	}
	for _, label := range p.order {
		fmt.Fprintf(p.w, "\r\x1b[2K%s\n", p.row(label, columns))
	}
	p.drawn = len(p.order)
}

func (p *liveProgress) asking(label string)     { p.set(label, "asking …") }
func (p *liveProgress) note(label, text string) { p.set(label, firstLine(text)) }

func (p *liveProgress) answered(label string, c counts, took time.Duration) {
	mark := "✓"
	if len(c.gaps) > 0 {
		mark = "!"
	}
	p.set(label, fmt.Sprintf("%s %s in %s", mark, c, took.Round(10*time.Millisecond)))
}

// say ends the block of redrawn lines and writes below it.
func (p *liveProgress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, format+"\n", args...)
	p.order, p.drawn = nil, 0
}
