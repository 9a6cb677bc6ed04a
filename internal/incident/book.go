package incident

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
	"sync/atomic"
	"time"

	"collector/internal/store"
)

// Options says where the book is and by which rules it is read.
type Options struct {
	Path        string           // the store's directory; made with mode 0700 when it is missing
	Config      Config           // validated; see SetConfig
	StillFiring Probe            // finds lost resolves; nil: nobody is asked
	Now         func() time.Time // nil means time.Now
	Log         *slog.Logger     // nil: nothing is logged
}

// Book keeps notifications and decisions in incidents.db and says what incidents
// there are. Several processes may have it open. It is safe for concurrent use.
type Book struct {
	opt    Options
	config atomic.Pointer[Config]
	path   string // of the file
	file   fs.FileInfo
	db     *sql.DB   // one connection, which writes
	find   *sql.Stmt // of db: an episode by its identity
	put    *sql.Stmt // of db: see putEpisode
	reader *sql.DB
	pulse  *store.Pulse // of reader

	mu     sync.Mutex            // guards what follows
	live   *view                 // as the book was at the last look
	named  map[place]bool        // damaged rows that the log has named
	broken atomic.Pointer[error] // why the file cannot be read, when it is damaged

	queue  chan delivery // to the writer of notifications
	news   chan struct{} // there is something new to look at
	stop   context.CancelFunc
	ending <-chan struct{} // closed by stop
	done   sync.WaitGroup
}

// Open opens or makes the book. A file that is damaged, foreign or newer is left as
// it is.
//
// Errors: [store.ErrCorrupt], [store.ErrForeign], [store.ErrNewer], [store.ErrFull].
func Open(ctx context.Context, opt Options) (*Book, error) {
	if opt.Path == "" {
		return nil, errors.New("opening the book of incidents: no directory given; set storage.path")
	}
	if err := os.MkdirAll(opt.Path, 0o700); err != nil {
		return nil, store.Explain("making the store's directory", opt.Path, err)
	}
	return open(ctx, opt)
}

// OpenExisting is Open for a book that must be there already.
//
// Errors: [store.ErrMissing], and those of [Open].
func OpenExisting(ctx context.Context, opt Options) (*Book, error) {
	db, err := format().OpenReadOnly(ctx, filepath.Join(opt.Path, fileName))
	if errors.Is(err, store.ErrOlder) {
		return open(ctx, opt)
	}
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return open(ctx, opt)
}

func open(ctx context.Context, opt Options) (*Book, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	b := &Book{opt: opt, path: filepath.Join(opt.Path, fileName), queue: make(chan delivery), news: make(chan struct{}, 1)}
	b.config.Store(&opt.Config)
	b.live, b.named = newView(b.rules()), map[place]bool{}
	err := b.connect(ctx)
	if err == nil {
		err = b.see(ctx, func(*view) {}) // a damaged file is found before anything is written to it
	}
	if err != nil {
		return nil, errors.Join(err, b.release())
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.stop, b.ending = stop, work.Done()
	b.done.Go(func() { b.keep(work) })
	return b, nil
}

// rules is the configuration that is in force.
func (b *Book) rules() *Config { return b.config.Load() }

// SetConfig changes the rules, which must be valid. What incidents there are follows from
// the rules at every look, so that nothing needs to be converted: those that are not
// sealed follow the new rules from the next look on, as if they had always been in force.
func (b *Book) SetConfig(c Config) {
	b.mu.Lock()
	b.config.Store(&c)
	b.live = newView(&c)
	b.mu.Unlock()
	b.tell()
}

// connect opens the connections to the file.
func (b *Book) connect(ctx context.Context) (err error) {
	if b.db, err = format().Open(ctx, b.path, "synchronous(full)", "journal_size_limit(16777216)"); err != nil {
		return err
	}
	b.db.SetMaxOpenConns(1)
	if b.find, err = b.db.PrepareContext(ctx, selectEpisodes+` WHERE fingerprint = ? AND starts_at = ?`); err != nil {
		return store.Explain("opening the book of incidents", b.path, err)
	}
	if b.put, err = b.db.PrepareContext(ctx, putEpisode); err != nil {
		return store.Explain("opening the book of incidents", b.path, err)
	}
	if b.reader, err = format().OpenReadOnly(ctx, b.path); err != nil {
		return err
	}
	if b.pulse, err = store.NewPulse(ctx, b.reader); err != nil {
		return store.Explain("opening the book of incidents", b.path, err)
	}
	b.file, err = os.Stat(b.path)
	return store.Explain("opening the book of incidents", b.path, err)
}

// Close ends the book. What [Book.Receive] has not answered yet is not kept.
func (b *Book) Close() error {
	b.stop()
	b.done.Wait()
	return b.release()
}

func (b *Book) release() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{b.find, b.put} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	if b.pulse != nil {
		errs = append(errs, b.pulse.Close())
	}
	for _, db := range []*sql.DB{b.reader, b.db} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// inPlace says when the file that is open does not stand at its path any more: what
// is written to it then is read by nobody.
func (b *Book) inPlace() error {
	info, err := os.Stat(b.path)
	if err == nil && os.SameFile(info, b.file) {
		return nil
	}
	return fmt.Errorf("%w at %s any more: it was deleted or moved while it was open; restart collector serve", store.ErrMissing, b.path)
}

// write runs change in a transaction that holds the file's write lock. What it
// changed is on disk when write returns nil. Nothing is written to a damaged file.
func (b *Book) write(ctx context.Context, doing string, change func(*sql.Tx) error) error {
	if err := b.inPlace(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := b.broken.Load(); err != nil {
		return fmt.Errorf("%s: %w", doing, *err)
	}
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return store.Explain(doing+" in", b.path, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo once committed
	if err := change(tx); err != nil {
		if errors.Is(err, errOperator) {
			return err
		}
		return store.Explain(doing+" in", b.path, err)
	}
	return store.Explain(doing+" in", b.path, tx.Commit())
}

// tell wakes whoever waits for something new.
func (b *Book) tell() {
	select {
	case b.news <- struct{}{}:
	default: // it is awake already
	}
}
