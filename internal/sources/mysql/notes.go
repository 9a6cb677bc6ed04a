package mysql

import (
	"errors"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// note adds a fact to a tick.
func note(tick *store.Tick, kind string, body any) error {
	fact, err := facts.New(kind, body)
	if err != nil {
		return err
	}
	tick.Facts = append(tick.Facts, fact)
	return nil
}

// unreadAgain is how often it is noted why a part is not recorded. A draft reads
// the facts of the day before its window, too, so that it always finds one.
const unreadAgain = 12 * time.Hour

// reminder is when something was noted last.
type reminder time.Time

// due reports whether it is to be noted at a tick, and takes it that it is.
func (r *reminder) due(now time.Time) bool {
	if last := time.Time(*r); !last.IsZero() && now.Sub(last) < unreadAgain {
		return false
	}
	*r = reminder(now)
	return true
}

// noteUnread notes why a part could not be read. The server's own message is left
// out: it may quote what a statement held.
func noteUnread(tick *store.Tick, part store.Parts, err error) {
	u := facts.Unread{Part: facts.PartName(part), Number: errorNumber(err), Reason: "the server did not answer the question"}
	switch {
	case isPrivilege(err):
		u.Reason = "a privilege is missing, see `collector check`"
	case errors.Is(err, errNoMetric):
		u.Reason = errNoMetric.Error()
	case isTimeout(err), isLimit(errorNumber(err)):
		u.Reason = "the server did not answer in time"
	case breaksConnection(err):
		return // the heartbeats tell it
	}
	_ = note(tick, facts.KindUnread, u) // strings and a number can always be marshalled
}
