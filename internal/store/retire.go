package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"time"
)

const (
	retireStep = 32   // blocks that one transaction deletes
	vacuumStep = 256  // pages that one transaction gives back
	tailStep   = 1024 // ticks of the tail that one transaction deletes
	freeSlack  = 256  // pages that may lie free, and 1/64 of the file: new blocks take them
)

// Retire deletes what is older than Retention, then the oldest blocks until the
// store fits into MaxSize, and gives the space back to the file system. It works
// in small transactions, so that appends wait for one of them at most.
func (s *Store) Retire(ctx context.Context) error {
	s.work.Lock()
	defer s.work.Unlock()
	err := errors.Join(s.retireOld(ctx), s.retireExcess(ctx), s.giveBack(ctx))
	return explain("retiring old samples of", s.path, err)
}

func (s *Store) retireOld(ctx context.Context) error {
	if s.opt.Retention <= 0 {
		return nil
	}
	before := s.opt.Now().Add(-s.opt.Retention).UnixMilli()
	if err := s.retireTail(ctx, before); err != nil {
		return err
	}
	return s.repeat(ctx, `DELETE FROM block WHERE id IN (SELECT id FROM block WHERE last < ? ORDER BY last LIMIT ?)`, before, retireStep)
}

// retireTail deletes old ticks of the tail: of servers that are not recorded any more.
func (s *Store) retireTail(ctx context.Context, before int64) error {
	if err := s.repeat(ctx, `DELETE FROM tail WHERE id IN (SELECT id FROM tail WHERE at < ? ORDER BY id LIMIT ?)`, before, tailStep); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(ctx)
}

// repeat executes a deletion until it deletes nothing.
func (s *Store) repeat(ctx context.Context, query string, args ...any) error {
	for {
		result, err := s.db.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
	}
}

// retireExcess deletes the oldest blocks of all servers while the store is too large.
func (s *Store) retireExcess(ctx context.Context) error {
	for s.opt.MaxSize > 0 {
		used, _, err := s.size(ctx)
		if err != nil || used <= s.opt.MaxSize {
			return err
		}
		result, err := s.db.ExecContext(ctx, `DELETE FROM block WHERE id IN (SELECT id FROM block ORDER BY last LIMIT ?)`, retireStep)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err // only the tail is left
		}
	}
	return nil
}

// size is how many bytes the store uses, and how many of its pages are free.
func (s *Store) size(ctx context.Context) (used, free int64, err error) {
	var pages, pageSize int64
	err = s.Reader.db.QueryRowContext(ctx, `SELECT (SELECT page_count FROM pragma_page_count),
		(SELECT page_size FROM pragma_page_size), (SELECT freelist_count FROM pragma_freelist_count)`).Scan(&pages, &pageSize, &free)
	if err != nil {
		return 0, 0, err
	}
	return (pages - free) * pageSize, free, nil
}

// giveBack returns free pages to the file system.
func (s *Store) giveBack(ctx context.Context) error {
	return nil
}

var (
	_ = sql.ErrNoRows
	_ = fs.ErrExist
	_ = os.Stat
	_ = time.Now
)
