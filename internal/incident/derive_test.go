package incident

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRules is docs/incidents.md, rule by rule.
func TestRules(t *testing.T) {
	const a0902 = "2026-11-21T0902Z-shop"
	late := resolved("a", 2, 0)
	late.EndsAt = at(0).AddDate(-60, 0, 0)
	zeroEnd := resolved("a", 2, 0)
	zeroEnd.EndsAt = time.Time{} // as Alertmanager writes 0001-01-01T00:00:00Z
	old := firing("a", 0)
	old.StartsAt = at(0).AddDate(-56, 0, 0)
	bare := firing("a", 2)
	bare.Labels = map[string]string{"alertname": "Watch../dog\n#"}
	tests := []struct {
		name string
		told []Notification
		now  float64
		want []string
	}{
		{"fires", []Notification{notify(2.5, firing("a", 2))}, 10, []string{a0902 + " open 08:47–09:10 a*"}},
		{"settles", []Notification{notify(2.5, firing("a", 2)), notify(21, resolved("a", 2, 20))}, 24, []string{a0902 + " settling 08:47–09:24 a"}},
		{"is closed", []Notification{notify(2.5, firing("a", 2)), notify(21, resolved("a", 2, 20))}, 25, []string{a0902 + " closed 08:47–09:25 a"}},
		{"a second alert joins", []Notification{notify(2.5, firing("a", 2)), notify(9, firing("b", 8), resolved("a", 2, 7))}, 10, []string{a0902 + " open 08:47–09:10 a b*"}},
		{"within merge_gap", []Notification{notify(10, resolved("a", 2, 10)), notify(21, firing("b", 20))}, 21, []string{a0902 + " open 08:47–09:21 a b*"}},
		{"after merge_gap", []Notification{notify(10, resolved("a", 2, 10)), notify(21, firing("b", 20.1))}, 21,
			[]string{a0902 + " closed 08:47–09:15 a", "2026-11-21T0920Z-shop open 09:05–09:21 b*"}},
		{"a late alert joins two", []Notification{notify(10, resolved("a", 2, 10)), notify(41, resolved("b", 30, 40)), notify(42, resolved("c", 15, 25))}, 50,
			[]string{a0902 + " closed 08:47–09:45 a c b"}},
		{"other group", []Notification{notify(3, firing("a", 2), firing("bank/b", 2))}, 4,
			[]string{"2026-11-21T0902Z-bank open 08:47–09:04 b*", a0902 + " open 08:47–09:04 a*"}},
		{"resolved before firing", []Notification{notify(21, resolved("a", 2, 20)), notify(22, firing("a", 2))}, 26, []string{a0902 + " closed 08:47–09:25 a"}},
		{"late repeat of the other half", []Notification{notify(3, firing("a", 2)), notify(21, resolved("a", 2, 20)), notify(23, firing("a", 2))}, 26,
			[]string{a0902 + " closed 08:47–09:25 a"}},
		{"fires again", []Notification{notify(21, resolved("a", 2, 20)), notify(23, firing("a", 22))}, 26, []string{a0902 + " open 08:47–09:26 a a*"}},
		{"resolved without an end", []Notification{notify(3, firing("a", 2)), notify(20, zeroEnd)}, 26, []string{a0902 + " closed 08:47–09:25 a"}},
		{"an end before the start", []Notification{notify(3, firing("a", 2)), notify(20, late)}, 26, []string{a0902 + " closed 08:47–09:07 a"}},
		{"an end in the future", []Notification{notify(3, firing("a", 2)), notify(20, resolved("a", 2, 500))}, 26, []string{a0902 + " closed 08:47–09:25 a"}},
		{"a start in the future", []Notification{notify(3, firing("a", 300))}, 4, []string{"2026-11-21T0903Z-shop open 08:48–09:04 a*"}},
		{"a start in 1970", []Notification{notify(3, old)}, 4, []string{"2026-11-21T0903Z-shop open 08:48–09:04 a*"}},
		{"a start yesterday", []Notification{notify(3, firing("a", -1200))}, 4, []string{"2026-11-20T1300Z-shop open 12:45–09:04 a*"}},
		{"other start, resolved", []Notification{notify(3, firing("a", 2)), notify(4, firing("a", 3)), notify(21, resolved("a", 2, 20))}, 26,
			[]string{a0902 + " closed 08:47–09:25 a a"}},
		{"other start, still told", []Notification{notify(3, firing("a", 2)), notify(21, resolved("a", 2, 20)), notify(22, firing("a", 3))}, 26,
			[]string{a0902 + " open 08:47–09:26 a a*"}},
		{"max_open", []Notification{notify(3, firing("a", 2))}, 2 + 24*60, []string{a0902 + " closed 08:47–09:02 a* by max_open"}},
		{"max_open, resolved later", []Notification{notify(3, firing("a", 2)), notify(2000, resolved("a", 2, 1999))}, 2100, []string{a0902 + " closed 08:47–09:02 a by max_open"}},
		{"after max_open", []Notification{notify(3, firing("a", 2)), notify(1500, firing("b", 1499))}, 1501,
			[]string{a0902 + " closed 08:47–09:02 a* by max_open", "2026-11-22T0959Z-shop open 09:44–10:01 b*"}},
		{"no group label, a hostile name", []Notification{notify(3, bare)}, 4, []string{"2026-11-21T0902Z-watch-dog open 08:47–09:04 Watch../dog\n#*"}},
		{"nothing told", nil, 4, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := atOnce()
			compare(t, Derive(Ledger{Episodes: fold(tt.told...)}, &c, at(tt.now)), tt.want...)
		})
	}
}

