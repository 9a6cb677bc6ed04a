package mysql

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// How often the topology is looked at, and its GTID sets, which MySQL reads under
// a lock that commits take too; and how often sets that moved are kept.
const (
	topologyEvery = 2 * time.Second
	gtidEvery     = 10 * time.Second
	gtidKept      = 30 * time.Second
)

// maxGTIDSet bounds a GTID set that is kept: some hundred sources without holes.
const maxGTIDSet = 8 << 10

// peersStatement lists the replicas that are connected, or is empty: MariaDB wants
// REPLICATION MASTER ADMIN for it, more than a recorder should have, and there the
// dump threads in the processlist tell. MySQL renamed the statement in 8.0.22 and
// dropped the old one in 8.4.
func peersStatement(v Version) string {
	switch {
	case v.Flavour == MariaDB:
		return ""
	case v.Number >= 80022:
		return "SHOW REPLICAS"
	}
	return "SHOW SLAVE HOSTS"
}

// groupStatement lists the members of the group. Without the plugin it is empty
// and costs 0.1 ms; with it and no group, the server is OFFLINE.
const groupStatement = "SELECT MEMBER_ID, MEMBER_HOST, MEMBER_PORT, MEMBER_STATE, MEMBER_ROLE" +
	" FROM performance_schema.replication_group_members WHERE MEMBER_ID <> '' ORDER BY MEMBER_ID"

// gtidStatement asks for what was executed. MariaDB's state is of its own binary
// log, which need not hold what was replicated.
func gtidStatement(v Version) string {
	if v.Flavour == MariaDB {
		return "SELECT @@global.gtid_binlog_state, @@global.gtid_slave_pos"
	}
	return "SELECT @@global.gtid_executed, ''"
}

// topologyReader remembers the look before.
type topologyReader struct {
	last     facts.Topology
	known    bool
	lookedAt time.Time
	askedAt  time.Time // for the GTID sets
	keptAt   time.Time
	session  uint64
	denied   bool      // the replicas may not be listed
	alone    time.Time // of the last look for members, when there was no group; zero otherwise
}

func (r *topologyReader) read(ctx context.Context, c *conn, into *store.Tick) error {
	beat := &into.Heartbeat
	now := facts.Topology{ServerUUID: beat.ServerUUID, ServerID: beat.ServerID, ReadOnly: beat.ReadOnly, Sources: r.last.Sources}
	if c.replicas != nil {
		now.Sources = sourcesOf(c.replicas.Channels)
	}
	var err error
	if now.Replicas, err = r.readPeers(ctx, c, into.Sessions); err != nil {
		return err
	}
	if now.Group, err = r.readGroup(ctx, c, beat.At); err != nil {
		return err
	}
	moved := r.last
	moved.Since, moved.GTID = nil, facts.GTID{}
	changed := !r.known || !reflect.DeepEqual(moved, now)
	anew := c.id != r.session // the server may have been another one, or away
	if changed || anew || beat.At.Sub(r.askedAt) >= gtidEvery-earlyTurn {
		if now.GTID, err = c.readGTID(ctx); err != nil {
			return err
		}
		if asked := r.askedAt; r.known {
			now.GTID.Since = &asked
		}
		r.askedAt, r.session = beat.At, c.id
	}
	keep := changed || anew || now.GTID.Asked && now.GTID.Executed+now.GTID.Slave != r.last.GTID.Executed+r.last.GTID.Slave &&
		(beat.At.Sub(r.keptAt) >= gtidKept-earlyTurn || len(now.Sources) > 0 && ownPart(now) != ownPart(r.last))
	since := r.lookedAt
	if r.known {
		now.Since = &since
	}
	r.lookedAt, r.known = beat.At, true
	if keep {
		r.keptAt = beat.At
		r.last = now
		return note(into, facts.KindTopology, now)
	}
	return nil
}

func sourcesOf(channels []store.Replica) (sources []facts.Source) {
	for i := range channels {
		c := &channels[i]
		sources = append(sources, facts.Source{Channel: c.Channel, ServerUUID: c.SourceUUID, ServerID: c.SourceID,
			Stopped: c.IORunning == "No" && c.SQLRunning == "No"})
	}
	return sources
}

