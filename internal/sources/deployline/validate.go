package deployline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Validate tells add everything that is wrong with the times, the fields and the events,
// in the order of their keys. Which formats there are is the source's to say.
func (g Grammar) Validate(add func(path, message, fix string)) {
	g.validateTimes(add)
	g.validateMappings(add)
}

func (g Grammar) validateTimes(add func(path, message, fix string)) {
	if _, err := time.LoadLocation(g.Timezone); err != nil || g.Timezone == "Local" {
		add("timezone", fmt.Sprintf("unknown time zone %q", g.Timezone), "write an IANA name such as Europe/Berlin or UTC")
		return
	}
	if _, err := newClock(g.TimeLayout, g.Timezone); err != nil {
		add("time_layout", err.Error(), "write rfc3339, unix, unix_ms, a Go layout such as '2006-01-02 15:04:05', or a strftime format such as '%Y-%m-%d %H:%M:%S'")
	}
}

func (g Grammar) validateMappings(add func(path, message, fix string)) {
	for _, ours := range slices.Sorted(maps.Keys(g.Fields)) {
		key := "fields." + ours
		if !slices.Contains(fieldNames[:], ours) {
			add(key, fmt.Sprintf("%q is not a field", ours), "map one of "+strings.Join(fieldNames[:], ", ")+" to the log's own key: {time: ts}")
		} else if g.Fields[ours] == "" {
			add(key, "is empty", "write the log's own key, or remove the entry")
		}
	}
	for _, theirs := range slices.Sorted(maps.Keys(g.Events)) {
		if ours := g.Events[theirs]; !slices.Contains(eventNames[:], ours) {
			add("events."+theirs, fmt.Sprintf("%q is not an event", ours), "map the log's word to one of "+strings.Join(eventNames[:], ", "))
		}
	}
}
