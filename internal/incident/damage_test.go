package incident

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/logtest"
	"collector/internal/store"
)

// TestDamagedAlert breaks what one alert's row says: its incident says so, all others
// go on, and the row stays as it is until the alert is told again.
func TestDamagedAlert(t *testing.T) {
	tests := []struct {
		name, harm string
		want       []string // the incidents
		remark     string   // of the first one
		rows       int      // that are damaged
	}{
		{"another of the same fingerprint", `UPDATE episode SET first = '{"labels":{"al' WHERE fingerprint = 'fp-b' AND starts_at = (SELECT max(starts_at) FROM episode WHERE fingerprint = 'fp-b')`,
			[]string{shop + " open 08:47–09:06 a* b* b*", bank + " open 08:49–09:06 c*"}, "b (fp-b): its row in incidents.db is damaged", 1},
		{"the incident is named by it", `UPDATE episode SET first = 'x' WHERE fingerprint = 'fp-a'`,
			[]string{shop + " open 08:47–09:06 * b* b*", bank + " open 08:49–09:06 c*"}, " (fp-a): its row in incidents.db is damaged", 1},
		{"all of the incident", `UPDATE episode SET first = '' WHERE fingerprint = 'fp-bank/c'`,
			[]string{shop + " open 08:47–09:06 a* b* b*", bank + " open 08:49–09:06 *"}, "", 1},
		{"the first words alone", `UPDATE episode SET latest = first, first = '[]' WHERE fingerprint = 'fp-a'`,
			[]string{shop + " open 08:47–09:06 a* b* b*", bank + " open 08:49–09:06 c*"}, "a (fp-a): its row in incidents.db is damaged", 1},
		{"the latest words alone", `UPDATE episode SET latest = '{' WHERE fingerprint = 'fp-a'`,
			[]string{shop + " open 08:47–09:06 a* b* b*", bank + " open 08:49–09:06 c*"}, "a (fp-a): its row in incidents.db is damaged", 1},
		{"Alertmanager grouped it by its cluster", `UPDATE episode SET first = 'x', group_key = '{}/{team="dba"}:{alertname="b", cluster="shop"}' WHERE fingerprint = 'fp-b'`,
			[]string{shop + " open 08:47–09:06 a* b* b*", bank + " open 08:49–09:06 c*"}, "b (fp-b): its row in incidents.db is damaged", 2},
		{"nobody knows whose", `UPDATE episode SET first = 'null,' WHERE fingerprint = 'fp-b'`,
			[]string{shop + " open 08:47–09:06 a*", bank + " open 08:49–09:06 c*"}, "", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log logtest.Buffer
			b := toldBook(t)
			b.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
			receive(t, b, notify(5.5, firing("b", 3)))
			advance(t, b, 5.6)
			execute(t, b.path, tt.harm)
			before := episodesOf(t, b)
			for _, one := range []*Book{b, openBook(t, Options{Path: b.opt.Path})} { // while it runs, and after a restart
				all := advance(t, one, 6)
				compare(t, all, tt.want...)
				if said := strings.Join(all[0].Remarks(), "\n"); !strings.Contains(said, tt.remark) || tt.remark == "" && strings.Contains(said, "damaged") {
					t.Errorf("it says %q", said)
				}
				if one.DamagedRows() != tt.rows {
					t.Errorf("%d rows are damaged", one.DamagedRows())
				}
			}
			if text := log.String(); strings.Count(text, "is damaged; it is set aside") != b.DamagedRows() || !strings.Contains(text, "file="+b.path) || !strings.Contains(text, "fix=") {
				t.Errorf("the log says\n%s", text)
			}
			asked := []Alert{firing("a", 2), firing("bank/c", 4)}
			ended := map[string]Answer{asked[0].Key(): {At: at(6)}, asked[1].Key(): {At: at(6)}}
			if err := b.answer(t.Context(), asked, ended, at(6)); err != nil {
				t.Error(err)
			}
			if !slices.Equal(before, episodesOf(t, b)) {
				t.Error("a damaged row was changed")
			}
			receive(t, b, notify(6.5, firing("a", 2), firing("b", 2.5), firing("b", 3), firing("bank/c", 4)))
			compare(t, advance(t, b, 7), shop+" open 08:47–09:07 a* b* b*", bank+" open 08:49–09:07 c*")
			if b.DamagedRows() != 0 {
				t.Error("it is told again and still damaged")
			}
		})
	}
}

