package web

import (
	"fmt"
	"net/http"
	"sync"
)

// reload is POST /-/reload, as Prometheus has it: 200 when the new configuration
// is in use, 500 with the reason when the old one still is. Prometheus answers 403
// unless a flag enables it; collector enables it for those that Access lets in, and
// answers 403 where that is everybody.
type reload struct {
	do      func() error
	refused error      // why nobody may
	mu      sync.Mutex // one at a time
}

func newReload(opts Options) *reload {
	r := &reload{do: opts.Reload}
	switch {
	case opts.Reload == nil:
		r.refused = errNoReload
	case !opts.Door.Guarded():
		r.refused = errUnguarded
	}
	return r
}

func (r *reload) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if r.refused != nil {
		http.Error(w, r.refused.Error(), http.StatusForbidden)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.do(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // do has logged it
		return
	}
	fmt.Fprintln(w, "collector has reloaded its configuration")
}
