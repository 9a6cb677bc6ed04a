package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiffering(t *testing.T) {
	long := strings.Repeat("the same line\n", 3000)
	for _, tt := range []struct {
		name, want, got string
		ranges          []string // offset+length/wanted@line
	}{
		{"equal", "a\nb\n", "a\nb\n", nil},
		{"one byte", "a\nbcd\n", "a\nbxd\n", []string{"3+1/1@2"}},
		{"two lines beside each other", "abc\ndef\n", "aXc\ndeY\n", []string{"1+1/1@1", "6+1/1@2"}},
		{"two places far apart", "x1\n" + long + "x2\n", "y1\n" + long + "y2\n", []string{"0+1/1@1", fmt.Sprintf("%d+1/1@3002", len(long)+3)}},
		{"a line more", "a\nc\n", "a\nb\nc\n", []string{"2+2/0@2"}},
		{"a line less", "a\nb\nc\n", "a\nc\n", []string{"2+0/2@2"}},
		{"nothing is left", "abc", "", []string{"0+0/3@1"}},
		{"nothing should be there", "", "abc\n", []string{"0+4/0@1"}},
		{"no line ends", "abcdef", "abXdef", []string{"2+1/1@1"}},
		{"no valid text", "a\xff\xfeb\n", "a\xff\xfdb\n", []string{"2+1/1@1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var found []string
			for _, r := range differing([]byte(tt.want), []byte(tt.got)) {
				found = append(found, fmt.Sprintf("%d+%d/%d@%d", r.Offset, r.Length, r.Wanted, r.Line))
			}
			if strings.Join(found, " ") != strings.Join(tt.ranges, " ") {
				t.Errorf("found %v, want %v", found, tt.ranges)
			}
		})
	}
}

func TestExcerptsAreShort(t *testing.T) {
	got := "key: " + strings.Repeat("ü\x1b[31m", 500)
	ranges := differing([]byte("key: value"), []byte(got))
	if len(ranges) != 1 || !strings.HasPrefix(ranges[0].Is, `"key: ü\x1b[31m`) || !strings.HasSuffix(ranges[0].Is, "…") || len(ranges[0].Is) > 300 {
		t.Errorf("%+v", ranges)
	}
	if ranges[0].Should != `"key: value"` {
		t.Errorf("should be %s", ranges[0].Should)
	}
}

// FuzzDiffering: putting what should be there into the ranges gives what should be.
func FuzzDiffering(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc\nd\n")
	f.Add("\xff\n\n", "\xfe")
	f.Fuzz(func(t *testing.T, want, got string) {
		var back strings.Builder
		at, from := 0, 0 // in got, in want
		for _, r := range differing([]byte(want), []byte(got)) {
			if r.Offset < at || r.Offset+r.Length > len(got) {
				t.Fatalf("range %+v is out of order or of the file", r)
			}
			back.WriteString(got[at:r.Offset])
			from += r.Offset - at
			if from+r.Wanted > len(want) {
				t.Fatalf("range %+v wants more than there is", r)
			}
			back.WriteString(want[from : from+r.Wanted])
			from += r.Wanted
			at = r.Offset + r.Length
		}
		back.WriteString(got[at:])
		if back.String() != want {
			t.Errorf("the ranges of %q lead to %q, not to %q", got, back.String(), want)
		}
	})
}
