package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"collector/internal/timeline"
)

// EntryKind is what sort of thing an [Entry] tells.
type EntryKind string

// The kinds.
const (
	ChangeEntry EntryKind = "change" // a deploy, a rollback, a change, told by a program
	NoteEntry   EntryKind = "note"   // what a person saw or did
)

// Entry is one thing that somebody told: a change that a program pushed, or a person's
// note.
type Entry struct {
	Number   int64 // its place in the journal, which gives it
	Kind     EntryKind
	Key      string            // what is told again under the same key is the same thing; never empty
	At       time.Time         // when it happened
	Until    time.Time         // when it can have happened at the latest, where that is not At; at most maxVague later
	Undated  bool              // nobody said when it happened: At is when it was received
	Received time.Time         // when it was first kept
	Fields   map[string]string // what was told
}

// What is bounded in an entry, which whoever takes it from a stranger must see to.
const (
	maxVague = time.Hour
	// MaxEntry is how many bytes the fields of an entry may have, as JSON.
	MaxEntry = 64 << 10
)

// The years in which something can have happened; others are misread numbers.
var (
	firstEntry = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	lastEntry  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ErrConflict says that something else was told under the same key.
var ErrConflict = errors.New("something else was told under this key")

// JournalOptions says where the journal is and how much it keeps.
type JournalOptions struct {
	Path      string                                           // the store's directory; made with mode 0700 when it is missing
	Retention time.Duration                                    // how long entries are kept after they happened and were told; 0 for ever
	MaxSize   int64                                            // bytes; beyond them the oldest entries go; 0 means 256 MiB
	Keep      func(context.Context) ([]timeline.Window, error) // windows of which nothing is deleted; nil: none
	Clean     func(name, text string) string                   // takes out of a field what must reach no disk; never nil
	Now       func() time.Time                                 // nil means time.Now
}

// defaultJournalSize is room for some 500,000 deploys.
const defaultJournalSize = 256 << 20

// Journal keeps what was told in journal.db, beside the recording. Several processes may
// have it open. It is safe for concurrent use.
type Journal struct {
	opt  JournalOptions
	path string // of the file
	file fs.FileInfo
	db   *sql.DB   // one connection
	news *sql.Stmt // see After
}

const (
	journalName = "journal.db"

	// journalID stands in the file's header, "jour" in ASCII.
	journalID = 0x6a6f7572
)

// journalSchema makes the tables of version 1. Times are Unix milliseconds. A key and
// what was told under it are kept as their SHA-256: they are only compared.
const journalSchema = `
CREATE TABLE entry (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	kind     TEXT NOT NULL,
	key      BLOB NOT NULL UNIQUE,
	sum      BLOB NOT NULL,
	at       INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	undated  INTEGER NOT NULL,
	received INTEGER NOT NULL,
	fields   TEXT NOT NULL
) STRICT;
CREATE INDEX entry_at ON entry (kind, at);
CREATE TABLE mark (
	name   TEXT PRIMARY KEY,
	number INTEGER NOT NULL
) STRICT;
`

func journalFormat() Format { return Format{Application: journalID, Schema: journalSchema} }

// OpenJournal opens or makes the journal. A file that is damaged, foreign or newer is
// left as it is.
//
// Errors: [ErrCorrupt], [ErrForeign], [ErrNewer], [ErrFull].
func OpenJournal(ctx context.Context, opt JournalOptions) (*Journal, error) {
	if opt.Path == "" {
		return nil, errors.New("opening the journal: no directory given; set storage.path")
	}
	if opt.MaxSize <= 0 {
		opt.MaxSize = defaultJournalSize
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if err := os.MkdirAll(opt.Path, 0o700); err != nil {
		return nil, explain("making the store's directory", opt.Path, err)
	}
	j := &Journal{opt: opt, path: filepath.Join(opt.Path, journalName)}
	var err error
	if j.db, err = journalFormat().Open(ctx, j.path, "synchronous(full)", "journal_size_limit(4194304)"); err != nil {
		return nil, err
	}
	j.db.SetMaxOpenConns(1)
	if j.news, err = j.db.PrepareContext(ctx, newsStatement); err == nil {
		j.file, err = os.Stat(j.path)
	}
	if err != nil {
		return nil, errors.Join(explain("opening the journal", j.path, err), j.db.Close())
	}
	return j, nil
}

// Close ends the journal.
func (j *Journal) Close() error { return errors.Join(j.news.Close(), j.db.Close()) }

// inPlace says when the file that is open does not stand at its path any more: what is
// written to it then is read by nobody.
func (j *Journal) inPlace() error {
	info, err := os.Stat(j.path)
	if err == nil && os.SameFile(info, j.file) {
		return nil
	}
	return fmt.Errorf("%w at %s any more: it was deleted or moved while it was open; restart collector serve", ErrMissing, j.path)
}

// Put keeps entries: all of them, or none. When it returns nil they survive the death of
// the process and of the machine. Fresh is how many were not known yet; what was told
// before under the same key stays as it was first told.
//
// Errors: [ErrConflict], [ErrFull], [ErrCorrupt], [ErrMissing].
func (j *Journal) Put(ctx context.Context, entries ...Entry) (fresh int, err error) {
	const doing = "keeping what was told in"
	rows := make([]journalRow, 0, len(entries))
	for n, e := range entries {
		row, err := j.encode(e)
		if err != nil {
			return 0, fmt.Errorf("keeping entry %d of %d: %w", n+1, len(entries), err)
		}
		rows = append(rows, row)
	}
	if err := j.inPlace(); err != nil {
		return 0, fmt.Errorf("keeping what was told: %w", err)
	}
	size, err := footprintOf(ctx, j.db)
	if err != nil {
		return 0, explain(doing, j.path, err)
	}
	if size.used() > j.opt.MaxSize+j.opt.MaxSize/10 { // retention has not come to it yet
		return 0, fmt.Errorf("%s %s: %w: more than %d bytes are in it", doing, j.path, ErrFull, j.opt.MaxSize)
	}
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, explain(doing, j.path, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo once committed
	for n, row := range rows {
		isFresh, err := row.put(ctx, tx)
		if errors.Is(err, ErrConflict) {
			return 0, fmt.Errorf("entry %d of %d: %w", n+1, len(rows), err)
		}
		if err != nil {
			return 0, explain(doing, j.path, err)
		}
		if isFresh {
			fresh++
		}
	}
	return fresh, explain(doing, j.path, tx.Commit())
}

// journalRow is an entry on its way to the disk.
type journalRow struct {
	kind                string
	key, sum            []byte
	at, until, received int64
	undated             bool
	fields              string
}

func (j *Journal) encode(e Entry) (journalRow, error) {
	if e.Until.IsZero() {
		e.Until = e.At
	}
	switch {
	case e.Key == "" || e.Kind == "" || e.Received.IsZero():
		return journalRow{}, errors.New("it has no key, no kind, or was never received")
	case e.At.Before(firstEntry) || e.At.After(lastEntry):
		return journalRow{}, fmt.Errorf("its time, %s, is out of range", timeline.FormatTime(e.At))
	case e.Until.Before(e.At) || e.Until.Sub(e.At) > maxVague:
		return journalRow{}, errors.New("its time is too vague")
	}
	cleaned := make(map[string]string, len(e.Fields))
	for name, text := range e.Fields {
		cleaned[name] = j.opt.Clean(name, text)
	}
	var fields bytes.Buffer
	enc := json.NewEncoder(&fields)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(cleaned); err != nil { // in the order of the names
		return journalRow{}, err
	}
	if fields.Len() > MaxEntry {
		return journalRow{}, fmt.Errorf("it has %d bytes, more than %d", fields.Len(), MaxEntry)
	}
	row := journalRow{
		kind: string(e.Kind), at: e.At.UnixMilli(), until: e.Until.UnixMilli(), received: e.Received.UnixMilli(),
		undated: e.Undated, fields: fields.String(),
	}
	key := sha256.Sum256([]byte(row.kind + "\x00" + e.Key))
	content := row.fields
	if !e.Undated {
		content += fmt.Sprintf("\x00%d\x00%d", row.at, row.until)
	}
	sum := sha256.Sum256([]byte(content))
	row.key, row.sum = key[:], sum[:]
	return row, nil
}

// put writes the row, unless the same is there already.
func (r journalRow) put(ctx context.Context, tx *sql.Tx) (fresh bool, err error) {
	done, err := tx.ExecContext(ctx, `INSERT INTO entry (kind, key, sum, at, until, undated, received, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`, r.kind, r.key, r.sum, r.at, r.until, r.undated, r.received, r.fields)
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return n > 0, err
	}
	var before []byte
	if err := tx.QueryRowContext(ctx, `SELECT sum FROM entry WHERE key = ?`, r.key).Scan(&before); err != nil {
		return false, err
	}
	if string(before) != string(r.sum) {
		return false, ErrConflict
	}
	return false, nil
}
