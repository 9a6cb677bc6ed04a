package episodes

import (
	"cmp"
	"slices"

	"collector/internal/store"
)

// link is one session that waits, and the session at the root of its chain: one
// that waits for nobody itself.
type link struct {
	wait *store.LockWait // its own
	root uint64          // 0: the server does not name it
	top  *store.LockWait // the wait for the root
}

// chains resolves the waits of one look. A session that waits for several is
// counted to the one of them that comes first by `before`; in a cycle, which
// InnoDB is about to resolve, the session with the smallest ID is the root.
func chains(waits []store.LockWait, before func(a, b uint64) int) []link {
	best := map[uint64]*store.LockWait{}
	for i := range waits {
		w := &waits[i]
		if w.Waiter == w.Blocker {
			continue
		}
		if b := best[w.Waiter]; b == nil || prefers(w, b, before) {
			best[w.Waiter] = w
		}
	}
	waiters := make([]uint64, 0, len(best))
	for id := range best {
		waiters = append(waiters, id)
	}
	slices.Sort(waiters)
	links := make([]link, 0, len(waiters))
	for _, id := range waiters {
		root, top := climb(best, id)
		links = append(links, link{best[id], root, top})
	}
	return links
}

// prefers reports whether w is a better wait than b of the same session: one whose
// blocker is named, then the one that comes first.
func prefers(w, b *store.LockWait, before func(a, b uint64) int) bool {
	if (w.Blocker == 0) != (b.Blocker == 0) {
		return b.Blocker == 0
	}
	return cmp.Or(before(w.Blocker, b.Blocker), cmp.Compare(w.Blocker, b.Blocker)) < 0
}

// climb follows a chain to its root.
func climb(best map[uint64]*store.LockWait, id uint64) (root uint64, top *store.LockWait) {
	seen := map[uint64]bool{}
	for w := best[id]; w != nil; w = best[w.Blocker] {
		if seen[w.Waiter] {
			return cycleRoot(best, w.Waiter)
		}
		seen[w.Waiter] = true
		root, top = w.Blocker, w
	}
	return root, top
}

// cycleRoot is the smallest ID of a cycle, and the wait for it.
func cycleRoot(best map[uint64]*store.LockWait, in uint64) (root uint64, top *store.LockWait) {
	root = in
	for w := best[in]; w.Blocker != in; w = best[w.Blocker] {
		root = min(root, w.Blocker)
	}
	for w := best[root]; ; w = best[w.Blocker] {
		if w.Blocker == root {
			return root, w
		}
	}
}
