package report

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

const (
	shownBytes   = 80 // of a range, in an excerpt
	contextBytes = 16 // before a range, in an excerpt
)

// Range is a stretch of a file whose bytes are not those that they should be.
type Range struct {
	Offset int    // of its first byte in the file as it is, from 0
	Line   int    // of that byte, from 1
	Length int    // bytes in the file as it is; 0 where something is missing
	Wanted int    // bytes that should stand there; 0 where something was put in
	Is     string // the bytes that are there, a little of what stands before them, quoted and cut
	Should string // the same for the bytes that should be there
}

// differing are the ranges in which got is not want. Lines are aligned first, and
// each range is then narrowed to the bytes of its lines that differ. Every byte
// outside of the ranges is equal; past about a hundred changed lines the rest may
// be told as one range.
func differing(want, got []byte) []Range {
	if bytes.Equal(want, got) {
		return nil
	}
	var out []Range
	shift := 0 // what the edits so far added to an offset
	for _, e := range udiff.Lines(string(want), string(got)) {
		at := e.Start + shift
		out = append(out, lineRanges(got, at, string(want[e.Start:e.End]), e.New)...)
		shift += len(e.New) - (e.End - e.Start)
	}
	return numbered(got, out)
}

// lineRanges are the ranges of one stretch of lines that differs; at is where it
// begins in got. As many lines as there should be are compared one by one.
func lineRanges(got []byte, at int, should, is string) []Range {
	wants, gots := strings.SplitAfter(should, "\n"), strings.SplitAfter(is, "\n")
	if len(wants) != len(gots) {
		wants, gots = []string{should}, []string{is}
	}
	var out []Range
	for i := range gots {
		if r, differ := narrowed(got, at, wants[i], gots[i]); differ {
			out = append(out, r)
		}
		at += len(gots[i])
	}
	return out
}

// narrowed leaves equal bytes at both ends out.
func narrowed(got []byte, at int, should, is string) (Range, bool) {
	if should == is {
		return Range{}, false
	}
	head := 0
	for head < len(should) && head < len(is) && should[head] == is[head] {
		head++
	}
	tail := 0
	for tail < len(should)-head && tail < len(is)-head && should[len(should)-1-tail] == is[len(is)-1-tail] {
		tail++
	}
	at += head
	before := got[max(0, at-contextBytes):at]
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	return Range{
		Offset: at, Length: len(is) - head - tail, Wanted: len(should) - head - tail,
		Is:     excerpt(before, is[head:len(is)-tail]),
		Should: excerpt(before, should[head:len(should)-tail]),
	}, true
}

// excerpt is a short quotation that fits on a line, without a control character.
func excerpt(before []byte, text string) string {
	cut := ""
	if len(text) > shownBytes {
		text, cut = strings.ToValidUTF8(text[:shownBytes], ""), "…"
	}
	return strconv.Quote(strings.ToValidUTF8(string(before), "")+text) + cut
}

// numbered gives each range, in order, the line that it begins in.
func numbered(text []byte, ranges []Range) []Range {
	line, from := 1, 0
	for i := range ranges {
		to := min(ranges[i].Offset, len(text))
		line += bytes.Count(text[from:to], []byte("\n"))
		from = to
		ranges[i].Line = line
	}
	return ranges
}

// moved are the ranges of a part of a document as ranges of the document.
func moved(ranges []Range, offset int, document string) []Range {
	for i := range ranges {
		ranges[i].Offset += offset
	}
	return numbered([]byte(document), ranges)
}
