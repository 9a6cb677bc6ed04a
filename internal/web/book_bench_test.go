package web

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"collector/internal/incident"
)

// BenchmarkWebhookToDisk is BenchmarkWebhook with the real book of incidents, which
// is looked at as `collector serve` looks at it, to name incidents and to find which
// of them need a draft: 200 OK is after the disk.
func BenchmarkWebhookToDisk(b *testing.B) {
	for _, per := range []int{1, 10} {
		b.Run(fmt.Sprint(per), func(b *testing.B) {
			book, err := incident.Open(b.Context(), incident.Options{Path: b.TempDir(), Config: incident.DefaultConfig()})
			if err != nil {
				b.Fatal(err)
			}
			watch, cancel := context.WithCancel(b.Context())
			var watcher sync.WaitGroup
			watcher.Go(func() { book.Run(watch) })
			watcher.Go(func() { clerk(watch, b, book) })
			defer func() {
				cancel()
				watcher.Wait()
				if err := book.Close(); err != nil {
					b.Error(err)
				}
			}()
			benchLoad(b, per, book, func() int { return inBook(b, book) })
		})
	}
}

// clerk looks for work as often as the one who writes the drafts.
func clerk(ctx context.Context, b *testing.B, book *incident.Book) {
	for {
		began := time.Now()
		if _, _, err := book.Look(ctx, began); err != nil && ctx.Err() == nil {
			b.Error(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(time.Second, 10*time.Since(began))):
		}
	}
}

// inBook is how many alerts the incidents of a book have.
func inBook(b *testing.B, book *incident.Book) int {
	all, err := book.Incidents(b.Context(), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	count := 0
	for _, i := range all {
		count += i.Count
	}
	return count
}
