package episodes

import (
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The series of a mysql.topology_change record: what changed. Without one it is a
// replication channel.
const (
	seriesReplica = "replica" // of this server
	seriesGroup   = "group"
	seriesServer  = "server" // another one behind the same address
)

// topologyScan follows who replicates with whom, as far as replication channels do
// not tell it.
type topologyScan struct {
	before   *store.Fact // the last one before the part of the window that is read in full
	beforeAt look
	now      facts.Topology
	known    bool
	last     *look // at the topology
	beat     *beat // the last answered heartbeat

	peers    peerScan
	group    []groupChange
	replaced []pair[beat]
	places   placementScan
}

func (s *topologyScan) observe(m *moment) {
	if m.beat == nil {
		for i := range m.facts {
			if m.facts[i].Kind == facts.KindTopology {
				s.before, s.beforeAt = kept(&m.facts[i]), m.look
			}
		}
		return
	}
	if s.before != nil {
		s.take(*s.before, s.beforeAt, true)
		s.before = nil
	}
	s.identity(m)
	if m.restart != nil {
		s.peers.forget() // they all have to connect anew
	}
	for _, f := range m.facts {
		if f.Kind == facts.KindTopology {
			s.take(f, m.look, false)
		}
	}
	if m.beat.looked.Has(store.PartTopology) {
		s.last = kept(&m.look)
		s.peers.pass(m.look)
	}
}

// identity compares the heartbeats: a server has its UUID for life. MariaDB has
// none; there a server_id that changed with a restart is taken for another server.
func (s *topologyScan) identity(m *moment) {
	b := m.beat
	if b.outcome != store.Answered {
		return
	}
	if a := s.beat; a != nil && (a.ServerUUID != b.ServerUUID || b.ServerUUID == "" && a.ServerID != b.ServerID) {
		s.replaced = append(s.replaced, pair[beat]{kept(a), kept(b)})
		s.peers.forget()
		s.now.Group = nil
	}
	s.beat = kept(b)
}

func (s *topologyScan) take(f store.Fact, l look, old bool) {
	t, err := facts.Read[facts.Topology](f)
	if err != nil {
		return // one that cannot be read tells nothing
	}
	before := s.last
	if t.Since != nil {
		before = &look{At: t.Since.UTC().Truncate(time.Millisecond)}
	}
	if s.known && before != nil && !old {
		s.group = append(s.group, groupChanges(s.now, t, *before, l)...)
	}
	s.peers.take(t.Replicas, before, l)
	s.places.take(placement{look: l, Topology: t}, before)
	s.now, s.known, s.last = t, true, kept(&l)
}

func (s *topologyScan) records(g *recorder) {
	query := g.topologyQuery()
	for _, p := range s.replaced {
		q := g.question(timeline.MySQLTopologyChange)
		q.Series = seriesServer
		g.episode(q, g.beatQuery(), p)
	}
	for _, p := range s.peers.done {
		q := g.question(timeline.MySQLTopologyChange)
		q.Series, q.Rule = seriesReplica, lostRule
		p.Host = g.roles.Host(p.host)
		g.episode(q, query, p)
	}
	for _, c := range s.group {
		q := g.question(timeline.MySQLTopologyChange)
		q.Series = seriesGroup
		c.Host = g.roles.Host(c.host)
		g.episode(q, query, c)
	}
	if a := s.places.answer(); len(a.Places) > 0 {
		q := g.question(kindTopology)
		q.Rule = placesRule
		g.answer(q, query, a)
	}
	g.looked(timeline.MySQLTopologyChange, store.PartTopology, query, "replicas that were lost, members of a replication group that changed, errant transactions")
}

// topologyQuery is what a record names, for a person to ask a server again.
func (g *recorder) topologyQuery() string {
	if g.mariaDB {
		return "dump threads in the processlist every 2 s, @@gtid_binlog_state, @@gtid_slave_pos every 10 s (recorded)"
	}
	return "SHOW REPLICAS, performance_schema.replication_group_members every 2 s, @@gtid_executed every 10 s (recorded)"
}
