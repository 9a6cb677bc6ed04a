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

// BenchmarkLook is one look at a book with so many alerts in one incident, of which
// some were told since the last one.
func BenchmarkLook(b *testing.B) {
	const alerts = 20_000
	for _, fresh := range []int{0, 1, 1000} {
		b.Run(fmt.Sprint(fresh), func(b *testing.B) {
			book := openBook(b, Options{})
			n := notify(3)
			for i := range alerts {
				n.Alerts = append(n.Alerts, firing(fmt.Sprint("a", i), 2))
			}
			receive(b, book, n)
			advance(b, book, 4)
			for b.Loop() {
				b.StopTimer()
				receive(b, book, Notification{ReceivedAt: at(3.5), Alerts: n.Alerts[:fresh]})
				b.StartTimer()
				advance(b, book, 4)
			}
		})
	}
}