// readPeers lists the replicas that are connected, in an order of its own. A replica has
// a dump thread: where there is none, and was none, nobody asks.
func (r *topologyReader) readPeers(ctx context.Context, c *conn, sessions *store.Sessions) (peers []facts.Peer, err error) {
	if sessions != nil && len(r.last.Replicas) == 0 && len(dumpThreads(sessions.Active)) == 0 {
		return nil, nil
	}
	statement := peersStatement(c.version)
	if statement == "" || r.denied {
		if sessions == nil {
			return r.last.Replicas, nil
		}
		return dumpThreads(sessions.Active), nil
	}
	answer, err := c.query(ctx, statement)
	if isPrivilege(err) {
		r.denied = true
		return r.readPeers(ctx, c, sessions)
	}
	if err != nil {
		return nil, fmt.Errorf("listing the replicas: %w", err)
	}
	for _, row := range answer.values {
		found := cells{answer, row}
		peers = append(peers, facts.Peer{
			ServerID: uint32(number(found.get("Server_Id", "Server_id"))), ServerUUID: found.get("Replica_UUID", "Slave_UUID").String,
			Host: found.get("Host").String,
		})
	}
	slices.SortFunc(peers, comparePeers)
	return peers, nil
}

// dumpThreads are the sessions over which replicas read the binary log.
func dumpThreads(sessions []store.Session) (peers []facts.Peer) {
	for i := range sessions {
		if s := &sessions[i]; strings.HasPrefix(s.Command, "Binlog Dump") {
			peers = append(peers, facts.Peer{Host: s.Host})
		}
	}
	slices.SortFunc(peers, comparePeers)
	return peers
}

func comparePeers(a, b facts.Peer) int {
	return cmp.Or(cmp.Compare(a.ServerUUID, b.ServerUUID), cmp.Compare(a.ServerID, b.ServerID), cmp.Compare(a.Host, b.Host))
}

// newGroupEvery is how often a server that is in no group is asked whether it joined one.
const newGroupEvery = 10 * time.Second

// readGroup lists the members of the group that the server is in.
func (r *topologyReader) readGroup(ctx context.Context, c *conn, at time.Time) (members []facts.Member, err error) {
	if c.version.Flavour != MySQL || !c.schema || at.Sub(r.alone).Abs() < newGroupEvery-earlyTurn {
		return nil, nil
	}
	answer, err := c.query(ctx, groupStatement)
	if err != nil {
		return nil, fmt.Errorf("reading the members of the group: %w", err)
	}
	for _, row := range answer.values {
		members = append(members, facts.Member{ServerUUID: row[0].String, Host: row[1].String, Port: uint16(number(row[2])),
			State: row[3].String, Role: row[4].String})
	}
	r.alone = time.Time{}
	if len(members) == 0 {
		r.alone = at
	}
	return members, nil
}

func (c *conn) readGTID(ctx context.Context) (facts.GTID, error) {
	row, err := c.one(ctx, gtidStatement(c.version))
	if err != nil {
		return facts.GTID{}, fmt.Errorf("reading the GTID sets: %w", err)
	}
	first, second := oneLine(row[0].String), oneLine(row[1].String)
	if len(first)+len(second) > maxGTIDSet {
		return facts.GTID{Asked: true, TooLong: true}, nil
	}
	return facts.GTID{Asked: true, Executed: first, Slave: second}, nil
}

// oneLine takes the line breaks out of a GTID set.
func oneLine(set string) string { return strings.Join(strings.Fields(set), "") }

// ownPart is what a server has executed that began on itself: on a replica it only
// moves when somebody writes there.
func ownPart(t facts.Topology) string {
	for part := range strings.SplitSeq(t.GTID.Executed, ",") {
		switch {
		case t.ServerUUID != "" && strings.HasPrefix(part, t.ServerUUID+":"):
			return part
		case t.ServerUUID == "":
			if words := strings.Split(part, "-"); len(words) == 3 && words[1] == fmt.Sprint(t.ServerID) {
				return part
			}
		}
	}
	return ""
}
