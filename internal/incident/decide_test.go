package incident

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// toldBook is a book with one incident of each of two clusters and their IDs given.
func toldBook(t *testing.T) *Book {
	t.Helper()
	b := openBook(t, Options{})
	receive(t, b, notify(4.5, firing("a", 2), firing("b", 2.5), firing("bank/c", 4)))
	compare(t, advance(t, b, 5), "2026-11-21T0902Z-shop open 08:47–09:05 a* b*", "2026-11-21T0904Z-bank open 08:49–09:05 c*")
	return b
}

const (
	shop = "2026-11-21T0902Z-shop"
	bank = "2026-11-21T0904Z-bank"
)

// TestEnd closes by hand: what fires stays inside, what starts later is another.
func TestEnd(t *testing.T) {
	b := toldBook(t)
	if err := b.End(t.Context(), shop, at(10)); err != nil {
		t.Fatal(err)
	}
	receive(t, b, notify(11.5, firing("d", 11)), notify(12, resolved("a", 2, 12)))
	compare(t, advance(t, b, 30), shop+" closed 08:47–09:10 a b* by an operator", bank+" open 08:49–09:30 c*", "2026-11-21T0911Z-shop open 08:56–09:30 d*")
	if err := b.End(t.Context(), shop, at(31)); err == nil || !strings.Contains(err.Error(), "closed already, at 2026-11-21T09:10:00Z") {
		t.Errorf("got %v", err)
	}
}

func TestMergeAndEnd(t *testing.T) {
	b := toldBook(t)
	if err := b.Merge(t.Context(), bank, shop, at(6)); err != nil {
		t.Fatal(err)
	}
	compare(t, advance(t, b, 7), bank+" open 08:47–09:07 a* b* c*")
	i, err := b.Incident(t.Context(), shop, at(7))
	if err != nil || i.ID != bank || len(i.Groups) != 2 {
		t.Errorf("%s, %v, %v: the ID of what was merged leads there", i.ID, i.Groups, err)
	}
	if err := b.Merge(t.Context(), shop, bank, at(8)); err == nil || !strings.Contains(err.Error(), "one incident already") {
		t.Errorf("got %v", err)
	}
	receive(t, b, notify(9, firing("d", 8.5))) // of the group that was merged
	compare(t, advance(t, b, 10), bank+" open 08:47–09:10 a* b* c* d*")
	if err := b.End(t.Context(), shop, at(12)); err != nil { // by its old ID
		t.Fatal(err)
	}
	compare(t, advance(t, b, 30), bank+" closed 08:47–09:12 a* b* c* d* by an operator")
}

// TestSplit moves the alert that the ID hangs on.
func TestSplit(t *testing.T) {
	b := toldBook(t)
	id, err := b.Split(t.Context(), shop, []string{"a"}, at(6))
	if err != nil || id != shop+"-2" {
		t.Fatalf("%q, %v", id, err)
	}
	compare(t, advance(t, b, 7), shop+"-2 open 08:47–09:07 a*", shop+" open 08:47–09:07 b*", bank+" open 08:49–09:07 c*")
	receive(t, b, notify(8, resolved("a", 2, 8), firing("d", 7)))
	compare(t, advance(t, b, 20), shop+"-2 closed 08:47–09:13 a", shop+" open 08:47–09:20 b* d*", bank+" open 08:49–09:20 c*")
	if err := b.Merge(t.Context(), shop, id, at(21)); err != nil {
		t.Fatal(err)
	}
	compare(t, advance(t, b, 22), shop+" open 08:47–09:22 a b* d*", bank+" open 08:49–09:22 c*")
}

func TestDecisionsThatCannotBe(t *testing.T) {
	b := toldBook(t)
	tests := map[string]struct {
		do   func() error
		want error
		says string
	}{
		"unknown":             {func() error { return b.End(t.Context(), "2026-11-21T0902Z-shp", at(6)) }, ErrUnknown, "near it: " + shop},
		"unknown second":      {func() error { return b.Merge(t.Context(), shop, "x", at(6)) }, ErrUnknown, `"x"`},
		"merged with itself":  {func() error { return b.Merge(t.Context(), shop, shop, at(6)) }, errOperator, "one incident already"},
		"split everything":    {func() error { _, err := b.Split(t.Context(), shop, []string{"a", "fp-b"}, at(6)); return err }, errOperator, "leave at least one"},
		"split what is not":   {func() error { _, err := b.Split(t.Context(), shop, []string{"c"}, at(6)); return err }, ErrNoAlert, "fp-a (a), fp-b (b)"},
		"redraft of nothing":  {func() error { return b.Redraft(t.Context(), "", at(6)) }, ErrUnknown, "near it"},
		"a book with nothing": {func() error { return openBook(t, Options{}).End(t.Context(), shop, at(6)) }, ErrUnknown, "none was recorded yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := test.do(); !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	compare(t, advance(t, b, 7), shop+" open 08:47–09:07 a* b*", bank+" open 08:49–09:07 c*")
}

// TestSealed: an incident that is long over is put aside, whatever the rules become,
// and taken up again by a decision.
func TestSealed(t *testing.T) {
	b := openBook(t, Options{})
	receive(t, b, notify(10, resolved("a", 2, 10)), notify(110, resolved("b", 102, 110)))
	month := at(0).AddDate(0, 1, 0)
	if _, err := b.Advance(t.Context(), at(120)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Advance(t.Context(), month); err != nil {
		t.Fatal(err)
	}
	opt := b.opt
	opt.Config.MergeGap = minutes(600)
	lax := openBook(t, opt)
	all, err := lax.Incidents(t.Context(), month)
	if err != nil || len(all) != 2 || !all[0].Sealed || all[0].ID != shop || all[0].Count != 1 || all[0].ClosedBy != ByResolve || !all[0].Window.To.Equal(at(15)) {
		t.Fatalf("%+v, %v", all, err)
	}
	one, err := lax.Incident(t.Context(), shop, month)
	if err != nil || len(one.Alerts) != 1 || one.Alerts[0].Name() != "a" {
		t.Errorf("%+v, %v", one, err)
	}
	receive(t, b, notify(60*24*31, firing("a", 2))) // a repeat of long ago opens nothing
	if all, err := lax.Advance(t.Context(), month); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", sketches(all), err)
	}
	if err := b.Merge(t.Context(), shop, "2026-11-21T1042Z-shop", month); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is sealed again
		one, err := b.Incident(t.Context(), "2026-11-21T1042Z-shop", month)
		if err != nil || sketch(one) != shop+" closed 08:47–10:55 a b" {
			t.Errorf("%s, %v", sketch(one), err)
		}
		if _, err := b.Advance(t.Context(), month.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}
