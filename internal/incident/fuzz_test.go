package incident

import (
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
)

// FuzzDisk decodes what a damaged or hostile file may hold in its text columns: an
// error that says so, or something that reads back as itself.
func FuzzDisk(f *testing.F) {
	words, _ := Words{Labels: firing("a", 2).Labels, Annotations: firing("a", 2).Annotations, GeneratorURL: "http://x/"}.encode()
	f.Add(words)
	d, _ := Draft{Dir: "/out/x", First: at(3), Last: at(4), Final: true, Version: "ab", Failures: 2, FailedAt: at(5), Failure: "no"}.encode()
	f.Add(d)
	anchors, _ := encodeAnchors([]Anchor{{"fp-a", at(2)}})
	f.Add(anchors)
	c := atOnce()
	for _, i := range Derive(Ledger{Episodes: fold(notify(10, resolved("a", 2, 10)))}, &c, at(60)) {
		record, _ := encodeRecord(i)
		f.Add(record)
	}
	f.Add(`{"labels":null}`)
	f.Add(`{"first":"0000-01-01T00:00:00Z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if w, err := decodeWords(text); err == nil {
			again(t, w, Words.encode, decodeWords)
		}
		if d, err := decodeDraft(text); err == nil {
			again(t, d, Draft.encode, decodeDraft)
		}
		if a, err := decodeAnchors(text); err == nil {
			again(t, a, encodeAnchors, decodeAnchors)
		}
		if i, err := decodeRecord(text); err == nil {
			_, _, _ = sketch(i), i.Remarks(), i.Version()
		}
	})
}

// again encodes a value and decodes it: the same.
func again[T any](t *testing.T, v T, encode func(T) (string, error), decode func(string) (T, error)) {
	t.Helper()
	text, err := encode(v)
	if err != nil {
		return // a year that JSON cannot hold
	}
	got, err := decode(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if back, err := encode(got); err != nil || back != text {
		t.Errorf("%s was read back as %s, %v", text, back, err)
	}
}

// FuzzLabelsIn reads the labels out of group keys: those of any group are found, and
// what is no group key does no harm.
func FuzzLabelsIn(f *testing.F) {
	f.Add(`{}/{team="dba"}:`, "cluster", "shop")
	f.Add("{}:", "a", "x\", b=\"}:{")
	f.Fuzz(func(t *testing.T, route, name, value string) {
		labelsIn(route)
		labelsIn(route + ":{" + name + "=" + value)
		set := model.LabelSet{model.LabelName(name): model.LabelValue(value), "z": "end"}
		got := labelsIn("{}:" + set.String())
		if model.LegacyValidation.IsValidLabelName(name) && utf8.ValidString(value) && !strings.Contains(value, "}:{") && !maps.Equal(got, asMap(set)) {
			t.Errorf("of %s it found %q", set, got)
		}
	})
}

func asMap(set model.LabelSet) map[string]string {
	labels := map[string]string{}
	for name, value := range set {
		labels[string(name)] = string(value)
	}
	return labels
}

// FuzzDerive makes alerts of any times: no panic, no incident without an alert, every
// alert in exactly one, and no window that ends before it begins.
func FuzzDerive(f *testing.F) {
	f.Add(int64(2), int64(10), int64(3), int64(20), true, int64(60))
	f.Add(int64(-1<<40), int64(1<<40), int64(0), int64(0), false, int64(0))
	f.Fuzz(func(t *testing.T, start, end, received, other int64, resolve bool, now int64) {
		minute := func(n int64) time.Time { return at(0).Add(time.Duration(n%(1<<27)) * time.Minute) }
		first, second := firing("a", 0), firing("b", 0)
		first.StartsAt, first.EndsAt, second.StartsAt = minute(start), minute(end), minute(other)
		if resolve {
			first.Status = Resolved
		}
		n := notify(0, first, second)
		n.ReceivedAt = minute(received)
		c := atOnce()
		alerts := 0
		for _, i := range Derive(Ledger{Episodes: fold(n, n)}, &c, minute(now)) {
			alerts += len(i.Alerts)
			if len(i.Alerts) == 0 || i.State == StateClosed && i.Window.To.Before(i.Window.From) {
				t.Errorf("%s", sketch(i))
			}
		}
		if alerts != 2 {
			t.Errorf("%d alerts of 2", alerts)
		}
	})
}
