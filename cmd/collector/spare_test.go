package main

import (
	"runtime"
	"testing"
)

func TestGarbagePercent(t *testing.T) {
	for held, want := range map[uint64]int{0: 400, 1 << 20: 400, 5 << 20: 300, 8 << 20: 150, 10 << 20: 100, 11 << 20: 25, 20 << 20: 25, 400 << 20: 25} {
		if got := garbagePercent(held); got != want {
			t.Errorf("%d MiB: %d %%, want %d", held>>20, got, want)
		}
	}
}

func TestBloated(t *testing.T) {
	runtime.GC()
	if read := readHeap(); read.held == 0 {
		t.Error("nothing is held")
	}
	for _, tc := range []struct {
		heap
		want bool
	}{
		{heap{8 << 20, 12 << 20}, false}, // after a collection: garbage takes it again
		{heap{8 << 20, 17 << 20}, true},  // after a draft
		{heap{11 << 20, 0}, true},        // of many servers
	} {
		if tc.bloated() != tc.want {
			t.Errorf("%d MiB held and %d free: %v", tc.held>>20, tc.free>>20, !tc.want)
		}
	}
}
