package grafana

import (
	"context"
	"errors"
	"fmt"
)

// lostPanel is a library panel that could not be read.
type lostPanel struct {
	panel  object
	reason error
}

// inlined is the dashboard with its library panels replaced by what they are made
// of: they bring variables and repeats of their own, so that comes first.
func (g *gathering) inlined(ctx context.Context, model object) (object, []lostPanel) {
	out := copied(model)
	elements := map[string]object{} // one library panel may stand in many places
	var lost []lostPanel
	var walk func([]object)
	walk = func(panels []object) {
		for _, p := range panels {
			if err := g.inline(ctx, p, elements); err != nil {
				lost = append(lost, lostPanel{p, err})
			}
			walk(children(p, "panels"))
		}
	}
	walk(children(out, "panels"))
	return out, lost
}

// inline replaces a library panel by what it is made of.
func (g *gathering) inline(ctx context.Context, p object, elements map[string]object) error {
	ref := child(p, "libraryPanel")
	delete(p, "libraryPanel")
	kind := text(p, "type")
	if ref == nil || kind != "" && kind != "library-panel-ref" { // some versions deliver it inlined; from 11 on the type says that it is not
		return nil
	}
	uid := text(ref, "uid")
	if !uidForm.MatchString(uid) {
		return errors.New("its library panel has no readable UID")
	}
	element, known := elements[uid]
	if !known {
		library, err := g.library(ctx)
		if err != nil {
			return err
		}
		found, err := library.LibraryPanelByUID(uid)
		if err != nil {
			return fmt.Errorf("reading its library panel: %w", g.explain(ctx, err))
		}
		element, elements[uid] = found.Model, found.Model
	}
	if len(element) == 0 {
		return errNotGrafana
	}
	for key, value := range element {
		switch key {
		case "id", "gridPos", "libraryPanel", "scopedVars": // the dashboard's own
		case "repeat", "repeatDirection", "maxPerRow":
			if _, own := p[key]; !own {
				p[key] = value
			}
		default:
			p[key] = copyOf(value)
		}
	}
	return nil
}
