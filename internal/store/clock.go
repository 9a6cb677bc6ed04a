package store

import "time"

// clock codes the times of a block's ticks: what each differs from the previous
// one plus the previous step, in milliseconds.
type clock struct {
	at, step int64
	n        int
}

func (k *clock) write(c *column, at int64) {
	step := at - k.at
	c.varint(step - k.step)
	k.advance(at, step)
}

func (k *clock) read(c *cursor) int64 {
	step := c.varint() + k.step
	k.advance(k.at+step, step)
	return k.at
}

// advance leaves the first step at zero: the first time is no step.
func (k *clock) advance(at, step int64) {
	if k.n > 0 {
		k.step = step
	}
	k.at = at
	k.n++
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
