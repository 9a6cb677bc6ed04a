package deployline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// maxDepth is how deep JSON may be nested before a line counts as bad.
const maxDepth = 16

// jsonSyntax reads one JSON object per line. Nested keys are joined by dots,
// lists are kept as JSON, null is as good as absent.
type jsonSyntax struct{}

func (jsonSyntax) parse(line string) (map[string]string, error) {
	fields := map[string]string{}
	if err := flatten("", []byte(line), fields, 0); err != nil {
		return nil, err
	}
	return fields, nil
}

func flatten(prefix string, raw []byte, into map[string]string, depth int) error {
	if depth > maxDepth {
		return errors.New("JSON nested too deep")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return jsonError(err)
	}
	if object == nil {
		return errors.New("not a JSON object")
	}
	// In order, so that of {"a.b": 1, "a": {"b": 2}} always the same one counts.
	for _, name := range slices.Sorted(maps.Keys(object)) {
		key, value := prefix+name, object[name]
		switch value[0] {
		case '{':
			if err := flatten(key+".", value, into, depth+1); err != nil {
				return err
			}
		case '"':
			if bytes.IndexByte(value, '\\') < 0 {
				into[key] = string(value[1 : len(value)-1])
				continue
			}
			var s string
			if err := json.Unmarshal(value, &s); err != nil {
				return jsonError(err)
			}
			into[key] = s
		case 'n':
		default:
			into[key] = string(value)
		}
	}
	return nil
}

// jsonError leaves out what encoding/json quotes of the line: it may be private.
func jsonError(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: wrong at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return errors.New("not a JSON object")
	}
	return errors.New("not JSON")
}

func (jsonSyntax) rewrite(line string, change func(key, value string) string) (string, error) {
	dec := json.NewDecoder(strings.NewReader(line))
	dec.UseNumber()
	var out bytes.Buffer
	w := jsonRewriter{dec: dec, out: &out, change: change}
	if err := w.value("", 0); err != nil {
		return "", err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("more than one JSON value")
	}
	return out.String(), nil
}

// jsonRewriter copies JSON token by token, in order, and changes the strings and numbers.
type jsonRewriter struct {
	dec    *json.Decoder
	out    *bytes.Buffer
	change func(key, value string) string
}

func (w jsonRewriter) value(path string, depth int) error {
	if depth > maxDepth {
		return errors.New("JSON nested too deep")
	}
	tok, err := w.dec.Token()
	if err != nil {
		return jsonError(err)
	}
	switch tok := tok.(type) {
	case json.Delim:
		return w.group(tok, path, depth)
	case string:
		w.str(w.change(path, tok))
	case json.Number:
		if Changed := w.change(path, tok.String()); Changed != tok.String() {
			w.str(Changed)
		} else {
			w.out.WriteString(Changed)
		}
	case bool:
		fmt.Fprint(w.out, tok)
	case nil:
		w.out.WriteString("null")
	}
	return nil
}

func (w jsonRewriter) group(open json.Delim, path string, depth int) error {
	w.out.WriteString(open.String())
	for first := true; w.dec.More(); first = false {
		if !first {
			w.out.WriteByte(',')
		}
		inner := path
		if open == '{' {
			tok, err := w.dec.Token()
			if err != nil {
				return jsonError(err)
			}
			key, _ := tok.(string)
			w.str(key)
			w.out.WriteByte(':')
			inner = joinPath(path, key)
		}
		if err := w.value(inner, depth+1); err != nil {
			return err
		}
	}
	end, err := w.dec.Token()
	if err != nil {
		return jsonError(err)
	}
	fmt.Fprint(w.out, end)
	return nil
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (w jsonRewriter) str(s string) {
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes; a buffer always takes it
	w.out.Truncate(w.out.Len() - 1)
}
