package incident

import (
	"fmt"
	"strings"
	"testing"
)

// seen is what a draft to a minute saw: open are what is not over, over is the
// minute when the last of the harm had ended.
func seen(until, over float64, open ...string) Recovery {
	r := Recovery{Until: at(until), Open: open}
	if over > 0 {
		r.Over = at(over)
	}
	return r
}

// TestWaitsForTheHarmsEnd: an alert from 9:02 to 9:20, settled at 9:25, recovery_wait
// 30 minutes, so closed at 9:55 at the latest.
func TestWaitsForTheHarmsEnd(t *testing.T) {
	const id = "2026-11-21T0902Z-shop"
	tests := []struct {
		name    string
		seen    Recovery
		now     float64
		maxOpen int // minutes; 0: the default
		want    string
	}{
		{"nobody has looked", Recovery{}, 26, 0, "settling 08:47–09:26 a"},
		{"looked too early", seen(24, 10), 26, 0, "settling 08:47–09:26 a"},
		{"there was no harm", seen(26, 0), 26, 0, "closed 08:47–09:25 a"},
		{"over long before", seen(26, 12), 26, 0, "closed 08:47–09:25 a"},
		{"just over", seen(26, 24), 26, 0, "closed 08:47–09:26 a"},
		{"over later", seen(45, 31), 45, 0, "closed 08:47–09:36 a"},
		{"not over", seen(45, 0, "lag on db2"), 54, 0, "settling 08:47–09:54 a"},
		{"not over within recovery_wait", seen(45, 0, "lag on db2"), 55, 0, "closed 08:47–09:55 a by recovery_wait"},
		{"nobody could look", Recovery{}, 55, 0, "closed 08:47–09:55 a by recovery_wait"},
		{"seen to be over after recovery_wait", seen(70, 69), 70, 0, "closed 08:47–09:55 a by recovery_wait"},
		{"max_open is nearer", seen(26, 0, "lag on db2"), 32, 30, "closed 08:47–09:32 a by recovery_wait"},
		{"max_open has passed", Recovery{}, 25, 20, "closed 08:47–09:25 a by recovery_wait"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			if tt.maxOpen > 0 {
				c.MaxOpen = minutes(tt.maxOpen)
			}
			l := Ledger{
				Episodes: fold(notify(3, firing("a", 2)), notify(21, resolved("a", 2, 20))),
				Names:    []Naming{{id, Anchor{"fp-a", at(2)}}}, Recoveries: map[string]Recovery{id: tt.seen},
			}
			compare(t, Derive(l, &c, at(tt.now)), id+" "+tt.want)
		})
	}
}

// TestAnOperatorEndsTheWait: who closes an incident that waits need not wait.
func TestAnOperatorEndsTheWait(t *testing.T) {
	b := openBook(t, Options{Config: DefaultConfig()})
	receive(t, b, notify(3, firing("a", 2)), notify(21, resolved("a", 2, 20)))
	compare(t, advance(t, b, 30), shop+" settling 08:47–09:30 a")
	if err := b.End(t.Context(), shop, at(31)); err != nil {
		t.Fatal(err)
	}
	compare(t, advance(t, b, 32), shop+" closed 08:47–09:31 a by an operator")
}

// TestDueForALook: when everything has been resolved for settle, a draft is due at once,
// then one at every refresh, until one has seen that the harm is over; the final one
// follows. What was seen survives the process.
func TestDueForALook(t *testing.T) {
	c := DefaultConfig()
	b := openBook(t, Options{Config: c})
	expect := func(minute float64, want string) {
		t.Helper()
		if got := due(t, b, minute); got != want {
			t.Errorf("at %v: due is %q, want %q", minute, got, want)
		}
	}
	saw := func(r Recovery) {
		t.Helper()
		if err := b.Saw(t.Context(), shop, r); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, b, notify(3, firing("a", 2)), notify(21, resolved("a", 2, 20)))
	expect(22, "first of "+shop)
	saw(seen(22, 0, "lag on db2"))
	draft(t, b, 22)
	expect(24.9, "")
	expect(25, "refresh of "+shop)
	draft(t, b, 25)
	expect(25, "refresh of "+shop) // what it saw was not kept
	saw(seen(25, 0, "lag on db2"))
	expect(29.9, "")
	if remarks := strings.Join(advance(t, b, 26)[0].Remarks(), " "); !strings.Contains(remarks, "waits for the end of its harm: not over: lag on db2") {
		t.Errorf("the remarks are %q", remarks)
	}
	expect(30, "refresh of "+shop)
	saw(seen(30, 28))
	b = openBook(t, Options{Config: c, Path: b.opt.Path})
	expect(30, "final of "+shop)
	draft(t, b, 30)
	expect(36, "")
	receive(t, b, notify(37, firing("b", 29)))
	expect(40, "refresh of "+shop)
}

// TestPace: a long refresh does not let recovery_wait pass without a look.
func TestPace(t *testing.T) {
	c := DefaultConfig()
	c.Refresh = minutes(60)
	b := openBook(t, Options{Config: c})
	receive(t, b, notify(3, firing("a", 2)), notify(21, resolved("a", 2, 20)))
	advance(t, b, 22)
	draft(t, b, 22)
	draft(t, b, 25)
	if err := b.Saw(t.Context(), shop, seen(25, 0, "lag on db2")); err != nil {
		t.Fatal(err)
	}
	for minute, want := range map[float64]string{29.9: "", 30: "refresh of " + shop} {
		if got := due(t, b, minute); got != want {
			t.Errorf("at %v: due is %q, want %q", minute, got, want)
		}
	}
}

// TestNamesOfWhatIsNotOver: however many there are, the book keeps a few.
func TestNamesOfWhatIsNotOver(t *testing.T) {
	b := openBook(t, Options{})
	receive(t, b, notify(3, firing("a", 2)))
	advance(t, b, 3)
	var many []string
	for n := range 1000 {
		many = append(many, fmt.Sprintf("lag on db%d", n))
	}
	if err := b.Saw(t.Context(), shop, seen(3, 0, many...)); err != nil {
		t.Fatal(err)
	}
	if got := advance(t, b, 4)[0].Draft.Recovery; len(got.Open) != openLimit || got.Open[0] != "lag on db0" || !got.Until.Equal(at(3)) {
		t.Errorf("kept was %+v", got)
	}
}

// TestSetConfig: the rules change while the book is open, and back.
func TestSetConfig(t *testing.T) {
	b := openBook(t, Options{})
	receive(t, b, notify(10, resolved("a", 2, 10)), notify(21, resolved("b", 20.1, 21)))
	const a, other = shop + " closed 08:47–09:15 a", "2026-11-21T0920Z-shop closed 09:05–09:26 b"
	compare(t, advance(t, b, 40), a, other)
	c := atOnce()
	c.MergeGap, c.Lead = minutes(60), minutes(1)
	b.SetConfig(c)
	compare(t, advance(t, b, 40), shop+" closed 09:01–09:26 a b")
	c.GroupBy = []string{"alertname"}
	b.SetConfig(c)
	compare(t, advance(t, b, 40), shop+" closed 09:01–09:15 a", "2026-11-21T0920Z-shop closed 09:19–09:26 b")
	b.SetConfig(atOnce())
	compare(t, advance(t, b, 40), a, other)
}
