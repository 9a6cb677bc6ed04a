package store

import (
	"context"
	"fmt"
)

// retiredEntries is how many entries one transaction deletes.
const retiredEntries = 256

// Retire deletes the entries that happened and were told before Retention, then the
// oldest until the journal fits into nine tenths of MaxSize, where it had outgrown it.
// What lies in a window of Keep stays.
func (j *Journal) Retire(ctx context.Context) error {
	var held hold
	if j.opt.Keep != nil {
		windows, err := j.opt.Keep(ctx)
		if err != nil {
			return fmt.Errorf("retiring old entries of %s: nothing is deleted, because it is not known what must be kept: %w", j.path, err)
		}
		held = newHold(windows)
	}
	err := j.retireOld(ctx, held)
	if err == nil {
		err = j.retireExcess(ctx, held)
	}
	return explain("retiring old entries of", j.path, err)
}

func (j *Journal) retireOld(ctx context.Context, held hold) error {
	if j.opt.Retention <= 0 {
		return nil
	}
	before := j.opt.Now().Add(-j.opt.Retention).UnixMilli()
	for {
		n, err := j.delete(ctx, `DELETE FROM entry WHERE number IN (SELECT number FROM entry WHERE received < ?1 AND until < ?1`+held.spare("at", "until")+` LIMIT ?2)`, before, retiredEntries)
		if err != nil || n == 0 {
			return err
		}
	}
}

// mostExcess is how many entries one transaction deletes where the journal is too large.
const mostExcess = 4096

// retireExcess does nothing before the journal has outgrown its size, so that it does
// not work at every look.
func (j *Journal) retireExcess(ctx context.Context, held hold) error {
	limit := j.opt.MaxSize
	for {
		size, err := footprintOf(ctx, j.db)
		if err != nil || size.used() <= limit {
			return err
		}
		limit = j.opt.MaxSize / 10 * 9
		var count int64
		if err := j.db.QueryRowContext(ctx, `SELECT count(*) FROM entry`).Scan(&count); err != nil {
			return err
		}
		step := min(max(1, (size.used()-limit)*count/size.used()), mostExcess)
		n, err := j.delete(ctx, `DELETE FROM entry WHERE number IN (SELECT number FROM entry WHERE true`+held.spare("at", "until")+` ORDER BY number LIMIT ?)`, step)
		if err != nil || n == 0 {
			return err
		}
	}
}

func (j *Journal) delete(ctx context.Context, query string, args ...any) (int64, error) {
	done, err := j.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
