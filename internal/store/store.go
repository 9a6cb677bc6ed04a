package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"collector/internal/timeline"
)

// Options says where the store is and how much it keeps.
type Options struct {
	Path         string           // the store's directory; made with mode 0700 when it is missing
	Retention    time.Duration    // how long samples are kept; 0 for ever
	MaxSize      int64            // bytes of the file, without its log of some MiB; the oldest blocks go first; 0 without limit
	CompactAfter int              // ticks of one server; 0 means 64
	Now          func() time.Time // the clock of retention; nil means time.Now

	// Keep names the windows of which nothing is deleted, however old and however
	// large the store: incidents that are not finished. While it fails nothing is
	// deleted at all. nil: none. It is asked before every look at retention.
	Keep func(context.Context) ([]timeline.Window, error)

	// Compacted is called each time that a server's ticks were turned into blocks,
	// which leaves some MiB of garbage: a daemon gives it back. nil: nobody.
	Compacted func()

	Log *slog.Logger // never nil
}

// Store is the open store of the one writer. It is safe for concurrent use. Its
// embedded Reader reads what it writes.
type Store struct {
	*Reader
	opt    Options
	lock   *flock.Flock
	db     *sql.DB // one connection
	insert *sql.Stmt
	file   fs.FileInfo // of the file that is open

	mu      sync.Mutex // guards what follows
	encoder *recordEncoder
	targets map[string]int64
	waiting map[string]int // ticks in the tail

	wake chan struct{} // there may be something to compact
	stop context.CancelFunc
	done sync.WaitGroup

	work      sync.Mutex // held by whoever compacts, merges or retires
	compactor *compactor
	oversized bool // and that was said
}

// Open opens or makes the store for the one writer, and starts its upkeep:
// compaction, merging, retention. A store that is damaged, foreign or newer is
// left as it is.
//
// Errors: [ErrLocked], [ErrCorrupt], [ErrForeign], [ErrNewer], [ErrFull].
func Open(ctx context.Context, opt Options) (*Store, error) {
	if opt.CompactAfter <= 0 {
		opt.CompactAfter = 64
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if err := makeDir(opt); err != nil {
		return nil, err
	}
	l, err := lock(opt.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{opt: opt, lock: l, targets: map[string]int64{}, waiting: map[string]int{}, wake: make(chan struct{}, 1)}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	upkeep, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.done.Go(func() { s.keepUp(upkeep) })
	return s, nil
}

func makeDir(opt Options) error {
	if opt.Path == "" {
		return errors.New("opening the store: no directory given; set storage.path")
	}
	info, err := os.Stat(opt.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(opt.Path, 0o700); err != nil {
			return explain("making the store's directory", opt.Path, err)
		}
		return nil
	case err != nil:
		return explain("opening the store", opt.Path, err)
	case !info.IsDir():
		return fmt.Errorf("opening the store %s: that is a file; storage.path names a directory", opt.Path)
	case info.Mode().Perm()&0o007 != 0:
		opt.Log.Warn("the store's directory is open to every user; chmod 0750 or 0700", "path", opt.Path, "mode", info.Mode().Perm())
	}
	return nil
}

// open makes or examines the file and opens the connections.
func (s *Store) open(ctx context.Context) (err error) {
	path := filepath.Join(s.opt.Path, fileName)
	complete, err := recording().look(ctx, path)
	if err != nil {
		return err
	}
	pragmas := []string{"synchronous(normal)", "cache_size(-1024)", "journal_size_limit(16777216)"}
	if !complete {
		pragmas = append([]string{"auto_vacuum(incremental)"}, pragmas...)
	}
	if s.db, err = sql.Open("sqlite", dsn(path, "rw", append(pragmas, "journal_mode(wal)")...)); err != nil {
		return explain("opening the store", path, err)
	}
	s.db.SetMaxOpenConns(1)
	if !complete {
		if err := recording().complete(ctx, s.db); err != nil {
			return explain("making the store", path, err)
		}
	}
	if s.insert, err = s.db.PrepareContext(ctx, `INSERT INTO tail (target, at, body) VALUES (?, ?, ?)`); err != nil {
		return explain("opening the store", path, err)
	}
	if s.encoder, err = newRecordEncoder(); err != nil {
		return err
	}
	s.compactor = newCompactor()
	if s.Reader, err = openReader(ctx, path, "ro"); err != nil {
		return err
	}
	if s.file, err = os.Stat(path); err != nil {
		return explain("opening the store", path, err)
	}
	return s.load(ctx)
}

// load reads the targets and how long their tails are.
func (s *Store) load(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, `SELECT id, name, (SELECT count(*) FROM tail WHERE target = target.id) FROM target`)
	if err != nil {
		return explain("reading", s.path, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var name string
		var waiting int
		if err := rows.Scan(&id, &name, &waiting); err != nil {
			return explain("reading", s.path, err)
		}
		s.targets[name], s.waiting[name] = id, waiting
	}
	return explain("reading", s.path, rows.Err())
}

// Append records one tick of a server. When it returns nil the tick survives
// the death of the process. Times and durations are kept in whole milliseconds,
// RoundTrip, ClockOffset and Spent in microseconds; sessions are kept in the
// order of their IDs. It keeps nothing of tick.
//
// Errors: [ErrFull], [ErrCorrupt], [ErrMissing]; the tick was then not recorded.
func (s *Store) Append(ctx context.Context, target string, tick Tick) error {
	if tick.Heartbeat.At.IsZero() {
		return fmt.Errorf("recording a tick of %s: its heartbeat has no time", target)
	}
	if err := s.inPlace(); err != nil {
		return fmt.Errorf("recording a tick of %s: %w", target, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record, err := s.encoder.encode(&tick)
	if err != nil {
		return fmt.Errorf("recording a tick of %s: %w", target, err)
	}
	id, err := s.target(ctx, target)
	if err != nil {
		return explain("recording a tick of "+target+" in", s.path, err)
	}
	if _, err := s.insert.ExecContext(ctx, id, tick.Heartbeat.At.UnixMilli(), record); err != nil {
		return explain("recording a tick of "+target+" in", s.path, err)
	}
	s.waiting[target]++
	if s.waiting[target] >= s.opt.CompactAfter {
		select {
		case s.wake <- struct{}{}:
		default: // it is awake already
		}
	}
	return nil
}

// target is the number of a server, a new one when it is seen for the first time.
func (s *Store) target(ctx context.Context, name string) (int64, error) {
	if id, ok := s.targets[name]; ok {
		return id, nil
	}
	var id int64
	err := s.db.QueryRowContext(ctx, `INSERT INTO target (name) VALUES (?) RETURNING id`, name).Scan(&id)
	if err != nil {
		return 0, err
	}
	s.targets[name] = id
	return id, nil
}

// Close ends the upkeep and closes the store. The tail stays as it is.
func (s *Store) Close() error {
	s.stop()
	s.done.Wait()
	return s.release()
}

func (s *Store) release() error {
	var errs []error
	if s.Reader != nil {
		errs = append(errs, s.Reader.Close())
	}
	if s.insert != nil {
		errs = append(errs, s.insert.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	errs = append(errs, s.lock.Close())
	return errors.Join(errs...)
}
