package episodes

import (
	"fmt"
	"slices"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/timeline"
)

// A replica that reconnects is no news, and what came only for a moment, to read
// the binary log, is no replica.
const (
	lostAfter     = 10 * time.Second
	replicaSteady = 30 * time.Second
	lostRule      = "connected for 30 s or more, then not for 10 s or more"
)

// lostReplica is the answer of a mysql.topology_change record of series replica: the
// last look that showed a replica, and the first one that did not.
type lostReplica struct {
	Before     look   `json:"before"`
	After      look   `json:"after"`
	Back       *look  `json:"back,omitempty"` // the first look that showed it again
	ServerUUID string `json:"replica_uuid,omitempty"`
	ServerID   uint32 `json:"replica_id,omitempty"`
	Host       string `json:"host,omitempty"`

	host string
}

// peerScan follows the replicas that are connected to a server. Those that only
// their host tells apart are counted.
type peerScan struct {
	present []peer
	gone    []lostReplica // not long enough yet
	done    []lostReplica
}

type peer struct {
	facts.Peer
	since *time.Time // nil: it was there at the first look
}

// forget drops everything: the server itself was away.
func (s *peerScan) forget() { s.present, s.gone = nil, nil }

// take compares the replicas at a look with those of the look before it.
func (s *peerScan) take(replicas []facts.Peer, before *look, l look) {
	left := slices.Clone(replicas)
	var still []peer
	for _, p := range s.present {
		if i := slices.Index(left, p.Peer); i >= 0 {
			left = slices.Delete(left, i, i+1)
			still = append(still, p)
			continue
		}
		if before != nil && (p.since == nil || before.At.Sub(*p.since) >= replicaSteady) {
			s.gone = append(s.gone, lostReplica{Before: *before, After: l, ServerUUID: p.ServerUUID, ServerID: p.ServerID, host: p.Host})
		}
	}
	for _, r := range left {
		since := &l.At
		if before == nil || s.returned(r, l) {
			since = nil
		}
		still = append(still, peer{r, since})
	}
	s.present = still
}

// returned takes a replica that is back out of those that are gone.
func (s *peerScan) returned(r facts.Peer, l look) bool {
	is := func(x lostReplica) bool {
		return x.ServerUUID == r.ServerUUID && x.ServerID == r.ServerID && x.host == r.Host
	}
	if i := slices.IndexFunc(s.gone, is); i >= 0 {
		s.gone = slices.Delete(s.gone, i, i+1)
		return true
	}
	for i := range s.done {
		if x := &s.done[i]; x.Back == nil && is(*x) {
			x.Back = kept(&l)
			return true
		}
	}
	return false
}

// pass looks which replicas are gone for long enough.
func (s *peerScan) pass(l look) {
	s.gone = slices.DeleteFunc(s.gone, func(x lostReplica) bool {
		if l.At.Sub(x.After.At) < lostAfter {
			return false
		}
		s.done = append(s.done, x)
		return true
	})
}

// interpretLostReplica makes the event of a replica that its source lost, an
// instant. Interpret leaves it out where the replica tells it itself.
func interpretLostReplica(q question, e timeline.Evidence) (timeline.Event, error) {
	x, err := read[lostReplica](e)
	if err != nil {
		return timeline.Event{}, err
	}
	at := changed(&x.Before, x.After, q.ReadFrom)
	event := q.event(e, timeline.MySQLTopologyChange, at, &at)
	event.Key = fmt.Sprintf("replica %s %d %s lost", x.ServerUUID, x.ServerID, x.Host)
	event.Attributes["change"] = changeReplicaLost
	set(event.Attributes, "replica_uuid", x.ServerUUID)
	if x.ServerID != 0 {
		event.Attributes["replica_id"] = fmt.Sprint(x.ServerID)
	}
	set(event.Attributes, "host", x.Host)
	name := x.Host
	if name == "" {
		name = "server_id " + event.Attributes["replica_id"]
	}
	event.Summary = fmt.Sprintf("a replica of %s (%s) is no longer connected", q.Server, name)
	if x.Back != nil {
		event.Attributes["back_after_seconds"] = seconds(x.Back.At.Sub(x.After.At))
		event.Summary = fmt.Sprintf("a replica of %s (%s) was not connected for %s", q.Server, name, spoken(x.Back.At.Sub(x.After.At)))
	}
	return event, nil
}

// The attribute change of mysql.topology_change events that are of no channel.
const (
	changeReplicaLost = "replica_lost"
	changeGroup       = "group_member"
	changeServer      = "server_replaced"
	changeErrant      = "errant_transactions"
)
