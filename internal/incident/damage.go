package incident

import (
	"fmt"
	"slices"
)

// place is where in incidents.db something is damaged.
type place struct {
	table  string
	row    int64
	column string
}

// damage is something in a row that cannot be read. It is set aside: everything else
// is read as if it were not there, and it stays in the file.
type damage struct {
	place
	what  string   // it is, the beginning of a sentence
	fix   string   // what mends it
	about []string // incidents, by ID
	alert Anchor   // of an episode: its incident follows from the rules
}

func damagedEpisode(e episodeRow) damage {
	return damage{
		place: place{"episode", e.number, "first, latest"}, alert: Anchor{e.Fingerprint, e.StartsAt},
		what: "What an alert says about itself", fix: "it is whole again when Alertmanager tells the alert again; else restore the row from a backup",
	}
}

func damagedSplit(number int64, d Decision) damage {
	return damage{
		place: place{"decision", number, "alerts"}, about: []string{d.Incident, d.Other},
		what: fmt.Sprintf("Which alerts an operator split off from %s into %s at %s", d.Incident, d.Other, stamp(d.At)),
		fix:  "split them off again with collector incidents split, or restore the row from a backup",
	}
}

func damagedDraft(number int64, id string) damage {
	return damage{
		place: place{"incident", number, "draft"}, about: []string{id},
		what: "What was drafted of the incident " + id, fix: "nothing has to be done, it is drafted again into its directory",
	}
}

func damagedRecord(number int64, id string) damage {
	return damage{
		place: place{"incident", number, "record"}, about: []string{id},
		what: "The sealed incident " + id, fix: "nothing has to be done, it follows from its alerts and is sealed again",
	}
}

// remark is the damage in a full sentence.
func (d damage) remark() string {
	return fmt.Sprintf("%s cannot be read: row %d of the table %s in incidents.db is damaged; %s.", d.what, d.row, d.table, d.fix)
}

// note keeps that something is damaged, or that it is not any more.
func (v *view) note(d damage, err error) {
	if err != nil {
		v.damaged[d.place] = d
	} else {
		delete(v.damaged, d.place)
	}
}

// damageOf is what is damaged of an incident, but for its alerts, which say so
// themselves.
func (v *view) damageOf(i Incident) []string {
	var said []string
	for _, d := range v.damaged {
		if slices.ContainsFunc(d.about, func(id string) bool { return id == i.ID || slices.Contains(i.Aliases, id) }) {
			said = append(said, d.remark())
		}
	}
	slices.Sort(said)
	return said
}

// DamagedRows is how many rows of the book could not be read at the last look, and
// are set aside.
func (b *Book) DamagedRows() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := map[place]bool{}
	for at := range b.live.damaged {
		rows[place{table: at.table, row: at.row}] = true
	}
	return len(rows)
}

// nameDamage tells the log about every damaged row once.
func (b *Book) nameDamage() {
	for at, d := range b.live.damaged {
		if b.named[at] {
			continue
		}
		b.named[at] = true
		about := d.about
		if d.alert.Fingerprint != "" {
			about = b.live.arranged.holders(d.alert.key())
		}
		b.opt.Log.Error("a row of the book of incidents is damaged; it is set aside, everything else goes on",
			"file", b.path, "table", at.table, "row", at.row, "column", at.column, "incidents", about, "fix", d.fix)
	}
}

// holders are the IDs of the incident that an alert belongs to, if any.
func (a *arrangement) holders(k key) []string {
	a.settle()
	for _, b := range a.bundles {
		for _, part := range b.parts {
			if slices.ContainsFunc(part.members, func(m *Member) bool { return m.key() == k }) {
				return append([]string{b.id}, b.aliases...)
			}
		}
	}
	return nil
}
