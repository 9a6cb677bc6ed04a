package main

import "testing"

func TestGarbagePercent(t *testing.T) {
	for held, want := range map[uint64]int{0: 400, 1 << 20: 400, 3 << 20: 300, 6 << 20: 100, 8 << 20: 50, 10 << 20: 25, 12 << 20: 25, 400 << 20: 25} {
		if got := garbagePercent(held); got != want {
			t.Errorf("%d MiB: %d %%, want %d", held>>20, got, want)
		}
	}
	if heldBytes() == 0 {
		t.Error("nothing is held")
	}
}
