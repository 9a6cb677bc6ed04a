package timeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// idDigits is how many hex digits of a body's SHA-256 an evidence ID ends in.
const idDigits = 8

// Evidence is a raw record: what was asked, of whom, when, and the answer. The
// body is redacted before it gets here. Two questions with equal answers are
// two records, so a body names its own question (see sources.NewRecord).
type Evidence struct {
	ID           string    `json:"id"`
	Source       string    `json:"source"`        // short source name: prometheus, mysql, deploylog
	Target       string    `json:"target"`        // who was asked: a server, a Prometheus, a log
	Query        string    `json:"query"`         // the exact question, for a person to ask again
	CollectedAt  time.Time `json:"collected_at"`  // when the answer came
	ObservedFrom time.Time `json:"observed_from"` // what interval the answer speaks of
	ObservedTo   time.Time `json:"observed_to"`
	MediaType    string    `json:"media_type"`
	SHA256       string    `json:"sha256"` // of exactly Body's UTF-8 bytes
	URL          string    `json:"url,omitempty"`
	Body         string    `json:"body"`
}

// Seal computes the sum and the ID from the body, and brings the times to the
// resolution of the files, so that a record read back equals the one written.
func (e Evidence) Seal() Evidence {
	sum := sha256.Sum256([]byte(e.Body))
	e.SHA256 = hex.EncodeToString(sum[:])
	e.ID = e.Source + "-" + e.SHA256[:idDigits]
	for _, t := range []*time.Time{&e.CollectedAt, &e.ObservedFrom, &e.ObservedTo} {
		*t = t.UTC().Truncate(time.Millisecond)
	}
	return e
}

// Verify recomputes the sum and says what does not match.
func (e Evidence) Verify() error {
	sealed := e.Seal()
	switch {
	case sealed.SHA256 != e.SHA256:
		return fmt.Errorf("evidence %s: the body's SHA-256 is %s, the record says %s", e.ID, sealed.SHA256, e.SHA256)
	case sealed.ID != e.ID:
		return fmt.Errorf("evidence %s: the ID for this source and body is %s", e.ID, sealed.ID)
	case strings.ContainsAny(e.ID, `/\ `):
		return fmt.Errorf("evidence %q: the ID cannot be a file name", e.ID)
	}
	return nil
}
