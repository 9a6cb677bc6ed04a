package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Updated says what an update did to the blocks of a document.
type Updated struct {
	Refreshed []string // replaced by newer facts
	Beside    []string // changed by a person: kept, and newer facts were put below
	Removed   []string // removed by a person, and not brought back
	Added     []string // new in this version of the template
	Ended     []string // unchanged by people, and left out: the facts no longer give them
	Unsealed  bool     // the draft had a seal, which was removed: it vouched for what the draft was
}

// errMoved says that somebody saved the document while it was being updated.
var errMoved = errors.New("it was changed while it was being updated; nothing was written: run the update again")

// Update refreshes the draft in dir from a new state of its facts. Generated
// blocks that nobody changed are replaced; everything else keeps every byte,
// also files that people put into the directory. A document that the draft has not
// had so far is added; one that it no longer asks for stays as it is, people's.
func Update(dir string, draft Draft) (Updated, error) {
	draft = draft.normal()
	if err := finishUpdate(dir); err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	old, err := Read(dir)
	if err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	fresh, err := draft.render()
	if err != nil {
		return Updated{}, err
	}
	was, err := former(dir, fresh)
	if err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	for _, d := range was {
		if err := mergeable(d); err != nil {
			return Updated{}, fmt.Errorf("updating the draft: %w", err)
		}
	}
	merged, done := mergeAll(was, fresh)
	earlier := stillCited(slices.Concat(merged, leftOut(old.Documents, fresh)), draft.Timeline.Evidence, slices.Concat(old.Records, old.Earlier))
	for i := range merged {
		merged[i].Text = relink(merged[i].Text, draft.Timeline.Evidence, earlier)
	}
	if merged, err = keptAll(was, merged); err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	extra, err := peoplesFiles(dir, draft.Templates)
	if err != nil {
		return Updated{}, fmt.Errorf("updating the draft: %w", err)
	}
	files, err := bundle(draft, merged, earlier)
	if err != nil {
		return Updated{}, err
	}
	done.Unsealed = Sealed(dir)
	if err := replace(dir, was, files, extra); err != nil {
		return Updated{}, fmt.Errorf("updating %s: %w", dir, err)
	}
	return done, nil
}

// replace swaps the directory for its new state, unless one of its documents was
// saved again in the meantime.
func replace(dir string, read []Document, files []File, extra []string) error {
	parent := filepath.Dir(filepath.Clean(dir))
	staged, err := stage(parent, files)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(staged) }()
	if err := errors.Join(carry(dir, staged, extra), keepEdited(dir, staged)); err != nil {
		return err
	}
	if err := unmoved(dir, read); err != nil {
		return err
	}
	if err := beginSwap(dir, staged); err != nil {
		return err
	}
	if err := os.Rename(dir, aside(dir)); err != nil {
		return errors.Join(err, os.Remove(swapFile(dir)))
	}
	if err := os.Rename(staged, dir); err != nil {
		return errors.Join(err, os.Rename(aside(dir), dir), os.Remove(swapFile(dir)))
	}
	return errors.Join(discard(dir), os.Remove(swapFile(dir)))
}
