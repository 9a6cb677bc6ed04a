package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	for name, build := range map[string]func(testing.TB) Draft{"rich": rich, "recovered": recovered, "poor": poor, "quiet": quiet, "unalerted": silent} {
		t.Run(name, func(t *testing.T) {
			files, err := Render(build(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if dir := filepath.Dir(f.Name); dir != "." && dir != "charts" || f.Name == sumsFile {
					continue
				}
				golden(t, filepath.Join("testdata", name, f.Name), f.Data)
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if ranges := differing(want, got); len(ranges) > 0 {
		t.Errorf("%s differs in %d places, first %+v (run with -update and read the change)", name, len(ranges), ranges[0])
	}
}

func TestRenderIsDeterministic(t *testing.T) {
	first, err := Render(rich(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Render(rich(t))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range first {
			if !bytes.Equal(f.Data, again[i].Data) {
				t.Fatalf("%s differs between two renderings", f.Name)
			}
		}
	}
}
