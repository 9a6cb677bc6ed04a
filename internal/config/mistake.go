package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decodeError says where the YAML could not be read, at which key, and what to
// write instead.
func decodeError(name string, text []byte, err error) error {
	at := newLines(text)
	var located yaml.Error
	if !errors.As(err, &located) || located.GetToken() == nil {
		message := explained(err.Error(), "")
		if pair := at.quotedIn(err.Error()); pair != nil {
			return fmt.Errorf("%s:%d: %s: %s", name, pair.Value.GetToken().Position.Line, keyOf(pair), message)
		}
		return fmt.Errorf("%s: %s", name, message)
	}
	found, message := located.GetToken(), located.GetMessage()
	if key, ok := strings.CutPrefix(message, "unknown field "); ok {
		key = strings.Trim(key, `"`)
		message = fmt.Sprintf("unknown key %q (%s config.example.yaml has every key)", key, hint(key))
	} else {
		message = explained(message, found.Value)
		if pair := at.valueAt(found.Position); pair != nil {
			message = keyOf(pair) + ": " + message
		}
	}
	return fmt.Errorf("%s:%d: %s", name, found.Position.Line, message)
}

// The decoder's messages that speak of Go instead of the file.
var (
	wrongScalar = regexp.MustCompile(`^cannot unmarshal (\S+).* into Go (?:struct field \S+|value) of type (\w+)$`)
	wrongShape  = regexp.MustCompile(`^(\w+) was used where (\w+) is expected$`)
)

// explained is a message of the decoder in the words of the file, with the fix.
func explained(message, value string) string {
	if m := wrongScalar.FindStringSubmatch(message); m != nil {
		return wantedScalar(m[1], m[2], value)
	}
	if m := wrongShape.FindStringSubmatch(message); m != nil {
		switch m[2] {
		case "sequence":
			return fmt.Sprintf("must be a list, not a %s (write [a, b], or a line that begins with - for each)", m[1])
		case "mapping":
			return fmt.Sprintf("must be keys with values, not a %s (write {key: value}, or a line for each)", m[1])
		}
	}
	if strings.HasPrefix(message, "duplicate key") { // the parser has found those that stand there twice
		return message + " (what << merges in cannot be written again: write this block out)"
	}
	if strings.Contains(message, "duration") {
		return message + " (write a duration such as 500ms, 30s, 15m, 12h or 30d)"
	}
	return message
}

// wantedScalar says what a value of Go's type must look like.
func wantedScalar(got, want, value string) string {
	if strings.HasPrefix(got, "[]") || strings.HasPrefix(got, "map[") {
		return "must be one value, not a list or a mapping"
	}
	switch {
	case want == "bool":
		return fmt.Sprintf("%q is not a switch (write true or false)", value)
	case strings.HasPrefix(want, "int"), strings.HasPrefix(want, "uint"), strings.HasPrefix(want, "float"):
		return fmt.Sprintf("%q is not a number", value)
	}
	return fmt.Sprintf("%q is not a %s", value, want)
}

func keyOf(pair *ast.MappingValueNode) string { return pair.Key.GetToken().Value }

// valueAt is the key whose value begins at a position, nil if none does.
func (l lines) valueAt(at *token.Position) *ast.MappingValueNode {
	return l.find(func(pair *ast.MappingValueNode) bool {
		begins := pair.Value.GetToken().Position
		return begins.Line == at.Line && begins.Column == at.Column
	})
}

// quotedIn is the key of the first value that a message quotes, nil if none:
// what a type of another package says about its text comes without a position.
func (l lines) quotedIn(message string) *ast.MappingValueNode {
	return l.find(func(pair *ast.MappingValueNode) bool {
		scalar, ok := pair.Value.(ast.ScalarNode)
		return ok && strings.Contains(message, strconv.Quote(fmt.Sprint(scalar.GetValue())))
	})
}

// find is the first key of the file for which is holds.
func (l lines) find(is func(*ast.MappingValueNode) bool) *ast.MappingValueNode {
	if l.file == nil {
		return nil
	}
	f := finder{is: is}
	for _, doc := range l.file.Docs {
		if doc.Body != nil {
			ast.Walk(&f, doc.Body)
		}
	}
	return f.found
}

// finder is the ast.Visitor of find.
type finder struct {
	is    func(*ast.MappingValueNode) bool
	found *ast.MappingValueNode
}

// Visit looks at one key and its value.
func (f *finder) Visit(node ast.Node) ast.Visitor {
	if pair, ok := node.(*ast.MappingValueNode); ok && f.found == nil && f.is(pair) {
		f.found = pair
	}
	return f
}
