package scoring

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite" // the store's format
)

var (
	zstdMagic   = []byte{0x28, 0xb5, 0x2f, 0xfd}
	sqliteMagic = []byte("SQLite format 3\x00")
)

// search looks for words in files, in what is compressed within them, and in
// every value of SQLite databases.
type search struct {
	words    []string
	found    []string // "word in place"
	seen     map[string]bool
	expanded int // compressed stretches that were read
}

// Search looks for words, whatever their case, in a file or in all files below a
// directory: as they are, in what is compressed within them, and in every value of
// SQLite databases. It returns "word in place" for each, and how many compressed
// stretches it could read.
func Search(ctx context.Context, root string, words []string) (found []string, expanded int, err error) {
	s := newSearch(words)
	err = s.tree(ctx, root)
	return s.found, s.expanded, err
}

func newSearch(words []string) *search { return &search{words: words, seen: map[string]bool{}} }

// text searches one text, and whatever is compressed with zstd in it.
func (s *search) text(place string, content []byte) {
	s.plain(place, content)
	for rest := content; ; {
		i := bytes.Index(rest, zstdMagic)
		if i < 0 {
			return
		}
		decoder, err := zstd.NewReader(bytes.NewReader(rest[i:]), zstd.WithDecoderConcurrency(1))
		if err == nil {
			var out bytes.Buffer
			_, _ = out.ReadFrom(decoder) // what follows the frame is no error here; what came out counts
			decoder.Close()
			if out.Len() > 0 {
				s.expanded++
				s.plain(place, out.Bytes())
			}
		}
		rest = rest[i+len(zstdMagic):]
	}
}

func (s *search) plain(place string, content []byte) {
	lower := bytes.ToLower(content)
	for _, word := range s.words {
		if key := word + " in " + place; !s.seen[key] && bytes.Contains(lower, []byte(strings.ToLower(word))) {
			s.seen[key] = true
			s.found = append(s.found, key)
		}
	}
}

// tree searches a file or all files below a directory.
func (s *search) tree(ctx context.Context, root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // a write-ahead log that was just checkpointed
		case err != nil:
			return err
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		s.text(path, content)
		if bytes.HasPrefix(content, sqliteMagic) {
			return s.database(ctx, path)
		}
		return nil
	})
}

// database searches every value of every table, also those that no single page
// of the file holds as a whole.
func (s *search) database(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return fmt.Errorf("searching %s: %w", path, err)
	}
	defer db.Close()
	tables, err := column(ctx, db, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		return fmt.Errorf("searching %s: %w", path, err)
	}
	for _, table := range tables {
		if err := s.table(ctx, db, path, table); err != nil {
			return fmt.Errorf("searching %s, table %s: %w", path, table, err)
		}
	}
	return nil
}

func (s *search) table(ctx context.Context, db *sql.DB, path, table string) error {
	rows, err := db.QueryContext(ctx, `SELECT * FROM "`+table+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, targets := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for _, value := range values {
			s.text(path+" table "+table, value)
		}
	}
	return rows.Err()
}

func column(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
