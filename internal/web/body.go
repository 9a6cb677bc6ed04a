package web

import (
	"errors"
	"io"
	"sync/atomic"
)

var (
	errTooLarge = errors.New("the body is over the limit")
	errCrowded  = errors.New("too many bodies are being read at once")
)

// budget is what all bodies together may still take, in bytes.
type budget struct{ left atomic.Int64 }

// body reads a request's body within the limits. It remembers why it ended early,
// which tells a client that stalled or a crowd from JSON that is not whole.
type body struct {
	from   io.Reader
	left   int64 // of the limit of one body, in bytes
	shared *budget
	held   int64 // of shared, until release
	err    error // not nil: the body did not come in whole
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	b.held += int64(n)
	crowded := b.shared.left.Add(-int64(n)) < 0
	switch {
	case b.left < 0:
		b.err = errTooLarge
	case crowded:
		b.err = errCrowded
	case err != nil && !errors.Is(err, io.EOF):
		b.err = err
	}
	if b.err != nil {
		return 0, b.err
	}
	return n, err
}

// release gives back what the body took.
func (b *body) release() {
	b.shared.left.Add(b.held)
	b.held = 0
}
