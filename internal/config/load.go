package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// byteOrderMark is what some editors put before the first key.
const byteOrderMark = "\ufeff"

// Load reads and validates a file. The error holds every problem found, one per
// line, each as "file:line: key: what is wrong (the fix)".
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: copy config.example.yaml there, or name another file with --config", path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return Parse(path, text)
}

// Parse is Load for text that is already read; name stands for the file in errors.
func Parse(name string, text []byte) (*Config, error) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if line := newLines(text).secondDocument(); line > 0 {
		return nil, fmt.Errorf("%s:%d: a second YAML document begins here (write everything into one, remove the ---)", name, line)
	}
	c := Default()
	switch err := decode(text, &c); {
	case errors.Is(err, io.EOF): // an empty file; the decoder has emptied c
		c = Default()
	case err != nil:
		return nil, decodeError(name, text, err)
	}
	c.setDefaults()
	problems := c.validate()
	if len(problems) == 0 {
		return &c, nil
	}
	lines := newLines(text)
	errs := make([]error, 0, len(problems))
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("%s:%d: %w", name, lines.of(p.Path), p))
	}
	return nil, errors.Join(errs...)
}

// decode reads the text strictly. The decoder panics on a tag without a value.
func decode(text []byte, c *Config) (err error) {
	defer func() {
		if recover() != nil {
			err = errUnreadable
		}
	}()
	return yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(c)
}

var errUnreadable = errors.New("not readable as YAML (look for a tag, such as !x, without a value)")

// lines finds the line of a key path such as mysql[1].address.
type lines struct{ file *ast.File }

func newLines(text []byte) lines {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return lines{}
	}
	return lines{file}
}

// secondDocument is the line where a document begins that would not be read, 0
// when there is none.
func (l lines) secondDocument() int {
	if l.file == nil {
		return 0
	}
	found := 0
	for _, doc := range l.file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if found++; found == 2 {
			return doc.Body.GetToken().Position.Line
		}
	}
	return 0
}

// of is the line where the path stands, or its nearest parent that does; 1 when
// the file does not mention any of it.
func (l lines) of(path string) int {
	for l.file != nil && path != "" {
		p, err := yaml.PathString("$." + path)
		if err == nil {
			if node, err := p.FilterFile(l.file); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

func distinctNames(names []string) []string {
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	slices.Sort(names)
	return slices.Compact(names)
}
