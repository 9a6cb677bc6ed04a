package episodes

import (
	"fmt"

	"collector/internal/timeline"
)

// sourceMoved reports whether a channel replicates from another server than
// before. A source's UUID and ID are only known once the channel has connected,
// so that learning them is no change.
func sourceMoved(a, b *replicaSample) bool {
	if a.Absent || b.Absent {
		return a.Absent != b.Absent
	}
	return a.Source != b.Source ||
		a.SourceUUID != "" && b.SourceUUID != "" && a.SourceUUID != b.SourceUUID ||
		a.SourceID != 0 && b.SourceID != 0 && a.SourceID != b.SourceID
}

// topologyChange is a change of one channel.
type topologyChange struct {
	channel string
	pair[replicaSample]
}

// interpretTopologyChange makes the event of a channel that appeared, vanished
// or changed its source, an instant.
func interpretTopologyChange(q question, e timeline.Evidence) (timeline.Event, error) {
	p, err := readPair[replicaSample](e)
	if err != nil {
		return timeline.Event{}, err
	}
	at := p.at()
	event := q.event(e, timeline.MySQLTopologyChange, at, &at)
	from, to := sourceName(p.Before, p.After), sourceName(p.After, p.Before)
	channel := channelName(q.Channel)
	event.Key = channel + " to " + to
	event.Attributes["channel"], event.Attributes["from"], event.Attributes["to"] = channel, from, to
	switch {
	case p.Before.Absent:
		event.Summary = fmt.Sprintf("%s became a replica of %s on channel %s", q.Server, to, channel)
	case p.After.Absent:
		event.Summary = fmt.Sprintf("replication channel %s of %s, which replicated from %s, was removed", channel, q.Server, from)
	default:
		event.Summary = fmt.Sprintf("%s replicates from %s instead of %s on channel %s", q.Server, to, from, channel)
	}
	return event, nil
}

// sourceName names the source of s: by its address, and where the other side's
// is the same, by its identity too.
func sourceName(s, other *replicaSample) string {
	switch {
	case s.Absent:
		return "none"
	case s.Source != other.Source:
		return s.Source
	case s.SourceUUID != other.SourceUUID:
		return s.Source + " (" + s.SourceUUID + ")"
	}
	return fmt.Sprintf("%s (server_id %d)", s.Source, s.SourceID)
}
