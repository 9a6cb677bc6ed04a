package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"collector/internal/report/lint"
)

// readDocument reads one document, - from standard input. What is no text is refused:
// rules about words would find nothing in it, which must not look like a good document.
func readDocument(stdin io.Reader, name string) (string, error) {
	in, shown := stdin, "standard input"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("reading the document: %w", err)
		}
		defer f.Close()
		in, shown = f, name
	}
	data, err := io.ReadAll(io.LimitReader(in, lint.MaxSize+1))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", shown, err)
	}
	if len(data) > lint.MaxSize {
		return "", fmt.Errorf("reading %s: it is longer than %d MiB, which no document of people is", shown, lint.MaxSize>>20)
	}
	if len(data) == 0 && name == "-" {
		return "", errors.New("standard input is empty: the command that should write the document wrote nothing")
	}
	if err := plainText(data); err != nil {
		return "", fmt.Errorf("reading %s: %w", shown, err)
	}
	return string(data), nil
}

// plainText is an error where bytes are no text in UTF-8; it names the line.
func plainText(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return errors.New("it is UTF-16; convert it: iconv -f utf-16 -t utf-8")
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return fmt.Errorf("line %d holds a NUL byte: it is no text", lineOf(data, at))
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return fmt.Errorf("line %d is not UTF-8 (byte 0x%02x); convert it, as in: iconv -f iso-8859-1 -t utf-8", lineOf(data, at), data[at])
		}
		at += size
	}
	return nil
}

func lineOf(data []byte, at int) int { return bytes.Count(data[:at], []byte("\n")) + 1 }