// episodesOf is the words of all damaged rows, as they are on disk.
func episodesOf(t *testing.T, b *Book) (rows []string) {
	t.Helper()
	err := each(t.Context(), b.reader, func(r row) error {
		var text string
		err := r.Scan(&text)
		rows = append(rows, text)
		return err
	}, `SELECT first || latest FROM episode WHERE NOT json_valid(first) OR latest <> '' AND NOT json_valid(latest) OR first = '[]'`)
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v, %v: nothing was harmed", rows, err)
	}
	return rows
}

// TestDamagedDecision: a split that cannot be read is none, and both IDs say so; the
// other decisions count.
func TestDamagedDecision(t *testing.T) {
	b := toldBook(t)
	id, err := b.Split(t.Context(), shop, []string{"b"}, at(6))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.End(t.Context(), bank, at(6)); err != nil {
		t.Fatal(err)
	}
	advance(t, b, 7)
	execute(t, b.path, `UPDATE decision SET alerts = '[{"fingerprint' WHERE kind = 'split'`)
	execute(t, b.path, `UPDATE decision SET alerts = '' WHERE kind = 'close'`) // nobody reads it
	all := advance(t, b, 8)
	compare(t, all, shop+" open 08:47–09:08 a* b*", bank+" closed 08:49–09:06 c* by an operator")
	said := strings.Join(all[0].Remarks(), "\n")
	if !strings.Contains(said, "Which alerts an operator split off from "+shop+" into "+id+" at 2026-11-21T09:06:00Z cannot be read: row 1 of the table decision") ||
		!strings.Contains(said, "It includes "+id) || len(all[1].Remarks()) != 1 || b.DamagedRows() != 1 {
		t.Errorf("it says %q and %q, %d damaged", said, all[1].Remarks(), b.DamagedRows())
	}
	if _, err := b.Split(t.Context(), shop, []string{"b"}, at(9)); err != nil { // as the log says
		t.Error(err)
	}
	if all := advance(t, b, 10); len(all) != 3 {
		t.Errorf("%v", sketches(all))
	}
}

// TestDamagedDraft: what was drafted is not known any more, and drafted again.
func TestDamagedDraft(t *testing.T) {
	b := toldBook(t)
	draft(t, b, 5)
	execute(t, b.path, `UPDATE incident SET draft = '{"dir":"/ou' WHERE id = '`+shop+`'`)
	if got := due(t, b, 6); got != "first of "+shop {
		t.Errorf("due is %q", got)
	}
	if i, err := b.Incident(t.Context(), shop, at(6)); err != nil || b.DamagedRows() != 1 || !strings.Contains(strings.Join(i.Remarks(), "\n"), "What was drafted of the incident "+shop+" cannot be read") {
		t.Errorf("%q, %v", i.Remarks(), err)
	}
	draft(t, b, 6)
	if got := due(t, b, 7); got != "" || b.DamagedRows() != 0 {
		t.Errorf("due is %q, %d rows are damaged", got, b.DamagedRows())
	}
}

