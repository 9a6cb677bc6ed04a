package incident

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/store"
)

// TestReceiveKeepsTheFirstAndTheLatestWords closes the book and opens it again.
func TestReceiveKeepsTheFirstAndTheLatestWords(t *testing.T) {
	b := openBook(t, Options{})
	changed, bare := firing("a", 2), firing("a", 2)
	changed.Annotations = map[string]string{"summary": "it got worse"}
	bare.GeneratorURL = "http://prometheus/graph?g0.expr=up"
	n := notify(3, firing("a", 2))
	n.Truncated, n.ExternalURL = 4, "http://am1:9093"
	receive(t, b, n, n, notify(4, changed), notify(5, bare), notify(3.5, changed))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = openBook(t, Options{Path: b.opt.Path})
	all := advance(t, b, 6)
	compare(t, all, "2026-11-21T0902Z-shop open 08:47–09:06 a*")
	m := all[0].Alerts[0]
	if m.First.Annotations["summary"] != "it is a" || m.Latest.GeneratorURL != bare.GeneratorURL || m.Latest.Annotations["summary"] != "it is a" {
		t.Errorf("first %+v, latest %+v", m.First, m.Latest)
	}
	if !m.Received.Equal(at(3)) || !m.Repeated.Equal(at(5)) || all[0].Truncated() != 4 {
		t.Errorf("received %s, repeated %s, truncated %d", m.Received, m.Repeated, all[0].Truncated())
	}
}

func TestReceiveInvalid(t *testing.T) {
	b := openBook(t, Options{})
	bad := firing("a", 2)
	bad.Status = "pending"
	if err := b.Receive(t.Context(), notify(3, firing("b", 2), bad)); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), `"pending"`) {
		t.Errorf("got %v", err)
	}
	if all := advance(t, b, 4); len(all) > 0 {
		t.Errorf("kept %v", sketches(all))
	}
	nameless := firing("c", 2)
	nameless.Fingerprint = ""
	receive(t, b, notify(3), notify(3, nameless), notify(4, nameless))
	compare(t, advance(t, b, 5), "2026-11-21T0902Z-shop open 08:47–09:05 c*")
}

