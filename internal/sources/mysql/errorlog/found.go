package errorlog

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// namesShown is how many accounts or hosts are kept of one message.
const namesShown = 5

// found is a message with all that are like it: the answer of an errorlog.message
// record. Nothing in it is as the server wrote it.
type found struct {
	Category  string            `json:"category"` // "" one that nobody knows
	Level     string            `json:"level"`    // the server's own
	Code      string            `json:"code,omitempty"`
	Subsystem string            `json:"subsystem,omitempty"`
	Message   string            `json:"message,omitempty"` // redacted; of known categories only where it tells more than they do
	Lines     int               `json:"lines"`
	First     timeline.Instant  `json:"first"`
	Last      timeline.Instant  `json:"last"`
	Complete  bool              `json:"complete,omitempty"` // a start that became ready, a stop that ended
	Details   map[string]string `json:"details,omitempty"`  // signal, error, table …
	Accounts  []string          `json:"accounts,omitempty"` // roles
	Hosts     []string          `json:"hosts,omitempty"`    // roles
	Local     bool              `json:"local_time,omitempty"`
	Others    int               `json:"others,omitempty"` // messages that are left out, in the last of many
}

// alike is what equal messages share.
func alike(x *found) string {
	key := x.Category + "\x00" + x.Message
	switch x.Category {
	case "":
		key += "\x00" + x.Code + x.Level
	case "corruption", "table_full", "storage_error":
		table := path.Base(x.Details["table"])
		key += "\x00" + strings.TrimSuffix(table, path.Ext(table))
	case "access_denied":
		key += "\x00" + fmt.Sprint(x.Accounts)
	case "replication_error", "replication_connection":
		key = x.Category + "\x00" + x.Details["error"]
	}
	return key
}

func withName(list []string, name string) []string {
	if name == "" || slices.Contains(list, name) || len(list) == namesShown {
		return list
	}
	return append(list, name)
}

func rank(x found) int {
	return slices.Index([]string{levelNote, levelWarning, levelError}, x.graded())
}

// rest counts the messages that are left out, as grave as the gravest of them.
func rest(list []found) found {
	sum := found{Category: restCategory, Level: list[0].graded(), First: list[0].First, Last: list[0].Last, Others: len(list)}
	for _, x := range list {
		sum.Lines += x.Lines
		if x.First.At.Before(sum.First.At) {
			sum.First = x.First
		}
		if x.Last.At.After(sum.Last.At) {
			sum.Last = x.Last
		}
	}
	return sum
}

const restCategory = "others"

// graded is the level of the event: the category's, or the server's own; many notes
// of some categories are a warning.
func (x found) graded() string {
	level := x.Level
	if c := named(x.Category); c != nil {
		if c.level != "" {
			level = c.level
		}
		if c.many > 0 && x.Lines >= c.many {
			level = levelWarning
		}
	}
	switch level {
	case levelError, levelWarning:
		return level
	}
	return levelNote
}
