package store

import (
	"context"
	"errors"
	"time"
)

// upkeepEvery is how often retention is looked at.
const upkeepEvery = time.Minute

// keepUp compacts when there is something to compact, and looks at retention
// every minute, until ctx ends. It logs when upkeep begins to fail and when it
// works again.
func (s *Store) keepUp(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	failing := false
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			err = s.compactLong(ctx, s.opt.CompactAfter)
		case <-tick.C:
			err = errors.Join(s.compactLong(ctx, s.opt.CompactAfter), s.Retire(ctx))
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.opt.Log.Error("the store's upkeep fails; samples are still recorded", "err", err)
		case err == nil && failing:
			s.opt.Log.Info("the store's upkeep works again")
		}
		failing = err != nil
	}
}

// Compact turns every tail into blocks now. The recorder need not call it.
func (s *Store) Compact(ctx context.Context) error { return s.compactLong(ctx, 1) }

// compactLong compacts the tails that have at least so many ticks.
func (s *Store) compactLong(ctx context.Context, ticks int) error {
	s.work.Lock()
	defer s.work.Unlock()
	due := s.tailsOf(ticks)
	if len(due) == 0 {
		return nil
	}
	if err := s.compactor.begin(); err != nil {
		return err
	}
	defer s.compactor.rest()
	for target, id := range due {
		for s.tailLength(target) >= ticks {
			if err := s.compactOne(ctx, target, id); err != nil {
				return explain("compacting "+target+" in", s.path, err)
			}
			if s.opt.Compacted != nil {
				s.opt.Compacted()
			}
		}
	}
	return nil
}

func (s *Store) compactOne(ctx context.Context, target string, id int64) error {
	compacted, err := s.compactTail(ctx, id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.waiting[target] -= compacted
	s.mu.Unlock()
	for _, stream := range streams() {
		if err := s.mergeBlocks(ctx, id, stream); err != nil {
			return err
		}
	}
	return nil
}

// tailsOf are the servers with long tails.
func (s *Store) tailsOf(ticks int) map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	long := make(map[string]int64)
	for target, n := range s.waiting {
		if n >= ticks {
			long[target] = s.targets[target]
		}
	}
	return long
}

func (s *Store) tailLength(target string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting[target]
}