// TestDamagedSealed: an incident that cannot be read as it was sealed follows from its
// alerts, and is sealed again.
func TestDamagedSealed(t *testing.T) {
	b := toldBook(t)
	receive(t, b, notify(20, resolved("a", 2, 20), resolved("b", 2.5, 20), resolved("bank/c", 4, 20)))
	advance(t, b, 21)
	month := at(0).AddDate(0, 1, 0)
	if _, err := b.Advance(t.Context(), month); err != nil {
		t.Fatal(err)
	}
	harm := `UPDATE incident SET record = 'gone' WHERE id = '` + shop + `'`
	execute(t, b.path, harm)
	look := func(b *Book, sealed bool) {
		t.Helper()
		all, err := b.Incidents(t.Context(), month)
		if err != nil || len(all) != 2 || all[0].ID != shop || all[0].Sealed != sealed || all[0].Count != 2 || !all[1].Sealed || !all[0].ClosedAt.Equal(at(25)) || (b.DamagedRows() == 0) != sealed {
			t.Fatalf("%+v, %v, %d damaged", all, err, b.DamagedRows())
		}
	}
	look(b, false)
	look(openBook(t, Options{Path: b.opt.Path}), false)
	if _, err := b.Advance(t.Context(), month); err != nil {
		t.Fatal(err)
	}
	look(b, true)
	var record string
	if err := b.db.QueryRow(`SELECT record FROM incident WHERE id = ?`, shop).Scan(&record); err != nil {
		t.Fatal(err)
	}
	execute(t, b.path, harm)
	look(b, false)
	execute(t, b.path, `UPDATE incident SET record = '`+strings.ReplaceAll(record, "'", "''")+`' WHERE id = '`+shop+`'`) // somebody has a backup
	look(b, true)
	execute(t, b.path, `UPDATE episode SET first = 'x' WHERE fingerprint = 'fp-a'`)
	if i, err := b.Incident(t.Context(), shop, month); err != nil || len(i.Alerts) != 2 || !strings.Contains(strings.Join(i.Remarks(), "\n"), "(fp-a): its row in incidents.db is damaged") {
		t.Errorf("%q, %v", i.Remarks(), err)
	}
}

// TestDamagedFile destroys pages of a book: one error that names the file and what to
// do, and nothing is written to it.
func TestDamagedFile(t *testing.T) {
	b := openBook(t, Options{})
	n := notify(3)
	for i := range 3000 {
		n.Alerts = append(n.Alerts, firing(strings.Repeat("a", 1+i%9)+time.Duration(i).String(), 2))
	}
	receive(t, b, n)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	harms := map[string]func([]byte) []byte{
		"overwritten": func(file []byte) []byte {
			return slices.Concat(file[:4096*8], bytes.Repeat([]byte("garbage!"), len(file[4096*8:])/8))
		},
		"cut off": func(file []byte) []byte { return file[:4096*9] },
	}
	for name, harm := range harms {
		t.Run(name, func(t *testing.T) {
			harmed := harm(slices.Clone(whole))
			write(t, b.path, string(harmed))
			_, making := Open(t.Context(), b.opt)
			_, using := OpenExisting(t.Context(), b.opt)
			for _, err := range []error{making, using} {
				if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), b.path) || !strings.Contains(err.Error(), "restore it from a backup, or move it away") {
					t.Errorf("got %v", err)
				}
			}
			if after, err := os.ReadFile(b.path); err != nil || !bytes.Equal(after, harmed) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

// TestDamagedWhileOpen: when a look finds that the file is damaged, nothing is written
// to it any more, and who sends hears of it and may try again.
func TestDamagedWhileOpen(t *testing.T) {
	b := toldBook(t)
	damage := store.Explain("reading", b.path, store.ErrCorrupt)
	b.broken.Store(&damage)
	err := b.Receive(context.Background(), notify(6, firing("d", 6)))
	if !errors.Is(err, store.ErrCorrupt) || errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), b.path) {
		t.Errorf("got %v", err)
	}
	compare(t, advance(t, b, 7), shop+" open 08:47–09:07 a* b*", bank+" open 08:49–09:07 c*") // it can be read
	receive(t, b, notify(8, firing("d", 6)))
}
