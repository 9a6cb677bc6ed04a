package errorlog

import (
	"fmt"
	"strings"
	"testing"

	"collector/internal/sources"
)

// BenchmarkLog reads a day of warnings about lost clients, and statements dumped between them.
func BenchmarkLog(b *testing.B) {
	var log strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&log, "2024-07-12 %2d:%02d:%02d %d [Warning] Aborted connection %d to db: 'shop' user: 'app' host: '10.0.0.%d' (Got an error reading communication packets)\n", i/3600, i/60%60, i%60, i, i, i%250)
		fmt.Fprintf(&log, "RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `shop`.`t` trx id %d lock_mode X\n", i)
	}
	text := strings.Split(log.String(), "\n")
	b.SetBytes(int64(log.Len()))
	for b.Loop() {
		f := newFolder(whole, newMasker(sources.Roles{}))
		for _, line := range text {
			if h, ok := parseHead(line); ok {
				h.at = Clock{Zone: zone("UTC")}.place(h)
				f.add(h.entry)
			}
		}
		if f.lines != 20_000 {
			b.Fatal(f.lines)
		}
	}
}
