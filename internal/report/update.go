package report

import (
	"errors"
	"fmt"
	"io/fs"
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

// aside is where a draft stands for the moment in which it is replaced, to be found
// by people if we die in between.
func aside(dir string) string { return filepath.Clean(dir) + ".before-update" }

// FinishUpdate ends an update of a draft's directory that was interrupted, if one was, so
// that the draft can be read. Its errors name the directory and what to do.
func FinishUpdate(dir string) error {
	if err := finishUpdate(dir); err != nil {
		return fmt.Errorf("finishing an update that was interrupted: %w", err)
	}
	return nil
}

// finishUpdate ends an update in which the process died: before the new state was
// in its place the old one is put back, after it the old one is removed.
func finishUpdate(dir string) error {
	if _, err := os.Lstat(aside(dir)); err != nil {
		return nil // as always
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := Read(aside(dir)); err != nil {
			return fmt.Errorf("%s is left from an update that was interrupted, and is not a whole draft (%w): look at what is in it, and rename it to %s if that is your draft", aside(dir), err, dir)
		}
		return os.Rename(aside(dir), dir)
	}
	for _, one := range []string{dir, aside(dir)} {
		if _, err := Read(one); err != nil {
			return fmt.Errorf("%s is left from an update that was interrupted, and not both are drafts (%w): keep what you need of it and move it away", aside(dir), err)
		}
	}
	return os.RemoveAll(aside(dir))
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
	if err := os.Rename(dir, aside(dir)); err != nil {
		return err
	}
	if err := os.Rename(staged, dir); err != nil {
		return errors.Join(err, os.Rename(aside(dir), dir))
	}
	return os.RemoveAll(aside(dir))
}
