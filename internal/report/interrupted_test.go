package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUpdateFinishesTheOneBefore: the process died while it swapped the directories,
// before or after the new one was in its place. Nothing of either is lost.
func TestUpdateFinishesTheOneBefore(t *testing.T) {
	for name, died := range map[string]func(t *testing.T, dir, staged string){
		"before both":  func(*testing.T, string, string) {},
		"between both": func(t *testing.T, dir, _ string) { must(t, os.Rename(dir, aside(dir))) },
		"after both": func(t *testing.T, dir, staged string) {
			must(t, os.Rename(dir, aside(dir)))
			must(t, os.Rename(staged, dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, staged := write(t, rich(t)), write(t, later(t))
			for _, d := range []string{dir, staged} { // carry has taken it over
				must(t, os.WriteFile(filepath.Join(d, "notes.txt"), []byte("notes"), 0o600))
			}
			must(t, beginSwap(dir, staged))
			died(t, dir, staged)
			if _, err := Update(dir, later(t)); err != nil {
				t.Fatal(err)
			}
			if notes, err := os.ReadFile(filepath.Join(dir, "notes.txt")); err != nil || string(notes) != "notes" {
				t.Errorf("people's file: %q, %v", notes, err)
			}
			if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
				t.Errorf("left beside the draft: %v, %v", left, err)
			}
		})
	}
}

// TestUpdateLeavesWhatIsNotItsOwn: a folder of the name under which an update puts a draft
// aside may be a person's copy. It is neither removed nor taken for the draft.
func TestUpdateLeavesWhatIsNotItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string)
		want string // in the error
	}{
		"an empty folder":           {func(t *testing.T, dir string) { must(t, os.Mkdir(aside(dir), 0o700)) }, "in the way"},
		"a copy of the draft":       {func(t *testing.T, dir string) { must(t, os.CopyFS(aside(dir), os.DirFS(dir))) }, "in the way"},
		"a copy instead of the one": {func(t *testing.T, dir string) { must(t, os.Rename(dir, aside(dir))) }, "rename it to"},
		"a copy, an update that ended before it began": {func(t *testing.T, dir string) {
			must(t, beginSwap(dir, write(t, later(t))))
			must(t, os.CopyFS(aside(dir), os.DirFS(dir)))
		}, "in the way"},
		"another draft, an update that was interrupted": {func(t *testing.T, dir string) {
			must(t, beginSwap(dir, dir))
			must(t, os.RemoveAll(dir))
			must(t, os.Rename(write(t, quiet(t)), aside(dir)))
		}, "rename it to"},
		"a file of the swap's name": {func(t *testing.T, dir string) {
			must(t, os.Mkdir(aside(dir), 0o700))
			must(t, os.WriteFile(swapFile(dir), []byte("mine"), 0o600))
		}, "in the way"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, rich(t))
			c.make(t, dir)
			before := tree(t, filepath.Dir(dir))
			if _, err := Update(dir, later(t)); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), aside(dir)) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if after := tree(t, filepath.Dir(dir)); after != before {
				t.Errorf("something was touched:\n%s\nwas\n%s", after, before)
			}
		})
	}
}

// tree is everything below a folder: names and sums.
func tree(t *testing.T, root string) string {
	t.Helper()
	var out strings.Builder
	must(t, filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		out.WriteString(name)
		if entry.Type().IsRegular() {
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			out.WriteString(" " + sumOf(data))
		}
		out.WriteString("\n")
		return nil
	}))
	return out.String()
}
