package mysql

import (
	"errors"

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

// noteUnread notes why a part could not be read. The server's own message is left
// out: it may quote what a statement held.
func noteUnread(tick *store.Tick, part string, err error) {
	u := facts.Unread{Part: part, Number: errorNumber(err), Reason: "the server did not answer the question"}
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
