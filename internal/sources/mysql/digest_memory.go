package mysql

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"collector/internal/store"
)

// digestRow is one row of the digest table: first the server's sums, after
// subtract what they grew by.
type digestRow struct {
	digest string // the whole one; "" is the row of what found no room in the table
	store.Digest
}

// digestMemory is what the counters were, by schema and digest. A digest takes
// about 150 bytes, so 10,000 of them 1.5 MB.
type digestMemory map[[16]byte]digestSums

type digestSums struct {
	first                                                             int64 // FIRST_SEEN, µs
	count, errors, time, lock, examined, sent, affected, noIndex, tmp int64
}

func keyOf(schema, digest string) (key [16]byte) {
	h := fnv.New128a()
	h.Write([]byte(schema)) // a hash's Write never fails
	h.Write([]byte{0})
	h.Write([]byte(digest))
	h.Sum(key[:0])
	return key
}

// subtract remembers the row's sums and takes off what they were. It reports
// whether the statement ran since then. What is new to the memory counts in full
// when the server saw it first after `since`; otherwise nobody knows how much of
// it is new, and it only begins to be known.
func (m digestMemory) subtract(r *digestRow, since time.Time, first bool) bool {
	key := keyOf(r.DB, r.digest)
	now := digestSums{r.FirstSeen.UnixMicro(), r.Count, r.Errors, int64(r.Time), int64(r.LockTime), r.RowsExamined, r.RowsSent, r.RowsAffected, r.NoIndex, r.TmpDisk}
	was, known := m[key]
	m[key] = now
	switch {
	case first:
		return false
	case known && was.first == now.first && now.count >= was.count:
	case !r.FirstSeen.IsZero() && !since.IsZero() && !r.FirstSeen.Before(since):
		was = digestSums{}
	default:
		return false
	}
	r.Count, r.Errors = now.count-was.count, grown(now.errors, was.errors)
	r.Time, r.LockTime = time.Duration(grown(now.time, was.time)), time.Duration(grown(now.lock, was.lock))
	r.RowsExamined, r.RowsSent, r.RowsAffected = grown(now.examined, was.examined), grown(now.sent, was.sent), grown(now.affected, was.affected)
	r.NoIndex, r.TmpDisk = grown(now.noIndex, was.noIndex), grown(now.tmp, was.tmp)
	return r.Count > 0
}

// grown is by how much a counter grew. The row of a statement that ends while it
// is read may be torn.
func grown(now, was int64) int64 { return max(0, now-was) }

// How many digests of a reading are written: the ones that took the most time,
// examined the most rows, ran most often, and the ones that are new. They overlap
// widely.
const (
	digestsByTime  = 60
	digestsByRows  = 30
	digestsByCount = 20
	digestsNew     = 30
)

// chooseDigests picks the rows that can matter and adds up the rest.
func chooseDigests(rows []digestRow) (chosen []digestRow, rest digestSum) {
	picked := make([]bool, len(rows))
	order := make([]int, len(rows))
	for i := range rows {
		order[i] = i
		picked[i] = rows[i].digest == ""
	}
	for _, by := range []struct {
		most int
		of   func(r *digestRow) int64
	}{
		{digestsByTime, func(r *digestRow) int64 { return int64(r.Time) }},
		{digestsByRows, func(r *digestRow) int64 { return r.RowsExamined }},
		{digestsByCount, func(r *digestRow) int64 { return r.Count }},
		{digestsNew, func(r *digestRow) int64 { return r.FirstSeen.Unix() }},
	} {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(by.of(&rows[b]), by.of(&rows[a])) })
		for _, i := range order[:min(by.most, len(order))] {
			picked[i] = true
		}
	}
	for i := range rows {
		if picked[i] {
			chosen = append(chosen, rows[i])
		} else {
			rest.add(&rows[i].Digest)
		}
	}
	return chosen, rest
}

// digestSum adds digests up.
type digestSum struct{ store.Digest }

func (s *digestSum) add(d *store.Digest) {
	s.Count += d.Count
	s.Errors += d.Errors
	s.Time += d.Time
	s.LockTime += d.LockTime
	s.RowsExamined += d.RowsExamined
	s.RowsSent += d.RowsSent
	s.RowsAffected += d.RowsAffected
	s.NoIndex += d.NoIndex
	s.TmpDisk += d.TmpDisk
}
