package store

import (
	"context"
	"path/filepath"
	"testing"
)

// TestPulse: it moves when somebody else writes, and only then.
func TestPulse(t *testing.T) {
	path := filepath.Join(t.TempDir(), journalName)
	writer, err := journalFormat().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	reader, err := journalFormat().OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	p, err := NewPulse(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	read := func() int64 {
		t.Helper()
		n, err := p.Read(t.Context())
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		return n
	}
	before := read()
	if again := read(); again != before {
		t.Errorf("%d became %d, and nobody wrote", before, again)
	}
	if _, err := writer.ExecContext(t.Context(), `INSERT INTO mark (name, number) VALUES ('a', 1)`); err != nil {
		t.Fatal(err)
	}
	after := read()
	if after == before {
		t.Errorf("it stayed %d when somebody wrote", before)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := p.Read(gone); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
	if again := read(); again != after {
		t.Errorf("%d became %d after a question that was given up", after, again)
	}
}
