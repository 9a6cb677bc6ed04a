package episodes

import (
	"fmt"
	"net"
	"slices"
	"strconv"

	"collector/internal/sources/mysql/facts"
	"collector/internal/timeline"
)

// The states of Group Replication that the rules name.
const (
	memberOnline  = "ONLINE"
	memberOffline = "OFFLINE" // what a server that is in no group says of itself
	memberPrimary = "PRIMARY"
)

// groupChange is the answer of a mysql.topology_change record of series group: one
// member of a replication group at two looks. An empty state is no member.
type groupChange struct {
	Before     look   `json:"before"`
	After      look   `json:"after"`
	ServerUUID string `json:"member_uuid"`
	Host       string `json:"host"`
	Port       uint16 `json:"port"`
	From       string `json:"from_state"`
	To         string `json:"to_state"`
	FromRole   string `json:"from_role"`
	ToRole     string `json:"to_role"`

	host string
}

// groupChanges compares the members that a server saw at two looks. A server that
// is not in the group any more knows nothing about the others.
func groupChanges(a, b facts.Topology, before, after look) (changes []groupChange) {
	was, is := members(a.Group), members(b.Group)
	self := is[b.ServerUUID]
	alone := self.State != memberOnline && self.State != "RECOVERING"
	var ids []string
	for _, m := range append(slices.Clone(a.Group), b.Group...) {
		if !slices.Contains(ids, m.ServerUUID) {
			ids = append(ids, m.ServerUUID)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		m, n := was[id], is[id]
		if m.State == n.State && m.Role == n.Role || alone && id != b.ServerUUID {
			continue
		}
		name := n
		if n.State == "" {
			name = m
		}
		changes = append(changes, groupChange{Before: before, After: after, ServerUUID: id, host: name.Host, Port: name.Port,
			From: m.State, To: n.State, FromRole: m.Role, ToRole: n.Role})
	}
	return changes
}

// members are those of a group, by UUID. OFFLINE is no member.
func members(group []facts.Member) map[string]facts.Member {
	all := map[string]facts.Member{}
	for _, m := range group {
		if m.State != memberOffline {
			all[m.ServerUUID] = m
		}
	}
	return all
}

// interpretGroupChange makes the event of a member that changed, an instant.
func interpretGroupChange(q question, e timeline.Evidence) (timeline.Event, error) {
	c, err := read[groupChange](e)
	if err != nil {
		return timeline.Event{}, err
	}
	at := changed(&c.Before, c.After, q.ReadFrom)
	event := q.event(e, timeline.MySQLTopologyChange, at, &at)
	event.Key = fmt.Sprintf("member %s to %s %s", c.ServerUUID, c.To, c.ToRole)
	member := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	for key, value := range map[string]string{
		"change": changeGroup, "member_uuid": c.ServerUUID, "member": member, "from_state": c.From, "to_state": c.To, "from_role": c.FromRole, "to_role": c.ToRole,
	} {
		set(event.Attributes, key, value)
	}
	event.Summary = c.summary(member)
	return event, nil
}

func (c groupChange) summary(member string) string {
	became := ""
	if c.ToRole == memberPrimary && c.FromRole != memberPrimary {
		became = ", as its primary"
	}
	switch {
	case c.To == "":
		was := c.From
		if c.FromRole != "" {
			was += " " + c.FromRole
		}
		return fmt.Sprintf("%s left the replication group, it was %s", member, was)
	case c.From == "":
		return fmt.Sprintf("%s joined the replication group and is %s%s", member, c.To, became)
	case c.From == c.To && became != "":
		return fmt.Sprintf("%s became the primary of the replication group", member)
	case c.From == c.To:
		return fmt.Sprintf("%s became %s in the replication group, it was %s", member, named(c.ToRole), named(c.FromRole))
	}
	return fmt.Sprintf("%s became %s in the replication group, it was %s%s", member, c.To, c.From, became)
}
