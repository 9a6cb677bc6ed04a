package store

import "time"

// waitForm is how lock waits are written.
func waitForm() form[LockWait] {
	return form[LockWait]{waits, []field[LockWait]{
		{get: func(w *LockWait) int64 { return int64(w.Waiter) }, set: func(w *LockWait, v int64) { w.Waiter = uint64(v) }},
		{get: func(w *LockWait) int64 { return int64(w.Blocker) }, set: func(w *LockWait, v int64) { w.Blocker = uint64(v) }},
		{text: func(w *LockWait) *string { return &w.Class }},
		{text: func(w *LockWait) *string { return &w.Object }},
		{text: func(w *LockWait) *string { return &w.Index }},
		{text: func(w *LockWait) *string { return &w.Mode }},
		{text: func(w *LockWait) *string { return &w.Held }},
		{get: func(w *LockWait) int64 { return w.Waited.Milliseconds() }, set: func(w *LockWait, v int64) { w.Waited = millis(v) }},
		{get: func(w *LockWait) int64 { return int64(bitIf(w.Guessed, 1)) }, set: func(w *LockWait, v int64) { w.Guessed = v != 0 }},
	}}
}

func waitsAt(at time.Time, rows []LockWait) WaitsAt { return WaitsAt{at, rows} }

// digestForm is how the digests are written.
func digestForm() form[Digest] {
	return form[Digest]{digests, []field[Digest]{
		{text: func(d *Digest) *string { return &d.ID }},
		{text: func(d *Digest) *string { return &d.DB }},
		{text: func(d *Digest) *string { return &d.SQL }},
		{get: func(d *Digest) int64 { return toMillis(d.FirstSeen) }, set: func(d *Digest, v int64) { d.FirstSeen = orNever(v) }},
		{get: func(d *Digest) int64 { return d.Count }, set: func(d *Digest, v int64) { d.Count = v }},
		{get: func(d *Digest) int64 { return d.Errors }, set: func(d *Digest, v int64) { d.Errors = v }},
		{get: func(d *Digest) int64 { return d.Time.Microseconds() }, set: func(d *Digest, v int64) { d.Time = micros(v) }},
		{get: func(d *Digest) int64 { return d.LockTime.Microseconds() }, set: func(d *Digest, v int64) { d.LockTime = micros(v) }},
		{get: func(d *Digest) int64 { return d.RowsExamined }, set: func(d *Digest, v int64) { d.RowsExamined = v }},
		{get: func(d *Digest) int64 { return d.RowsSent }, set: func(d *Digest, v int64) { d.RowsSent = v }},
		{get: func(d *Digest) int64 { return d.RowsAffected }, set: func(d *Digest, v int64) { d.RowsAffected = v }},
		{get: func(d *Digest) int64 { return d.NoIndex }, set: func(d *Digest, v int64) { d.NoIndex = v }},
		{get: func(d *Digest) int64 { return d.TmpDisk }, set: func(d *Digest, v int64) { d.TmpDisk = v }},
	}}
}

func digestsAt(at time.Time, rows []Digest) DigestsAt { return DigestsAt{at, rows} }

// factForm is how facts are written.
func factForm() form[Fact] {
	return form[Fact]{facts, []field[Fact]{
		{text: func(f *Fact) *string { return &f.Kind }},
		{text: func(f *Fact) *string { return &f.Body }},
	}}
}

func factsAt(at time.Time, rows []Fact) FactsAt { return FactsAt{at, rows} }

// toMillis is 0 for the zero time, which no server knows.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func orNever(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}
