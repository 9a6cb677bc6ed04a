package dictionary

import (
	"testing"
	"unicode/utf8"
)

func TestParseName(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Name
		ok   bool
	}{
		{"shop/orders", Name{"shop", "orders", false}, true},
		{"shop/we@002dird@0040@0020@0022@1o@0027", Name{"shop", `we-ird@ "ü'`, false}, true},
		{"my@002dshop/a@002fb", Name{"my-shop", "a/b", false}, true},
		{"shop/@0023sql@002d1", Name{"shop", "#sql-1", false}, true},
		{"shop/parts#P#p0", Name{"shop", "parts", true}, true},
		{"shop/parts#p#p0#sp#p0sp1", Name{"shop", "parts", true}, true},
		{"shop/FTS_of_mine", Name{"shop", "FTS_of_mine", false}, true},
		{"shop/a@", Name{"shop", "a@", false}, true},
		{"shop/#sql-alter-1f04-95", Name{}, false},
		{"shop/#sql2-1-2", Name{}, false},
		{"shop/FTS_000000000000001c_BEING_DELETED", Name{}, false},
		{"shop/fts_0000000000000432_00000000000000b6_index_1", Name{}, false},
		{"mysql/innodb_index_stats", Name{}, false},
		{"sys/sys_config", Name{}, false},
		{"SYS_FOREIGN", Name{}, false},
		{"innodb_undo_001", Name{}, false},
		{"shop/", Name{}, false},
		{"", Name{}, false},
	} {
		t.Run(tc.in, func(t *testing.T) {
			got, ok := ParseName(tc.in)
			if got != tc.want || ok != tc.ok {
				t.Errorf("got %+v %v, want %+v %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"shop/orders", "shop/we@002dird@0040@1o@0027", "shop/parts#P#p0#SP#x", "a/@", "a/@0", "/", "shop/@d800", "shop/@@@", "shop/FTS_000000000000001c_X"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, ok := ParseName(name)
		if ok && got.Table == "" {
			t.Errorf("%q has no table: %+v", name, got)
		}
		if utf8.ValidString(name) && !utf8.ValidString(got.Schema+got.Table) {
			t.Errorf("%q became %q", name, got.Schema+got.Table)
		}
	})
}
