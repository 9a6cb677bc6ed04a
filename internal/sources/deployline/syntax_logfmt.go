package deployline

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-logfmt/logfmt"
)

// logfmtSyntax reads key=value pairs; values with spaces are quoted.
type logfmtSyntax struct{}

type keyval struct{ key, value string }

func scanLogfmt(line string) ([]keyval, error) {
	if strings.ContainsAny(line, "\n\r") {
		return nil, errors.New("not one line")
	}
	dec := logfmt.NewDecoderSize(strings.NewReader(line), len(line)+1)
	var pairs []keyval
	for dec.ScanRecord() {
		for dec.ScanKeyval() {
			pairs = append(pairs, keyval{string(dec.Key()), string(dec.Value())})
		}
	}
	if err := dec.Err(); err != nil {
		var syntax *logfmt.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("not logfmt: wrong at byte %d", syntax.Pos)
		}
		return nil, errors.New("not logfmt")
	}
	if len(pairs) == 0 {
		return nil, errors.New("not logfmt: no key")
	}
	return pairs, nil
}

func (logfmtSyntax) parse(line string) (map[string]string, error) {
	pairs, err := scanLogfmt(line)
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string, len(pairs))
	for _, p := range pairs {
		if p.value != "" {
			fields[p.key] = p.value
		}
	}
	return fields, nil
}

func (logfmtSyntax) rewrite(line string, change func(key, value string) string) (string, error) {
	pairs, err := scanLogfmt(line)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	enc := logfmt.NewEncoder(&out)
	for _, p := range pairs {
		value := p.value
		if value != "" {
			value = change(p.key, value)
		} else {
			// A word without a value: it may be private text that was never quoted.
			p.key = change("", p.key)
		}
		if err := enc.EncodeKeyval(strings.Map(logfmtKey, p.key), value); err != nil {
			return "", errors.New("not logfmt: bad key")
		}
	}
	return out.String(), nil
}

// logfmtKey replaces what may not stand in a key.
func logfmtKey(r rune) rune {
	if r <= ' ' || r == '=' || r == '"' {
		return '_'
	}
	return r
}
