package episodes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// interpretTopology makes the event of a changed topology, by what changed.
func interpretTopology(q question, e timeline.Evidence) (timeline.Event, error) {
	switch q.Series {
	case "":
		return interpretTopologyChange(q, e)
	case seriesReplica:
		return interpretLostReplica(q, e)
	case seriesGroup:
		return interpretGroupChange(q, e)
	case seriesServer:
		return interpretReplaced(q, e)
	}
	return timeline.Event{}, fmt.Errorf("evidence %s: unknown change of topology %q", e.ID, q.Series)
}

// compare looks at the servers of a draft together: errant transactions are
// found, a member of a group is told once under its own name, and a replica that is
// recorded tells itself that it lost its source.
func compare(all []standing, f *timeline.Findings, w timeline.Window) {
	recorded := slices.Clone(f.Events)
	f.Events = slices.DeleteFunc(f.Events, func(e timeline.Event) bool {
		return e.Attributes["change"] == changeReplicaLost && toldByReplica(e, all, recorded)
	})
	for _, e := range errant(all, f) {
		if e.Touches(w) {
			f.Events = append(f.Events, e)
		}
	}
	for i := range f.Events {
		nameMember(&f.Events[i], all)
	}
}

// toldNear is how far apart a source and its replica notice that they lost each other:
// a dump thread only notices at its next packet.
const toldNear = time.Minute

// toldByReplica reports whether the replica that a source lost is recorded itself.
// Where the source does not know who it was (MariaDB), one of its replicas must have
// had something to tell at that time.
func toldByReplica(e timeline.Event, all []standing, events []timeline.Event) bool {
	source := slices.IndexFunc(all, func(s standing) bool { return s.Server == e.Target && len(s.Places) > 0 })
	for _, s := range all {
		if len(s.Places) == 0 || s.Server == e.Target {
			continue
		}
		if uuid := e.Attributes["replica_uuid"]; uuid != "" {
			if s.last().ServerUUID == uuid {
				return true
			}
			continue
		}
		if source < 0 || !slices.ContainsFunc(s.Places, func(p placement) bool { return slices.ContainsFunc(p.Sources, all[source].last().is) }) {
			continue
		}
		if slices.ContainsFunc(events, func(x timeline.Event) bool { return x.Target == s.Server && tellsLoss(x) && near(x, e) }) {
			return true
		}
	}
	return false
}

func tellsLoss(e timeline.Event) bool {
	switch e.Kind {
	case timeline.MySQLDown, timeline.MySQLRestart, timeline.MySQLReplicationStopped, timeline.MySQLTopologyChange:
		return true
	}
	return false
}

func near(a, b timeline.Event) bool {
	return a.Start.At.Sub(b.Start.At).Abs() <= toldNear
}

// nameMember puts a member's event under the member's name, where it is recorded:
// what several members say of it is then one event.
func nameMember(e *timeline.Event, all []standing) {
	if e.Attributes["change"] != changeGroup {
		return
	}
	for _, s := range all {
		if len(s.Places) > 0 && s.last().ServerUUID == e.Attributes["member_uuid"] {
			e.Target = s.Server
			e.Summary = strings.Replace(e.Summary, e.Attributes["member"], s.Server, 1)
			return
		}
	}
}
