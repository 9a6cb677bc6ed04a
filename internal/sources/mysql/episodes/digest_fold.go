package episodes

import (
	"slices"
	"time"

	"collector/internal/store"
)

// digestInterval is how long a reading of the statement digests is that the rules
// judge: how often the recorder reads them while there is no incident. During an
// incident it reads them more often; wholeReading is what counts as long enough.
const (
	digestInterval = 10 * time.Second
	wholeReading   = 9 * time.Second
)

// fineReading is one of several readings that were folded into one.
type fineReading struct {
	look
	rows []store.Digest
}

// digestFold puts readings together that followed each other faster than the rules
// expect. So a regression is the same one at any tempo: the rules count readings,
// sums and shares of about ten seconds. What the finer readings add is the time at
// which it began.
type digestFold struct {
	fine []fineReading // of the current reading; nil when it was long enough by itself
	full bool
}

// add takes a reading, and returns the rows of a whole one when there is one.
func (f *digestFold) add(since time.Time, l look, rows []store.Digest) (whole []store.Digest, full bool) {
	if f.full {
		f.fine, f.full = nil, false
	}
	f.full = l.At.Sub(since) >= wholeReading
	if f.full && f.fine == nil {
		return rows, true
	}
	f.fine = append(f.fine, fineReading{l, slices.Clone(rows)})
	if !f.full {
		return nil, false
	}
	return f.sum(), true
}

// begun reports whether there are readings that wait for the rest of a whole one.
func (f *digestFold) begun() bool { return f.fine != nil && !f.full }

// sum adds the readings up, in the order in which statements first appear.
func (f *digestFold) sum() []store.Digest {
	var whole []store.Digest
	at := map[string]int{}
	for _, fine := range f.fine {
		for i := range fine.rows {
			d := &fine.rows[i]
			k, known := at[keyOfDigest(d)]
			if !known {
				at[keyOfDigest(d)] = len(whole)
				whole = append(whole, *d)
				continue
			}
			w := &whole[k]
			w.Count += d.Count
			w.Errors += d.Errors
			w.Time += d.Time
			w.LockTime += d.LockTime
			w.RowsExamined += d.RowsExamined
			w.RowsSent += d.RowsSent
			w.RowsAffected += d.RowsAffected
			w.NoIndex += d.NoIndex
			w.TmpDisk += d.TmpDisk
		}
	}
	return whole
}

// of is what a statement did in a fine reading, nil when it did not run.
func (f *fineReading) of(key string) *digestReading {
	for i := range f.rows {
		if d := &f.rows[i]; d.Count > 0 && keyOfDigest(d) == key {
			return &digestReading{look: f.look, Count: d.Count, TimeMS: float64(d.Time.Microseconds()) / 1000, RowsExamined: d.RowsExamined, NoIndex: d.NoIndex}
		}
	}
	return nil
}

// before is the look after which a statement began to be out of line in this
// reading: the one before the suspect readings at its end; else the one before all.
func (f *digestFold) before(key string, normal *baseline, all *look) *look {
	from := all
	suspects := false
	for i := range f.fine {
		r := f.fine[i].of(key)
		if r == nil {
			continue
		}
		switch suspect := normal.suspects(r); {
		case !suspect:
			suspects = false
		case !suspects:
			suspects = true
			if from = all; i > 0 {
				from = kept(&f.fine[i-1].look)
			}
		}
	}
	if !suspects {
		return all
	}
	return from
}

// first is the look by which a statement was out of line without doubt: at the
// first fine reading that is so by itself; else at the end of the whole one.
func (f *digestFold) first(key string, normal *baseline, whole look) look {
	for i := range f.fine {
		if r := f.fine[i].of(key); r != nil && normal.leaves(r) {
			return f.fine[i].look
		}
	}
	return whole
}
