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

// TestPipelinePages: a pipeline that passed counts on a later page too, and beyond the last
// page that is read nothing that another pipeline could change is said.
func TestPipelinePages(t *testing.T) {
	pipeline := func(status string) string {
		return fmt.Sprintf(`[{"id":1,"status":%q,"updated_at":"2024-07-11T08:20:00.000Z"}]`, status)
	}
	for name, c := range map[string]struct {
		pages int
		last  string
		want  string
	}{
		"passed on page 2": {2, "success", "passed 2024-07-11T08:20:00.000Z"},
		"all five pages":   {5, "skipped", "skipped 2024-07-11T08:20:00.000Z"},
		"a sixth page":     {6, "success", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := pastFake{fake: story(t)}
			deploy, _ := bench.Gated(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/pipelines") || r.URL.Query().Get("sha") != strings.Repeat("b2", 20) {
					f.ServeHTTP(w, r)
					return
				}
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				status := c.last
				if page = max(page, 1); page < c.pages {
					w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
					status = "skipped"
				}
				fmt.Fprint(w, pipeline(status))
			}))
			if got, note := deploy.Attributes["gates.ci"], deploy.Attributes["gates.ci_note"]; got != c.want {
				t.Errorf("%q (%s), want %q", got, note, c.want)
			}
		})
	}
}
