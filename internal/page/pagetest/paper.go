package pagetest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"collector/lab/servers"
)

// Sheet is one page of a PDF, in points, with the words on it.
type Sheet struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Words  []Word  `xml:"word"`
}

// Word is a word on a sheet and the box that it fills, in points from the upper left.
type Word struct {
	XMin float64 `xml:"xMin,attr"`
	YMin float64 `xml:"yMin,attr"`
	XMax float64 `xml:"xMax,attr"`
	YMax float64 `xml:"yMax,attr"`
	Text string  `xml:",chardata"`
}

// Sheets reads a PDF with pdftotext of poppler, which tells where each word stands.
func Sheets(t testing.TB, pdf []byte) []Sheet {
	t.Helper()
	servers.Need(t, servers.KindPoppler)
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-bbox", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("reading the PDF: %v", err)
	}
	var document struct {
		Sheets []Sheet `xml:"body>doc>page"`
	}
	decoder := xml.NewDecoder(bytes.NewReader(out))
	decoder.Strict, decoder.Entity = false, xml.HTMLEntity
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("reading what pdftotext says: %v", err)
	}
	return document.Sheets
}

// Outside are the words of a sheet that do not stand within its margins, given in points.
func (s Sheet) Outside(margin float64) []string {
	const slack = 0.5 // letters of italics lean out of their box
	var out []string
	for _, w := range s.Words {
		if w.XMin < margin-slack || w.YMin < margin-slack || w.XMax > s.Width-margin+slack || w.YMax > s.Height-margin+slack {
			out = append(out, fmt.Sprintf("%.60q at %.0f,%.0f to %.0f,%.0f of %.0f x %.0f", w.Text, w.XMin, w.YMin, w.XMax, w.YMax, s.Width, s.Height))
		}
	}
	return out
}

// Letters is the text of sheets without blanks: lines break elsewhere on paper.
func Letters(sheets []Sheet) string {
	var b strings.Builder
	for _, s := range sheets {
		for _, w := range s.Words {
			b.WriteString(strings.TrimSpace(w.Text))
		}
	}
	return b.String()
}
