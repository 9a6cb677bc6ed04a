package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

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
	c := Default()
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	switch err := decoder.Decode(&c); {
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

// decodeError says where the YAML could not be read, and for an unknown key
// which one was meant, if any comes close.
func decodeError(name string, text []byte, err error) error {
	var located yaml.Error
	if !errors.As(err, &located) || located.GetToken() == nil {
		if line := newLines(text).quotedIn(err.Error()); line > 0 {
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	line, message := located.GetToken().Position.Line, located.GetMessage()
	if key, ok := strings.CutPrefix(message, "unknown field "); ok {
		key = strings.Trim(key, `"`)
		fix := "remove it; config.example.yaml has every key"
		if near := nearest(key, knownKeys()); near != "" {
			fix = fmt.Sprintf("did you mean %q? config.example.yaml has every key", near)
		}
		message = fmt.Sprintf("unknown key %q (%s)", key, fix)
	}
	return fmt.Errorf("%s:%d: %s", name, line, message)
}

// lines finds the line of a key path such as mysql[1].address.
type lines struct{ file *ast.File }

func newLines(text []byte) lines {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return lines{}
	}
	return lines{file}
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

// quotedIn is the line of the first value that a message quotes, 0 if none: what
// a type of another package says about its own text comes without a position.
func (l lines) quotedIn(message string) int {
	if l.file == nil {
		return 0
	}
	finder := quotedFinder{message: message}
	for _, doc := range l.file.Docs {
		if doc.Body != nil {
			ast.Walk(&finder, doc.Body)
		}
	}
	return finder.line
}

// quotedFinder is the ast.Visitor of quotedIn.
type quotedFinder struct {
	message string
	line    int
}

// Visit looks at the value of a key.
func (f *quotedFinder) Visit(node ast.Node) ast.Visitor {
	pair, ok := node.(*ast.MappingValueNode)
	if ok && f.line == 0 {
		if scalar, ok := pair.Value.(ast.ScalarNode); ok && strings.Contains(f.message, strconv.Quote(fmt.Sprint(scalar.GetValue()))) {
			f.line = pair.Value.GetToken().Position.Line
		}
	}
	return f
}

func distinctNames(names []string) []string {
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	slices.Sort(names)
	return slices.Compact(names)
}

// nearest is the known key within two edits of a mistyped one.
func nearest(key string, known []string) string {
	best, bestDistance := "", 3
	for _, k := range known {
		if d := distance(key, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, above+1, previous+cost)
			previous = above
		}
	}
	return row[len(b)]
}
