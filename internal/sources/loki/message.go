package loki

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// maxLine is how much of a line is looked at, in bytes.
const maxLine = 32 << 10

// The keys under which structured lines have their message and their error.
var (
	messageKeys = [...]string{"msg", "message", "short_message", "log", "event", "body", "text"}
	errorKeys   = [...]string{"error", "err", "exception", "error.message", "exception.message"}
)

// words takes the level and the message out of a line. Of JSON and logfmt only the message
// and the error count, without the values of other keys; any other line is its own message.
func words(line string) (level, message string) {
	if len(line) > maxLine {
		line = line[:maxLine]
	}
	line = strings.TrimSpace(strings.ToValidUTF8(line, "\uFFFD"))
	if strings.HasPrefix(line, "{") {
		if level, message, ok := jsonWords(line); ok {
			return level, message
		}
	}
	if logfmtStart.MatchString(line) {
		if level, message, ok := logfmtWords(line); ok {
			return level, message
		}
	}
	if m := levelWord.FindString(line[:min(len(line), 200)]); m != "" {
		level = levelOf(m)
	}
	return level, tellingLine(line)
}

// tellingLine is the one line of several that says most: the last of a Python traceback,
// else the first.
func tellingLine(text string) string {
	first, rest, more := strings.Cut(text, "\n")
	if more && strings.HasPrefix(first, "Traceback (") {
		rest = strings.TrimSpace(rest)
		return rest[strings.LastIndexByte(rest, '\n')+1:]
	}
	return first
}

var (
	logfmtStart = regexp.MustCompile(`^[A-Za-z_][\w.@-]*=`)
	logfmtPair  = regexp.MustCompile(`(?:^|\s)([A-Za-z_][\w.@-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)`)
	levelWord   = regexp.MustCompile(`\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRIT|CRITICAL|FATAL|PANIC)\b`)
)

func jsonWords(line string) (level, message string, ok bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(line), &fields) != nil {
		return "", "", false
	}
	said := func(key string) string {
		raw, has := fields[key]
		if !has {
			return ""
		}
		if text := textOf(raw); text != "" {
			return text
		}
		var inner struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(raw, &inner) != nil {
			return ""
		}
		return inner.Message
	}
	for _, name := range levelNames {
		if level = levelOf(textOf(fields[name])); level != "" {
			break
		}
	}
	if message = joined(said); message == "" {
		message = "JSON with " + strings.Join(sortedKeys(fields), ", ")
	}
	return level, message, true
}

func logfmtWords(line string) (level, message string, ok bool) {
	fields := map[string]string{}
	for _, m := range logfmtPair.FindAllStringSubmatch(line, -1) {
		value := m[2]
		if unquoted, err := strconv.Unquote(value); err == nil {
			value = unquoted
		}
		if _, twice := fields[m[1]]; !twice {
			fields[m[1]] = value
		}
	}
	for _, name := range levelNames {
		if level = levelOf(fields[name]); level != "" {
			break
		}
	}
	message = joined(func(key string) string { return fields[key] })
	return level, message, message != ""
}

// joined is the message and, where there is another one, the error.
func joined(said func(key string) string) string {
	message, reason := "", ""
	for _, key := range messageKeys {
		if message = tellingLine(strings.TrimSpace(said(key))); message != "" {
			break
		}
	}
	for _, key := range errorKeys {
		if reason = tellingLine(strings.TrimSpace(said(key))); reason != "" {
			break
		}
	}
	switch {
	case message == "":
		return reason
	case reason == "" || strings.Contains(message, reason):
		return message
	}
	return message + ": " + reason
}
