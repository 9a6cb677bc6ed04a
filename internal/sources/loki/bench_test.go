package loki

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkFold folds lines as an application in trouble writes them.
func BenchmarkFold(b *testing.B) {
	s := over(b, "http://127.0.0.1:1", queries()[0])
	f := newFold(window, newStreamMasker(s, request(b, window), "checkout_errors"))
	number := f.stream(checkout())
	lines := make([]string, 1000)
	for i := range lines {
		switch i % 3 {
		case 0:
			lines[i] = fmt.Sprintf(`{"level":"error","ts":"2024-07-12T09:10:00.%03dZ","msg":"payment failed for order %d","customer":"alice","trace":"4bf92f3577b34da6a3ce929d0e%06x"}`, i, i, i)
		case 1:
			lines[i] = fmt.Sprintf(`2024-07-12 09:10:00,%03d ERROR [http-nio-8080-exec-%d] c.s.Checkout: Duplicate entry 'user-%d' for key 'users.mail'`, i, i%20, i)
		default:
			lines[i] = fmt.Sprintf(`ts=2024-07-12T09:10:00.%03dZ level=error msg="dial tcp 192.0.2.%d:3306: connection refused" attempt=%d`, i, i%250, i)
		}
	}
	size := 0
	from := at("09:10:00")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.line(number, entry{ns: from.Add(time.Duration(i)).UnixNano(), line: lines[i%len(lines)]})
		size = len(lines[i%len(lines)])
	}
	b.SetBytes(int64(size))
}
