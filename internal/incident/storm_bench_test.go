package incident

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkStorm sends one alert every millisecond, whether the ones before are kept
// or not, while the book is looked at as the daemon does. One operation is one alert;
// the bar is 100 ms for the 99th percentile: -benchtime 60000x is the minute of it.
func BenchmarkStorm(b *testing.B) {
	book := openBook(b, Options{})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go book.Run(ctx)
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	start := time.Now()
	for n := range b.N {
		time.Sleep(time.Until(start.Add(time.Duration(n) * time.Millisecond)))
		due := start.Add(time.Duration(n) * time.Millisecond)
		wg.Go(func() {
			note := Notification{Alerts: []Alert{firing(fmt.Sprint("a", n), 2)}, ReceivedAt: time.Now()}
			if err := book.Receive(ctx, note); err != nil {
				b.Error(err)
			}
			took[n] = time.Since(due)
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "alerts/s")
	b.ReportMetric(took[b.N*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(took[b.N-1].Seconds()*1000, "max-ms")
	all, err := book.Incidents(ctx, time.Now())
	count := 0
	for _, i := range all {
		count += i.Count
	}
	if err != nil || count != b.N {
		b.Errorf("%d alerts of %d are there, %v", count, b.N, err)
	}
}

// BenchmarkLook is one look at a book with so many alerts in one incident.
func BenchmarkLook(b *testing.B) {
	book := openBook(b, Options{})
	const alerts = 20_000
	n := notify(3)
	for i := range alerts {
		n.Alerts = append(n.Alerts, firing(fmt.Sprint("a", i), 2))
	}
	receive(b, book, n)
	advance(b, book, 4)
	for b.Loop() {
		advance(b, book, 4)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/alerts, "µs/alert")
}