// TestReceiveAtOnce sends from many goroutines, twice each: all is kept, once.
func TestReceiveAtOnce(t *testing.T) {
	b := openBook(t, Options{})
	var wg sync.WaitGroup
	const senders, each = 40, 25
	failed := make(chan error, senders)
	for s := range senders {
		wg.Go(func() {
			for n := range each {
				name := fmt.Sprintf("a%d-%d", s/2, n)
				if err := b.Receive(context.Background(), notify(3, firing(name, 2))); err != nil {
					failed <- err
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Fatal(err)
	}
	if all := advance(t, b, 4); len(all) != 1 || all[0].Count != senders/2*each {
		t.Errorf("%d incidents, %d alerts", len(all), all[0].Count)
	}
}

// TestLargeNotification is one of 10,000 alerts.
func TestLargeNotification(t *testing.T) {
	b := openBook(t, Options{})
	n := notify(3)
	for i := range 10_000 {
		n.Alerts = append(n.Alerts, firing(fmt.Sprint("a", i), 2))
	}
	receive(t, b, n)
	if all := advance(t, b, 4); len(all) != 1 || all[0].Count != 10_000 {
		t.Errorf("%d incidents", len(all))
	}
}

// TestOpenBad opens what is no book of this version: a clear error, and not one byte
// of it is different afterwards.
func TestOpenBad(t *testing.T) {
	tests := map[string]struct {
		harm func(t *testing.T, file string)
		want error
		says string
	}{
		"not a database": {func(t *testing.T, f string) { write(t, f, "incidents:\n") }, store.ErrCorrupt, "it was left as it is"},
		"newer":          {func(t *testing.T, f string) { execute(t, f, "PRAGMA user_version = 9") }, store.ErrNewer, "schema 9"},
		"foreign":        {func(t *testing.T, f string) { execute(t, f, "PRAGMA application_id = 7") }, store.ErrForeign, "some other SQLite database"},
		"the recording":  {func(t *testing.T, f string) { execute(t, f, "PRAGMA application_id = 1668246636") }, store.ErrForeign, "some other SQLite database"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := openBook(t, Options{})
			receive(t, b, notify(3, firing("a", 2)))
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			test.harm(t, b.path)
			before, err := os.ReadFile(b.path)
			if err != nil {
				t.Fatal(err)
			}
			_, making := Open(t.Context(), b.opt)
			_, using := OpenExisting(t.Context(), b.opt)
			for _, err := range []error{making, using} {
				if !errors.Is(err, test.want) || !strings.Contains(err.Error(), b.path) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v", err)
				}
			}
			if after, err := os.ReadFile(b.path); err != nil || string(after) != string(before) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, file, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenMissing(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenExisting(t.Context(), Options{Path: dir, Config: DefaultConfig()}); !errors.Is(err, store.ErrMissing) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	write(t, filepath.Join(dir, fileName), "") // it was made and its maker killed before the tables were
	b := openBook(t, Options{Path: dir})
	receive(t, b, notify(3, firing("a", 2)))
	if info, err := os.Stat(b.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestOpenAtOnce makes a book from many sides at once.
func TestOpenAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	failed := make(chan error, 16)
	for n := range 8 {
		wg.Go(func() {
			b, err := Open(context.Background(), Options{Path: dir, Config: DefaultConfig()})
			if err != nil {
				failed <- err
				return
			}
			failed <- errors.Join(b.Receive(context.Background(), notify(3, firing(fmt.Sprint("a", n), 2))), b.Close())
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Fatal(err)
		}
	}
	if all := advance(t, openBook(t, Options{Path: dir}), 4); len(all) != 1 || all[0].Count != 8 {
		t.Errorf("%v", sketches(all))
	}
}

// TestReceiveFails takes the disk away in several ways: the sender hears of it, may
// try again, and what was kept before is there.
func TestReceiveFails(t *testing.T) {
	tests := map[string]struct {
		harm, heal func(t *testing.T, b *Book)
		want       error
	}{
		"full": {
			func(t *testing.T, b *Book) { pragma(t, b, `PRAGMA max_page_count = 1`) },
			func(t *testing.T, b *Book) { pragma(t, b, `PRAGMA max_page_count = 100000`) },
			store.ErrFull,
		},
		"moved away": {
			func(t *testing.T, b *Book) { rename(t, b.path, b.path+".old") },
			func(t *testing.T, b *Book) { rename(t, b.path+".old", b.path) },
			store.ErrMissing,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := openBook(t, Options{})
			receive(t, b, notify(3, firing("a", 2)))
			test.harm(t, b)
			n := notify(4)
			for i := range 200 {
				n.Alerts = append(n.Alerts, firing(fmt.Sprint("b", i), 2))
			}
			if err := b.Receive(t.Context(), n); !errors.Is(err, test.want) || errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), b.path) {
				t.Errorf("got %v", err)
			}
			test.heal(t, b)
			if all := advance(t, b, 4); len(all) != 1 || all[0].Count != 1 {
				t.Errorf("%v", sketches(all))
			}
			receive(t, b, n)
			if all := advance(t, b, 4); len(all) != 1 || all[0].Count != 201 {
				t.Errorf("%d alerts", all[0].Count)
			}
		})
	}
}

func pragma(t *testing.T, b *Book, query string) {
	t.Helper()
	if _, err := b.db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestReceiveLocked waits while another process holds the lock, and no longer than
// the sender does.
func TestReceiveLocked(t *testing.T) {
	b, other := openBook(t, Options{}), (*Book)(nil)
	other = openBook(t, Options{Path: b.opt.Path})
	tx, err := other.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Receive(ctx, notify(3, firing("a", 2))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	receive(t, b, notify(3, firing("a", 2)))
	compare(t, advance(t, b, 4), "2026-11-21T0902Z-shop open 08:47–09:04 a*")
}

func TestReceiveAfterClose(t *testing.T) {
	b := openBook(t, Options{})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Receive(t.Context(), notify(3, firing("a", 2))); !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
}

// BenchmarkReceive is one alert per notification from 32 senders.
func BenchmarkReceive(b *testing.B) {
	book := openBook(b, Options{})
	b.SetParallelism(16)
	start := time.Now()
	var mu sync.Mutex
	n := 0
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mu.Lock()
			n++
			name := fmt.Sprint("a", n)
			mu.Unlock()
			if err := book.Receive(context.Background(), notify(3, firing(name, 2))); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "alerts/s")
}
