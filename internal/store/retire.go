package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	retireStep = 32   // blocks that one transaction deletes
	tailStep   = 1024 // ticks of the tail that one transaction deletes
	freeSlack  = 256  // pages that may lie free, beside 1/64 of the file: new blocks take them
)

// Retire deletes what is older than Retention, then the oldest blocks until the
// store fits into MaxSize, and gives the space back to the file system. It works
// in small transactions, so that an append waits for one of them at most. What
// touches a window of Keep stays, also where the store is then too large.
func (s *Store) Retire(ctx context.Context) error {
	s.work.Lock()
	defer s.work.Unlock()
	held, err := s.held(ctx)
	if err != nil {
		return fmt.Errorf("retiring old samples of %s: nothing is deleted, because it is not known what must be kept: %w", s.path, err)
	}
	err = errors.Join(s.retireOld(ctx, held), s.retireExcess(ctx, held), s.giveBack(ctx))
	return explain("retiring old samples of", s.path, err)
}

func (s *Store) retireOld(ctx context.Context, held hold) error {
	if s.opt.Retention <= 0 {
		return nil
	}
	before := s.opt.Now().Add(-s.opt.Retention).UnixMilli()
	// Only the tail of a server that is not recorded any more gets this old.
	gone, err := s.deleteAll(ctx, `DELETE FROM tail WHERE id IN (SELECT id FROM tail WHERE at < ?`+held.spare("at", "at")+` LIMIT ?)`, before, tailStep)
	if err != nil {
		return err
	}
	if gone {
		if err := s.recount(ctx); err != nil {
			return err
		}
	}
	_, err = s.deleteAll(ctx, `DELETE FROM block WHERE id IN (SELECT id FROM block WHERE last < ?`+held.spare("first", "last")+` ORDER BY last LIMIT ?)`, before, retireStep)
	return err
}

// recount reads again how long the tails are.
func (s *Store) recount(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(ctx)
}

// deleteAll executes a deletion until it deletes nothing.
func (s *Store) deleteAll(ctx context.Context, query string, args ...any) (gone bool, err error) {
	for {
		n, err := s.deleteSome(ctx, query, args...)
		if err != nil || n == 0 {
			return gone, err
		}
		gone = true
	}
}

func (s *Store) deleteSome(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// oldestBlocks deletes the oldest blocks that hold so many bytes, and with them
// those of other streams that are no younger: ticks go whole. What is held neither
// goes nor counts.
func oldestBlocks(held hold) string {
	free := held.spare("first", "last")
	return `DELETE FROM block WHERE id IN (SELECT id FROM block WHERE last <= (
	SELECT max(last) FROM (SELECT last, size, sum(size) OVER (ORDER BY last, id) AS upto FROM block WHERE true` + free + `) WHERE upto - size < ?)` + free + `
	ORDER BY last LIMIT ?)`
}

// retireExcess deletes the oldest blocks of all servers while the store is too large.
func (s *Store) retireExcess(ctx context.Context, held hold) error {
	for s.opt.MaxSize > 0 {
		f, err := s.footprint(ctx)
		if err != nil {
			return err
		}
		if f.used() <= s.opt.MaxSize {
			s.oversized = false
			return nil
		}
		n, err := s.deleteSome(ctx, oldestBlocks(held), f.used()-s.opt.MaxSize, retireStep)
		if err == nil && n == 0 && len(held) > 0 && !s.oversized {
			s.opt.Log.Warn("the store is larger than storage.max_size: unfinished incidents keep their samples", "bytes", f.used(), "incidents_from", held[0].From)
			s.oversized = true
		}
		if err != nil || n == 0 { // only the tail is left, and what is held
			return err
		}
	}
	return nil
}

// footprint is what the store's file takes. The write-ahead log beside it is
// not counted: deleting blocks would not make it shorter.
type footprint struct{ pages, free, pageSize int64 }

func (f footprint) used() int64  { return (f.pages - f.free) * f.pageSize }
func (f footprint) total() int64 { return f.pages * f.pageSize }

func (s *Store) footprint(ctx context.Context) (footprint, error) { return footprintOf(ctx, s.db) }

func footprintOf(ctx context.Context, db *sql.DB) (f footprint, err error) {
	err = db.QueryRowContext(ctx, `SELECT (SELECT page_count FROM pragma_page_count),
		(SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)`).Scan(&f.pages, &f.free, &f.pageSize)
	return f, err
}

// giveBack returns free pages to the file system, all but the slack, and moves
// the log into the file, without which the file does not get shorter.
func (s *Store) giveBack(ctx context.Context) error {
	given := false
	for {
		f, err := s.footprint(ctx)
		if err != nil {
			return err
		}
		tooLarge := s.opt.MaxSize > 0 && f.total() > s.opt.MaxSize
		if f.free == 0 || f.free <= freeSlack+f.pages/64 && !tooLarge {
			break
		}
		if err := s.vacuum(ctx); err != nil {
			return err
		}
		given = true
	}
	if !given {
		return nil
	}
	_, err := s.db.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	return err
}

// vacuum gives back a step of 256 pages. The pragma does its work while its
// rows are read.
func (s *Store) vacuum(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `PRAGMA incremental_vacuum(256)`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
	}
	return rows.Err()
}