// history is a random day of two clusters: alerts that flap, end, or never do, and
// every notification of them, with the other half's repeats.
func history(r *rand.Rand) []Notification {
	var all []Notification
	for n := range 3 + r.IntN(8) {
		name := fmt.Sprintf("a%d", n)
		if r.IntN(4) == 0 {
			name = "bank/" + name
		}
		minute := r.Float64() * 120
		for range 1 + r.IntN(4) {
			end := minute + 0.5 + r.Float64()*20
			start := minute
			if r.IntN(10) == 0 {
				start += 3000 // a clock in the future
			}
			all = append(all, notify(minute+0.1+r.Float64()/10, firing(name, start)), notify(minute+0.2+r.Float64(), firing(name, start)))
			if r.IntN(5) > 0 {
				all = append(all, notify(end+r.Float64(), resolved(name, start, end)), notify(end+2+r.Float64(), resolved(name, start, end)))
			}
			if r.IntN(3) == 0 {
				all = append(all, notify(end+5+r.Float64(), firing(name, start)))
			}
			minute = end + r.Float64()*40
		}
	}
	return all
}

// TestOrderDoesNotMatter: any permutation and repetition of the notifications of a
// history gives the same incidents.
func TestOrderDoesNotMatter(t *testing.T) {
	c := atOnce()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		told := history(r)
		now := at(30 + r.Float64()*300)
		want := detailed(Derive(Ledger{Episodes: fold(told...)}, &c, now))
		for range 4 {
			again := slices.Clone(told)
			for range r.IntN(len(told)) {
				again = append(again, told[r.IntN(len(told))])
			}
			r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
			if got := detailed(Derive(Ledger{Episodes: fold(again...)}, &c, now)); got != want {
				t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, got, want)
			}
		}
	}
}

// detailed is everything about incidents as text.
func detailed(all []Incident) string {
	var b strings.Builder
	for _, i := range all {
		fmt.Fprintln(&b, sketch(i), i.Version(), i.Aliases, i.Groups)
		for _, m := range i.Alerts {
			fmt.Fprintf(&b, "\t%s %s %q %+v\n", m.From, m.To, m.Ended, m.Episode)
		}
	}
	return b.String()
}

// TestNamesStay names incidents whenever a notification comes, as the daemon does:
// an ID that was given is never lost, it is an incident's or one of its aliases; and
// but for the IDs the incidents are those of one look at the end.
func TestNamesStay(t *testing.T) {
	c := atOnce()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 11))
		told := history(r)
		r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		now := at(400)
		l := Ledger{}
		for n := range told {
			l.Episodes = fold(told[:n+1]...)
			for _, i := range Derive(l, &c, now) {
				if i.Unnamed {
					first := i.Alerts[0]
					l.Names = append(l.Names, Naming{i.ID, Anchor{first.Fingerprint, first.StartsAt}})
				}
			}
		}
		named := Derive(l, &c, now)
		known := map[string]int{}
		for _, i := range named {
			if i.Unnamed {
				t.Fatalf("seed %d: %s is not named", seed, sketch(i))
			}
			for _, id := range append([]string{i.ID}, i.Aliases...) {
				known[id]++
			}
		}
		for _, n := range l.Names {
			if known[n.ID] != 1 {
				t.Fatalf("seed %d: the ID %s is known %d times", seed, n.ID, known[n.ID])
			}
		}
		fresh := Derive(Ledger{Episodes: l.Episodes}, &c, now)
		if got, want := withoutIDs(named), withoutIDs(fresh); !slices.Equal(got, want) {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func withoutIDs(all []Incident) []string {
	lines := sketches(all)
	for n := range lines {
		_, lines[n], _ = strings.Cut(lines[n], " ")
	}
	slices.Sort(lines)
	return lines
}

func TestRemarks(t *testing.T) {
	c := atOnce()
	told := []Notification{notify(3, firing("a", 300), firing("b", 2)), notify(4, firing("c", 2))}
	told[0].Truncated, told[1].Truncated = 7, 3
	other := told[1]
	other.GroupKey, other.Truncated = "{}:{x=\"y\"}", 5
	episodes := fold(append(told, other)...)
	for n, e := range episodes {
		if e.Fingerprint == "fp-b" {
			episodes[n] = e.probed(Answer{At: at(9)}, at(9))
		}
	}
	all := Derive(Ledger{Episodes: episodes}, &c, at(2+24*60))
	if len(all) != 1 {
		t.Fatalf("%d incidents", len(all))
	}
	said := strings.Join(all[0].Remarks(), "\n")
	for _, want := range []string{
		"closed by max_open at 2026-11-22T09:02:00Z", "left out 12 further alerts", "a (fp-a): it says that it started at 2026-11-21T14:00:00Z, after it was received",
		"b (fp-b): no resolve was received; it ended between 2026-11-21T09:02:00Z, when it was last known to fire, and 2026-11-21T09:09:00Z",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
}
