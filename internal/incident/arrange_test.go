package incident

import (
	"math/rand/v2"
	"testing"
)

// TestArrangementOfChanges: an arrangement that is told a history bit by bit, and is
// looked at in between, holds what one holds that is told all of it at once.
func TestArrangementOfChanges(t *testing.T) {
	c := atOnce()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		all := history(r)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		a, now := newArrangement(&c), at(30+r.Float64()*300)
		l, known := Ledger{}, map[key]Episode{}
		for _, n := range all {
			for _, alert := range n.Alerts {
				n.ReceivedAt = whole(n.ReceivedAt)
				e := told(n, alert)
				if old, ok := known[e.key()]; ok {
					e = old.with(e)
				}
				known[e.key()] = e
				a.put(e)
			}
			disturb(r, a, &l, known)
			if r.IntN(3) > 0 {
				continue
			}
			l.Episodes = nil
			for _, e := range known {
				l.Episodes = append(l.Episodes, e)
			}
			incidents := a.incidents(now)
			if got, want := detailed(incidents), detailed(Derive(l, &c, now)); got != want {
				t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, got, want)
			}
			l.Names = nameThem(l.Names, incidents)
			a.name(l.Names)
		}
	}
}

func nameThem(names []Naming, incidents []Incident) []Naming {
	for _, i := range incidents {
		if i.Unnamed {
			names = append(names, Naming{i.ID, Anchor{i.Alerts[0].Fingerprint, i.Alerts[0].StartsAt}})
		}
	}
	return names
}

// disturb seals an alert, damages one, or lets an operator decide something.
func disturb(r *rand.Rand, a *arrangement, l *Ledger, known map[key]Episode) {
	for _, e := range known { // any
		switch r.IntN(30) {
		case 0:
			delete(known, e.key())
			a.remove(e.key())
		case 1:
			e.Damaged, e.First, e.Latest = true, Words{}, Words{}
			known[e.key()] = e
			a.put(e)
		case 2:
			if len(l.Names) > 0 {
				id := l.Names[r.IntN(len(l.Names))].ID
				l.Decisions = append(l.Decisions, Decision{At: e.Received, Kind: CloseDecision, Incident: id})
				a.decide(l.Decisions)
			}
		case 3:
			if len(l.Names) > 1 {
				l.Decisions = append(l.Decisions, Decision{Kind: MergeDecision, Incident: l.Names[0].ID, Other: l.Names[len(l.Names)-1].ID})
				a.decide(l.Decisions)
			}
		case 4:
			if len(l.Names) > 0 {
				l.Decisions = append(l.Decisions, Decision{Kind: SplitDecision, Other: l.Names[0].ID, Alerts: []Anchor{{e.Fingerprint, e.StartsAt}}})
				a.decide(l.Decisions)
			}
		}
		return
	}
}

// TestOnlyWhatChanged: a look leaves the groups alone that no change touches.
func TestOnlyWhatChanged(t *testing.T) {
	b := toldBook(t)
	before := advance(t, b, 6)
	receive(t, b, notify(6.5, firing("d", 6)))
	after := advance(t, b, 7)
	compare(t, after, shop+" open 08:47–09:07 a* b* d*", bank+" open 08:49–09:07 c*")
	if &before[1].Alerts[0] != &after[1].Alerts[0] {
		t.Error("the bank's alerts were arranged again")
	}
	if before[0].Alerts[0] != after[0].Alerts[0] || len(before[0].Alerts) != 2 {
		t.Error("an alert that did not change was judged again, or what was told before has changed")
	}
}
