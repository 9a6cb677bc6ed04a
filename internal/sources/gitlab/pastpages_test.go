package gitlab

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestGatesPages: a merge request on a later page counts, and beyond the last page that is
// read nothing is known.
func TestGatesPages(t *testing.T) {
	const merged = `{"id":45,"iid":12,"state":"merged","created_at":"2024-07-11T08:10:00.000Z","merged_at":"2024-07-11T09:00:00.000Z"}`
	for name, c := range map[string]struct {
		pages      int
		last       string
		want, note string
	}{
		"on page 2":        {2, merged, "passed", "approved by 1 person"},
		"on page 6":        {6, merged, "", "not all pull or merge requests"},
		"without a number": {1, `{"iid":0}`, "", "not all pull or merge requests"},
	} {
		t.Run(name, func(t *testing.T) {
			f := pastFake{fake: story(t)}
			deploy, _ := bench.Gated(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, strings.Repeat("b2", 20)+"/merge_requests") {
					f.ServeHTTP(w, r)
					return
				}
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				if page = max(page, 1); page < c.pages {
					w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
					fmt.Fprint(w, `[{"id":46,"iid":13,"state":"opened"}]`)
					return
				}
				fmt.Fprintf(w, "[%s]", c.last)
			}))
			if got, note := deploy.Attributes["gates.review"], deploy.Attributes["gates.review_note"]; got != c.want || !strings.Contains(note, c.note) {
				t.Errorf("%q (%s), want %q (%s)", got, note, c.want, c.note)
			}
		})
	}
}
