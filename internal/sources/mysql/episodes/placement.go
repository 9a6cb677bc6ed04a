package episodes

import (
	"slices"

	"collector/internal/sources/mysql/facts"
)

// kindTopology is the kind of a record that says where a server stood in its
// topology, and what it had executed. Errant transactions are found by comparing
// those of all servers of a draft.
const kindTopology = "mysql.topology"

// placesRule says which looks such a record keeps.
const placesRule = "the first and the last look, and those where the role, a source or what a replica wrote itself changed; at most 16"

const placesKept = 16

// placements is the answer of a mysql.topology record.
type placements struct {
	Places []placement `json:"looks"`
}

// placement is one look at a server's place.
type placement struct {
	look
	Before *look `json:"before"` // the look before it
	facts.Topology
}

// placementScan keeps the looks that errant transactions are found in.
type placementScan struct {
	kept []placement
	last *placement // not kept yet
}

func (s *placementScan) take(p placement, before *look) {
	p.Before = before
	p.Group = nil
	p.Since = nil
	for i := range p.Replicas {
		p.Replicas[i].Host = "" // of clients: masked elsewhere
	}
	if n := len(s.kept); n == 0 || s.kept[n-1].differs(p) {
		if s.last != nil {
			s.kept = append(s.kept, *s.last)
		}
		s.kept, s.last = append(s.kept, p), nil
		return
	}
	s.last = &p
}

// differs reports whether more than time went by.
func (a placement) differs(b placement) bool {
	if a.ServerUUID != b.ServerUUID || a.ServerID != b.ServerID || a.ReadOnly != b.ReadOnly || !slices.Equal(a.Sources, b.Sources) {
		return true
	}
	if len(b.following()) == 0 {
		return false
	}
	m, err := lacking(b, a.GTID, byGrowth)
	return err != nil || m.count > 0
}

func (s *placementScan) answer() placements {
	all := s.kept
	if s.last != nil {
		all = append(all, *s.last)
	}
	if over := len(all) - placesKept; over > 0 {
		all = slices.Delete(slices.Clone(all), placesKept/2, placesKept/2+over)
	}
	return placements{all}
}

// following are the sources of a replica: of channels that nobody has stopped.
func (p placement) following() (sources []facts.Source) {
	for _, s := range p.Sources {
		if !s.Stopped {
			sources = append(sources, s)
		}
	}
	return sources
}

// is reports whether the placed server is a source, by what tells it from all others.
func (p placement) is(s facts.Source) bool {
	if p.ServerUUID != "" {
		return p.ServerUUID == s.ServerUUID
	}
	return s.ServerUUID == "" && p.ServerID != 0 && p.ServerID == s.ServerID
}
