package deploylog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
)

// written writes a file and opens it as the source does.
func written(t testing.TB, text string) *logfile.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deploy.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// scanned reads a file; whole says how small a file is read without bisection.
func scanned(t testing.TB, f *logfile.File, format string, from, to time.Time, whole int64) (fileReport, []found) {
	t.Helper()
	r, err := deployline.Grammar{Format: format, Timezone: "UTC"}.Reader()
	if err != nil {
		t.Fatal(err)
	}
	s := scanner{reader: r, format: format, from: from, to: to, now: time.Now(), whole: whole, near: 512, budget: &budget{}}
	report, lines, err := s.readFile(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return report, lines
}

// randomLog has lines in order but for up to slack, with bad, blank, long and
// foreign lines between them.
func randomLog(r *rand.Rand, lines int) string {
	var b strings.Builder
	now := at("00:00:00").Add(-time.Duration(r.IntN(48)) * time.Hour)
	for range lines {
		if r.IntN(50) == 0 {
			now = now.Add(time.Duration(r.IntN(7200)) * time.Second)
		}
		now = now.Add(time.Duration(r.IntN(30_000)) * time.Millisecond)
		// Each line is late by less than half the slack, so that two differ by less than all of it.
		when := now.Add(-time.Duration(r.Int64N(int64(logfile.Slack) / 2)))
		switch r.IntN(12) {
		case 0:
			b.WriteString(strings.Repeat("bad ", r.IntN(300)) + "\n")
		case 1:
			b.WriteString("\n\r\n")
		case 2:
			fmt.Fprintf(&b, "{\"time\":%q,\"event\":\"health\",\"pad\":%q}\n", when.Format(time.RFC3339Nano), strings.Repeat("x", r.IntN(900)))
		case 3:
			b.WriteString(strings.Repeat("\x00", r.IntN(2000)))
		default:
			fmt.Fprintf(&b, "{\"time\":%q,\"event\":\"change\",\"service\":\"s%d\"}\n", when.Format(time.RFC3339Nano), r.IntN(9))
		}
	}
	return b.String()
}

func agree(t *testing.T, text string, from, to time.Time) {
	t.Helper()
	f := written(t, text)
	_, want := scanned(t, f, deployline.FormatJSON, from, to, 1<<40)
	report, got := scanned(t, f, deployline.FormatJSON, from, to, 0)
	if len(got) != len(want) {
		t.Fatalf("%d entries by %s from byte %d of %d, %d by reading all", len(got), report.Method, report.From, report.Size, len(want))
	}
	for i := range got {
		if got[i].line.Offset != want[i].line.Offset || got[i].line.Text != want[i].line.Text || !got[i].stamp.At.Equal(want[i].stamp.At) {
			t.Fatalf("entry %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestSeekAgreesWithReadingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		from := at("00:00:00").Add(time.Duration(r.IntN(3600*60)-3600*50) * time.Second)
		agree(t, randomLog(r, r.IntN(1500)), from, from.Add(time.Duration(r.IntN(7200))*time.Second))
	}
}

func FuzzSeek(f *testing.F) {
	f.Add(uint64(1), uint16(100), int32(0), uint16(600), []byte("bad line\n"))
	f.Add(uint64(7), uint16(900), int32(-9000), uint16(60), []byte("\x00\x00{\n\xff"))
	f.Fuzz(func(t *testing.T, seed uint64, lines uint16, start int32, length uint16, junk []byte) {
		text := randomLog(rand.New(rand.NewPCG(seed, 1)), int(lines%2000))
		middle := len(text) / 2
		// Junk may parse as a line of any time: keep it bad.
		clean := strings.ReplaceAll(string(junk), "{", "(")
		from := at("00:00:00").Add(time.Duration(start%200_000) * time.Second)
		agree(t, text[:middle]+clean+text[middle:], from, from.Add(time.Duration(length)*time.Second))
	})
}

// TestSeekReadsLittle: of a large file only the probes and the range are read.
func TestSeekReadsLittle(t *testing.T) {
	text := largeLog(20 << 20)
	f := written(t, text)
	report, lines := scanned(t, f, deployline.FormatJSON, at("09:00:00"), at("09:05:00"), logfile.WholeBelow)
	if len(lines) == 0 || report.Method != "seek" || report.From == 0 {
		t.Fatalf("%d lines, %+v", len(lines), report)
	}
	if report.BytesRead > report.Size/8 {
		t.Errorf("%d of %d bytes were read", report.BytesRead, report.Size)
	}
}

// largeLog is a log of a certain size that ends at 23:59 of the day of the tests.
func largeLog(size int) string {
	var b strings.Builder
	b.Grow(size)
	n := size / 130
	step := 24 * time.Hour / time.Duration(n)
	for i := range n {
		when := at("00:00:00").Add(time.Duration(i) * step)
		fmt.Fprintf(&b, "{\"time\":%q,\"event\":\"health\",\"service\":\"shop\",\"version\":\"1.4.%07d\",\"message\":\"all of %010d is well\"}\n", when.Format("2006-01-02T15:04:05.000Z"), i, i)
		if i%1000 == 0 {
			b.WriteString(say(when.Format("15:04:05"), deployline.Changed, fmt.Sprint(i)))
		}
	}
	return b.String()
}

// TestDisorderIsReadWhole: bisection would miss lines of files whose order it cannot rely on.
func TestDisorderIsReadWhole(t *testing.T) {
	forward := strings.SplitAfter(randomLog(rand.New(rand.NewPCG(3, 4)), 4000), "\n")
	var backward strings.Builder
	for i := len(forward) - 1; i >= 0; i-- {
		backward.WriteString(forward[i])
	}
	shuffled := append([]string{}, forward...)
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for name, text := range map[string]string{
		"newest first": backward.String(), "shuffled": strings.Join(shuffled, ""),
		"two logs in one": strings.Join(forward[2000:], "") + strings.Join(forward[:2000], ""),
	} {
		t.Run(name, func(t *testing.T) { agree(t, text, at("00:00:00"), at("02:00:00")) })
	}
}

func TestSeekStopsWithItsContext(t *testing.T) {
	f := written(t, largeLog(1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := deployline.Grammar{Format: deployline.FormatJSON, Timezone: "UTC"}.Reader()
	if err != nil {
		t.Fatal(err)
	}
	s := scanner{reader: r, from: at("09:00:00"), to: at("10:00:00"), whole: 0, near: 512, budget: &budget{}}
	if _, _, err := s.readFile(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
