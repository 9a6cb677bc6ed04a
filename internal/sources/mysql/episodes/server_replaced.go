package episodes

import (
	"fmt"

	"collector/internal/timeline"
)

// interpretReplaced makes the event of another server behind the same address, an
// instant. A server_id that changed while the server ran was set.
func interpretReplaced(q question, e timeline.Evidence) (timeline.Event, error) {
	p, err := readPair[beat](e)
	if err != nil {
		return timeline.Event{}, err
	}
	at := p.at()
	event := q.event(e, timeline.MySQLTopologyChange, at, &at)
	what, from, to := "server_uuid", p.Before.ServerUUID, p.After.ServerUUID
	if to == "" {
		what, from, to = "server_id", fmt.Sprint(p.Before.ServerID), fmt.Sprint(p.After.ServerID)
	}
	event.Key = what + " to " + to
	event.Attributes["change"], event.Attributes["from"], event.Attributes["to"] = changeServer, from, to
	event.Summary = fmt.Sprintf("%s is now another server: its %s is %s instead of %s", q.Server, what, to, from)
	if what == "server_id" && !bootMoved(p.Before, p.After) {
		event.Summary = fmt.Sprintf("the server_id of %s was changed from %s to %s", q.Server, from, to)
	}
	return event, nil
}
