package report

import (
	"strings"
	"testing"
)

func FuzzMerge(f *testing.F) {
	f.Add("x", "a")
	f.Add(block("summary", "- It stopped. [mysql-00000001]\n"), "- It went on.\n")
	f.Add("<!-- collector:begin id=a sha256=0123456789abcdef -->\n<!-- collector:begin id=b -->\n<!-- collector:end id=a -->\n", "b")
	f.Add(listOf([]string{"summary", "a.update-1"})+block("a.update-99999999999999999999", "x"), "x")
	f.Fuzz(func(t *testing.T, old, facts string) {
		var joined strings.Builder
		for _, s := range split(old) {
			joined.WriteString(s.raw)
		}
		if joined.String() != old {
			t.Fatalf("split lost something of %q", old)
		}
		if strings.Contains(facts, "collector:") {
			return
		}
		fresh := sealed(block("summary", facts) + "\n" + block("lessons", facts))
		merged, _ := merge(old, fresh)
		for _, s := range split(old) {
			if s.id == "" && !strings.Contains(s.raw, "collector:blocks") && !strings.Contains(merged, strings.TrimRight(s.raw, "\n")) {
				t.Fatalf("a person's %q is lost in %q", s.raw, merged)
			}
		}
		if again, _ := merge(merged, fresh); again != merged {
			t.Fatalf("a second update of %q changes %q to %q", old, merged, again)
		}
	})
}

func FuzzReadSums(f *testing.F) {
	f.Add(strings.Repeat("0", 64) + "  evidence/a.json\n")
	f.Add(strings.Repeat("0", 64) + " *../../etc/passwd")
	f.Fuzz(func(t *testing.T, data string) {
		list, err := readSums([]byte(data))
		if err != nil {
			return
		}
		for _, s := range list {
			if strings.HasPrefix(s.name, "/") || strings.HasPrefix(s.name, "..") || strings.Contains(s.name, "/../") {
				t.Errorf("%q leaves the directory", s.name)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	data, err := archive([]File{{"evidence/mysql-44136fa3.json", []byte(`{"id":"mysql-44136fa3","body":"{}"}`)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("no archive"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = unpack(data) }) // must neither panic nor hang
}
