package episodes

import (
	"cmp"
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// The rules of errant transactions.
const (
	ruleOnReplica  = "errant_on_replica"  // a replica executed transactions of its own, which its source never got
	ruleAtFailover = "errant_at_failover" // a server has transactions of its own that its replica, which was promoted, lacks
)

// standing is where a server stood, from its mysql.topology record.
type standing struct {
	question
	placements
	id string
}

// last is the server's last look.
func (s standing) last() placement { return s.Places[len(s.Places)-1] }

// errant compares the servers of a draft. What cannot be compared is a gap.
func errant(all []standing, f *timeline.Findings) (events []timeline.Event) {
	all = slices.DeleteFunc(all, func(s standing) bool { return len(s.Places) == 0 })
	slices.SortFunc(all, func(a, b standing) int { return cmp.Compare(a.Server, b.Server) })
	for _, s := range all {
		events = append(events, s.onReplica(all, f)...)
		for _, other := range all {
			if other.Server != s.Server {
				events = append(events, s.atFailover(other, all, f)...)
			}
		}
	}
	return events
}

// onReplica finds what a server wrote while it was a replica: its own part grew
// between two looks at which it had a source. In a ring that is no fault.
func (s standing) onReplica(all []standing, f *timeline.Findings) (events []timeline.Event) {
	for i := 1; i < len(s.Places); i++ {
		a, b := s.Places[i-1], s.Places[i]
		if len(a.following()) == 0 || len(b.following()) == 0 || a.ServerUUID != b.ServerUUID || a.ServerID != b.ServerID || s.inRing(b, all) {
			continue
		}
		m, err := lacking(b, a.GTID, byGrowth)
		if err == nil && m.count > 0 && sourceHas(b, all) {
			continue
		}
		if err != nil {
			s.uncompared(err, f)
			return events
		}
		if m.count == 0 {
			continue
		}
		event := s.event(b, m, ruleOnReplica, []string{s.id})
		event.Summary = fmt.Sprintf("%s executed %s of its own while it was a replica (%s)", s.Server, transactionCount(m.count), shown(m.text, summaryShown))
		events = append(events, event)
	}
	return events
}

// sourceHas reports whether a source of a server has, in the end, everything that
// the server wrote itself: then nothing strayed.
func sourceHas(p placement, all []standing) bool {
	return slices.ContainsFunc(all, func(source standing) bool {
		if !source.isSourceOf(p) || !source.last().At.After(p.At) {
			return false
		}
		m, err := lacking(p, source.last().GTID, byName)
		return err == nil && m.count == 0
	})
}

// inRing reports whether a source of a server replicates from the server.
func (s standing) inRing(p placement, all []standing) bool {
	for _, source := range p.following() {
		for _, r := range p.Replicas {
			if r.ServerUUID != "" && r.ServerUUID == source.ServerUUID || r.ServerUUID == "" && r.ServerID != 0 && r.ServerID == source.ServerID {
				return true
			}
		}
	}
	for _, other := range all {
		if other.isSourceOf(p) && slices.ContainsFunc(other.Places, func(o placement) bool { return slices.ContainsFunc(o.following(), p.is) }) {
			return true
		}
	}
	return false
}

// isSourceOf reports whether a server is a source of a placed one.
func (s standing) isSourceOf(p placement) bool {
	return slices.ContainsFunc(p.following(), s.last().is)
}

// atFailover finds what a server has of its own that another one lacks which was
// its replica and took its place.
func (s standing) atFailover(promoted standing, all []standing, f *timeline.Findings) []timeline.Event {
	at := promoted.promotion(s, all, f.Events)
	if at < 0 {
		return nil
	}
	end := promoted.last()
	first := slices.IndexFunc(s.Places, func(p placement) bool {
		m, err := lacking(p, end.GTID, provenOnly)
		return err == nil && m.count > 0 && p.ServerUUID == s.last().ServerUUID
	})
	m, err := lacking(s.last(), end.GTID, provenOnly)
	if err != nil {
		s.uncompared(err, f)
		return nil
	}
	if m.count == 0 || first < 0 {
		return nil
	}
	place := s.Places[first]
	if promotion := promoted.Places[at]; place.At.Before(promotion.At) {
		place.look, place.Before, place.GTID.Since = promotion.look, promotion.Before, nil
	}
	event := s.event(place, m, ruleAtFailover, []string{s.id, promoted.id})
	event.Attributes["promoted"] = promoted.Server
	are := "are"
	if m.count == 1 {
		are = "is"
	}
	event.Summary = fmt.Sprintf("%s of the old primary %s %s not on the new primary %s (%s)", transactionCount(m.count), s.Server, are, promoted.Server, shown(m.text, summaryShown))
	return []timeline.Event{event}
}

// promotion is the look from which on a server had taken the place of one that it
// had replicated from, to the end; -1 when it did not. It is writable and follows
// nobody. A channel that is only stopped does not say so, unless read_only was
// taken off too; nor does one that was removed while the old source went on alone.
func (s standing) promotion(source standing, all []standing, events []timeline.Event) int {
	last, flipped := -1, false
	for i, p := range s.Places {
		if p.followed(source.last()) {
			last, flipped = i, flipped || p.ReadOnly
		}
	}
	if last < 0 {
		return -1
	}
	if !flipped && !source.gaveUp(events) && !slices.ContainsFunc(all, func(o standing) bool { return o.last().followed(s.last()) }) {
		return -1
	}
	at := -1
	for i := len(s.Places) - 1; i > last; i-- {
		p := s.Places[i]
		if p.ReadOnly || len(p.Sources) > 0 && (!flipped || len(p.following()) > 0) {
			break
		}
		at = i
	}
	return at
}

// gaveUp reports whether a server is no primary any more, or was away.
func (s standing) gaveUp(events []timeline.Event) bool {
	return s.last().ReadOnly || len(s.last().following()) > 0 ||
		slices.ContainsFunc(events, func(e timeline.Event) bool { return e.Kind == timeline.MySQLDown && e.Target == s.Server })
}

// followed reports whether a server was a replica of another one.
func (p placement) followed(source placement) bool {
	return slices.ContainsFunc(p.following(), source.is)
}

// event is an errant set's, at the look that showed it first.
func (s standing) event(p placement, m missing, rule string, evidence []string) timeline.Event {
	before := p.Before
	if p.GTID.Since != nil {
		before = &look{At: p.GTID.Since.UTC()}
	}
	at := changed(before, p.look, s.ReadFrom)
	return timeline.Event{
		Kind: timeline.MySQLTopologyChange, Grade: timeline.Derived, Source: sourceKind, Target: s.Server, Start: at, End: &at, Evidence: evidence,
		Key:        "errant " + m.text,
		Attributes: map[string]string{"change": changeErrant, "errant_gtids": shown(m.text, statementShown), "transactions": fmt.Sprint(m.count), "rule": rule},
	}
}

// uncompared says that sets could not be compared: too long, or with tags (MySQL 8.3).
func (s standing) uncompared(err error, f *timeline.Findings) {
	g := timeline.Gap{Source: sourceKind, Target: s.Server, From: s.Window.From, To: s.Window.To, Evidence: []string{s.id},
		Reason: fmt.Sprintf("could not look for errant transactions: %v", err)}
	if !slices.ContainsFunc(f.Gaps, func(o timeline.Gap) bool { return o.Target == g.Target && o.Reason == g.Reason }) {
		f.Gaps = append(f.Gaps, g)
	}
}

func transactionCount(n uint64) string {
	if n == 1 {
		return "1 transaction"
	}
	return fmt.Sprintf("%d transactions", n)
}
