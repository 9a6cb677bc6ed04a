package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"collector/internal/store"
)

// The fields of a change, by the names that a line of a deploy log has too.
const (
	changeTime        = "time"
	changeService     = "service"
	changeVersion     = "version"
	changeEvent       = "event"
	changeCommit      = "commit"
	changeEnvironment = "environment"
	changeAuthor      = "author"
	changeMessage     = "message"
	changeURL         = "url"
	changeCluster     = "cluster"
	// changeLeftOut is how many further keys were not kept.
	changeLeftOut = "left_out_keys"
)

// The events of a change.
const (
	deployFinished   = "deploy_finished"
	rollbackFinished = "rollback_finished"
	changed          = "change"
)

var changeEvents = []string{
	"deploy_started", deployFinished, "deploy_failed", "rollback_started", rollbackFinished, "rollback_failed", changed,
}

// ownLimits are how many bytes of a change's own fields are kept. All fields together
// are a line of a log that a record keeps whole (deployline.MaxText).
var ownLimits = map[string]int{
	changeTime: 60, changeService: 100, changeVersion: 100, changeEvent: 60, changeCommit: 100, changeEnvironment: 100,
	changeAuthor: 100, changeMessage: 1 << 10, changeURL: 500, changeCluster: 100,
}

// Limits of the other keys of a change.
const (
	maxOthers     = 32
	maxOtherName  = 60   // bytes
	maxOtherValue = 500  // bytes
	maxOtherBytes = 1200 // bytes of all of them
)

// ahead is how far the clock of who tells of a change may be before ours. It is generous:
// what is told in advance is not wrong.
const ahead = 24 * time.Hour

// changes decodes POST /api/v1/changes: plain JSON, CDEvents as they are, and
// CloudEvents that carry them.
func changes(r pushed) (told, error) {
	switch {
	case strings.HasPrefix(r.media, cloudEventsType):
		return r.structuredEvents()
	case r.Header.Get("ce-specversion") != "":
		return r.binaryEvent()
	case r.media == "application/json" || r.media == "application/cdevents+json":
		return r.plainChanges()
	}
	return told{}, refusal{errors.New("the Content-Type is none of application/json, application/cdevents+json, " +
		"application/cloudevents+json and application/cloudevents-batch+json"), http.StatusUnsupportedMediaType}
}

func (r pushed) plainChanges() (told, error) {
	list, err := listed(r.body)
	if err != nil {
		return told{}, err
	}
	var all told
	for n, raw := range list {
		if e, ok := asCDEvent(raw); ok {
			err = all.addCDEvent(r, n, len(list), e.Context.Source+"\x00"+e.Context.ID, e)
		} else {
			err = all.addPlain(r, n, len(list), raw)
		}
		if err != nil {
			return told{}, nth(n, len(list), err)
		}
	}
	return all, nil
}

// nth says which of several changes an error is about.
func nth(n, of int, err error) error {
	if of == 1 {
		return err
	}
	return fmt.Errorf("number %d of %d: %w", n+1, of, err)
}

func (t *told) addPlain(r pushed, n, of int, raw json.RawMessage) error {
	fields := map[string]string{}
	if err := flatten(raw, "", fields, 0); err != nil {
		return err
	}
	return t.add(r, n, of, "", fields)
}

// add checks a change and takes it in. own is what the change says identifies it.
func (t *told) add(r pushed, n, of int, own string, fields map[string]string) error {
	if fields[changeCluster] == "" {
		fields[changeCluster] = r.URL.Query().Get(changeCluster)
	}
	fields = bounded(fields)
	if fields[changeService] == "" {
		return errors.New(`there is no "service": name what was deployed or changed`)
	}
	fields[changeEvent] = strings.ToLower(fields[changeEvent])
	if !slices.Contains(changeEvents, fields[changeEvent]) {
		return fmt.Errorf("the event is %.60q: write one of %s", fields[changeEvent], strings.Join(changeEvents, ", "))
	}
	e := store.Entry{Kind: store.ChangeEntry, Received: r.received, Fields: fields}
	content := ""
	if when := fields[changeTime]; when == "" {
		e.At, e.Undated = r.received, true
	} else {
		var err error
		if e.At, e.Until, err = parseWhen(when); err != nil {
			return err
		}
		if e.At.After(r.received.Add(ahead)) {
			return fmt.Errorf("the time %.60q is in the future", when)
		}
		text, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		content = string(text)
	}
	e.Key = r.keyOf(n, of, own, content)
	t.entries = append(t.entries, e)
	return nil
}

// bounded keeps of the fields what is of bearable size, and says how many it left out.
func bounded(fields map[string]string) map[string]string {
	kept, others, size, leftOut := map[string]string{}, 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := strings.TrimSpace(oneLine(fields[name]))
		if limit, own := ownLimits[name]; own {
			if value != "" {
				kept[name] = cut(value, limit)
			}
			continue
		}
		name, value = cut(oneLine(name), maxOtherName), cut(value, maxOtherValue)
		if others++; others > maxOthers || size+len(name)+len(value) > maxOtherBytes {
			leftOut++
			continue
		}
		size += len(name) + len(value)
		kept[name] = value
	}
	if leftOut > 0 {
		kept[changeLeftOut] = strconv.Itoa(leftOut)
	}
	return kept
}

// oneLine is valid UTF-8 without controls.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// cut shortens a text to so many bytes at most, and shows it.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len("…")], "") + "…"
}

// unixTime is a Unix time; how long it is says its unit.
var unixTime = regexp.MustCompile(`^[0-9]{9,19}(?:\.[0-9]{1,9})?$`)

// The years that a time can have; what lies outside is a misread number.
const firstYear, lastYear = 1990, 2199

// parseWhen reads the time of a change, RFC 3339 or a Unix time in seconds, milliseconds,
// microseconds or nanoseconds. A whole second lasts until the next one.
func parseWhen(text string) (at, until time.Time, err error) {
	step := time.Second
	if strings.Contains(text, ".") {
		step = 0
	}
	if unixTime.MatchString(text) {
		whole, fraction, _ := strings.Cut(text, ".")
		number, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return at, until, fmt.Errorf("the time %q is out of range", text)
		}
		switch digits := len(whole); {
		case digits <= 11:
			at = time.Unix(number, 0)
			if fraction != "" {
				part, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64) // digits only
				at = at.Add(time.Duration(part))
			}
		case digits <= 14:
			at, step = time.UnixMilli(number), 0
		case digits <= 17:
			at, step = time.UnixMicro(number), 0
		default:
			at, step = time.Unix(0, number), 0
		}
	} else if at, err = time.Parse(time.RFC3339, text); err != nil {
		return at, until, fmt.Errorf("the time is %.60q: write RFC 3339 such as 2024-07-12T09:00:00Z, or a Unix time", text)
	}
	at = at.UTC()
	if at.Year() < firstYear || at.Year() > lastYear {
		return at, until, fmt.Errorf("the time %.60q is out of range", text)
	}
	return at, at.Add(step), nil
}
