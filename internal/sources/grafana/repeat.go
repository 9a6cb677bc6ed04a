package grafana

import (
	"cmp"
	"slices"
)

// maxPanels is how many panels a snapshot has at most, repeats included.
const maxPanels = 400

// placed is a panel of the snapshot with the values that its repeats gave it.
type placed struct {
	panel  object
	values values // those of the dashboard, and its own
}

// layout turns a dashboard's panels into those of a snapshot: a viewer's browser
// expands no repeats there. Every panel stands for itself, rows hold what is
// folded into them, and what stood below a repeat moves down.
type layout struct {
	out    []object
	flat   []placed // all panels but rows, with those inside of folded rows
	nextID int
	cut    int // panels beyond the limit
}

// arrange lays out the panels of a dashboard.
func arrange(model object, vals values) *layout {
	l := &layout{nextID: highestID(children(model, "panels")) + 1}
	shift := 0.0
	for _, s := range sectionsOf(children(model, "panels")) {
		shift += l.section(s, vals, shift)
	}
	return l
}

// repeatedBy are the variables that panels and rows are repeated by.
func repeatedBy(panels []object) map[string]bool {
	names := map[string]bool{}
	for _, p := range panels {
		if name := text(p, "repeat"); name != "" {
			names[name] = true
		}
		for name := range repeatedBy(children(p, "panels")) {
			names[name] = true
		}
	}
	return names
}

// originals leaves out the copies that older versions saved with a repeated panel
// or row: they are written out anew.
func originals(panels []object) []object {
	return slices.DeleteFunc(slices.Clone(panels), func(p object) bool {
		return number(p, "repeatPanelId", 0) > 0 && (text(p, "repeat") == "" || truth(p, "repeatedByRow"))
	})
}

// section is a row with the panels below it, or the panels above the first row.
type section struct {
	row    object // nil above the first row
	panels []object
}

// sectionsOf puts panels to their rows, top to bottom.
func sectionsOf(panels []object) []section {
	sorted := originals(panels)
	slices.SortStableFunc(sorted, func(a, b object) int {
		return cmp.Or(cmp.Compare(gridOf(a).y, gridOf(b).y), cmp.Compare(gridOf(a).x, gridOf(b).x))
	})
	var out []section
	for _, p := range sorted {
		switch {
		case text(p, "type") == "row":
			out = append(out, section{p, originals(children(p, "panels"))})
		case len(out) == 0 || out[len(out)-1].row != nil && truth(out[len(out)-1].row, "collapsed"):
			out = append(out, section{nil, []object{p}})
		default:
			out[len(out)-1].panels = append(out[len(out)-1].panels, p)
		}
	}
	return out
}

// section lays out a section, as often as its row is repeated, and returns by how
// much it became higher.
func (l *layout) section(s section, vals values, shift float64) (grown float64) {
	rounds := []values{nil}
	if s.row != nil {
		rounds = scopesOf(s.row, vals)
	}
	folded := s.row != nil && truth(s.row, "collapsed")
	top, bottom := extent(s)
	for i, scope := range rounds {
		own := vals.with(scope)
		if i > 0 {
			grown += bottom - top
			if folded {
				grown += 1 - (bottom - top) // only the row itself takes room
			}
		}
		var row object
		if s.row != nil {
			row = l.copyOf(s.row, i, scope)
			moveDown(row, shift+grown)
			delete(row, "repeat")
			row["panels"] = []any{}
			l.out = append(l.out, row)
		}
		inside, higher := l.panels(s.panels, own, scope, i, shift+grown)
		if folded {
			row["panels"] = anys(inside)
		} else {
			l.out = append(l.out, inside...)
			grown += higher
		}
	}
	return grown
}

// panels lays out the panels of one section and returns by how much they became
// higher together.
func (l *layout) panels(list []object, vals, scope values, round int, shift float64) (out []object, grown float64) {
	higher := map[float64]float64{} // by how much what is below a line moves down
	for _, p := range list {
		rounds := scopesOf(p, vals)
		at := gridOf(p)
		for line, by := range higher {
			if gridOf(p).y >= line {
				at.y += by
			}
		}
		at.y += shift
		places, height := spread(p, at, len(rounds))
		for i, own := range rounds {
			if len(l.flat) >= maxPanels {
				l.cut++
				continue
			}
			all := scope.with(own)
			c := l.copyOf(p, i+round, all)
			for _, key := range []string{"repeat", "repeatDirection", "maxPerRow"} {
				delete(c, key)
			}
			c["gridPos"] = places[i].object()
			l.flat = append(l.flat, placed{c, vals.with(own)})
			out = append(out, c)
		}
		if height > at.h {
			higher[gridOf(p).y+at.h] += height - at.h
			grown += height - at.h
		}
	}
	return out, grown
}

// copyOf is a panel for itself; only the first of its copies keeps its ID.
func (l *layout) copyOf(p object, i int, scope values) object {
	c := copied(p)
	if i > 0 || number(c, "id", 0) == 0 {
		c["id"] = l.nextID
		l.nextID++
	}
	if len(scope) > 0 {
		scoped := object{}
		for name, x := range scope {
			scoped[name] = x.scoped()
		}
		c["scopedVars"] = scoped
	}
	return c
}

// scopesOf are the values for each copy of a panel or row; one empty set when it
// is not repeated.
func scopesOf(p object, vals values) []values {
	x, known := vals[text(p, "repeat")]
	if !known || len(x.Values) == 0 {
		return []values{nil}
	}
	out := make([]values, 0, len(x.Values))
	for i := range x.Values {
		out = append(out, values{x.Name: x.only(i)})
	}
	return out
}

// grid is a place on the dashboard, which is 24 wide.
type grid struct{ x, y, w, h float64 }

const gridWidth = 24

func gridOf(p object) grid {
	pos := child(p, "gridPos")
	return grid{number(pos, "x", 0), number(pos, "y", 0), number(pos, "w", 12), number(pos, "h", 8)}
}

func (g grid) object() object { return object{"x": g.x, "y": g.y, "w": g.w, "h": g.h} }

func moveDown(p object, by float64) {
	at := gridOf(p)
	at.y += by
	p["gridPos"] = at.object()
}

// spread places the copies of a panel: one below the other, or side by side, as
// many in a line as maxPerRow says. It returns how high they are together.
func spread(p object, at grid, copies int) (places []grid, height float64) {
	if copies == 1 {
		return []grid{at}, at.h
	}
	if text(p, "repeatDirection") == "v" {
		for i := range copies {
			place := at
			place.y += float64(i) * at.h
			places = append(places, place)
		}
		return places, float64(copies) * at.h
	}
	inLine := min(copies, int(max(1, min(gridWidth, number(p, "maxPerRow", 4)))))
	width := float64(gridWidth / inLine)
	for i := range copies {
		places = append(places, grid{float64(i%inLine) * width, at.y + float64(i/inLine)*at.h, width, at.h})
	}
	return places, float64((copies+inLine-1)/inLine) * at.h
}

// extent is where a section begins and ends.
func extent(s section) (top, bottom float64) {
	list := s.panels
	if s.row != nil {
		list = append([]object{s.row}, list...)
	}
	for i, p := range list {
		at := gridOf(p)
		if text(p, "type") == "row" {
			at.h = 1
		}
		if i == 0 {
			top = at.y
		}
		bottom = max(bottom, at.y+at.h)
	}
	return top, bottom
}

// highestID is the highest ID of all panels.
func highestID(panels []object) int {
	highest := 0
	for _, p := range panels {
		highest = max(highest, int(number(p, "id", 0)), highestID(children(p, "panels")))
	}
	return highest
}
