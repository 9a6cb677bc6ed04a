package deploylog

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
)

// benchSize is the size of the benchmark's log, in bytes.
const benchSize = 1 << 30

// gigabyte writes a log of one year, most of it lines about other things.
func gigabyte(b *testing.B) *logfile.File {
	b.Helper()
	path := filepath.Join(b.TempDir(), "deploy.log")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 1<<20)
	pad := strings.Repeat("x", 400)
	n := benchSize / 520
	step := 365 * 24 * time.Hour / time.Duration(n)
	for i := range n {
		event := "health"
		if i%200 == 0 {
			event = deployline.Changed
		}
		when := window.From.Add(time.Duration(i-n/2) * step)
		fmt.Fprintf(w, "{\"time\":%q,\"service\":\"shop\",\"version\":\"1.%d\",\"event\":%q,\"message\":%q}\n", when.Format(time.RFC3339), i, event, pad)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	f, err := openFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return f
}

// BenchmarkOneGigabyte compares finding an hour in a log of 1 GiB by bisection
// with reading all of it. MB-read is what was read of the file.
func BenchmarkOneGigabyte(b *testing.B) {
	f := gigabyte(b)
	from, to := window.From.Add(-defaultLookback), window.To.Add(defaultLookaround)
	var entries [2]int
	for i, c := range []struct {
		name  string
		whole int64
	}{{"seek", logfile.WholeBelow}, {"whole", 1 << 40}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				report, lines := scanned(b, f, deployline.FormatJSON, from, to, c.whole)
				entries[i] = len(lines)
				b.ReportMetric(float64(report.BytesRead)/1e6, "MB-read")
			}
		})
	}
	if entries[0] != entries[1] && entries[1] != 0 {
		b.Errorf("%d entries by seeking, %d by reading all", entries[0], entries[1])
	}
}

// BenchmarkLine is one line, understood.
func BenchmarkLine(b *testing.B) {
	for format, text := range map[string]string{
		deployline.FormatJSON:   strings.TrimSpace(say("09:10:00", deployline.DeployStarted, "1.4.2", "author", "alice", "message", "all is well")),
		deployline.FormatLogfmt: `time=2024-07-12T09:10:00Z service=shop version=1.4.2 event=deploy_started author=alice message="all is well"`,
	} {
		b.Run(format, func(b *testing.B) {
			r, err := deployline.Grammar{Format: format, Timezone: "UTC"}.Reader()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := r.Read(deployline.Line{Text: text}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
