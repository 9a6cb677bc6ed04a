package github

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestGatesPages: what a later page says counts, and what lies beyond the last page that
// is read is not known, neither skipped nor missing.
func TestGatesPages(t *testing.T) {
	const approved = `{"id":80,"state":"APPROVED","submitted_at":"2024-07-11T08:30:00Z"}`
	const pull = `{"number":128,"state":"closed","created_at":"2024-07-11T08:10:00Z","merged_at":"2024-07-11T09:00:00Z"}`
	for name, c := range map[string]struct {
		part, other, one string // of the path; what all pages have but the last, which has one
		pages            int
		want, note       string
	}{
		"an approval on page 2":           {"/reviews", `{"id":1,"state":"COMMENTED"}`, approved, 2, "passed 2024-07-11T08:30:00.000Z", "approved by 1 person"},
		"an approval on page 5":           {"/reviews", `{"id":1,"state":"COMMENTED"}`, approved, 5, "passed 2024-07-11T08:30:00.000Z", "approved by 1 person"},
		"an approval on page 6":           {"/reviews", `{"id":1,"state":"COMMENTED"}`, approved, 6, "", "not all reviews of request 128"},
		"a review that cannot be read":    {"/reviews", ``, `null`, 1, "", "not all reviews of request 128"},
		"the pull request on page 2":      {"/pulls", `{"number":131,"state":"open"}`, pull, 2, "passed 2024-07-11T08:30:00.000Z", "approved by 1 person"},
		"the pull request on page 6":      {"/pulls", `{"number":131,"state":"open"}`, pull, 6, "", "not all pull or merge requests"},
		"pull requests without a number":  {"/pulls", ``, `{"number":-1}`, 1, "", "not all pull or merge requests"},
		"no review, and no more than one": {"/reviews", ``, `{"id":1,"state":"COMMENTED"}`, 1, "skipped", "request 128 has no approval"},
	} {
		t.Run(name, func(t *testing.T) {
			f := pastFake{fake: story(t)}
			deploy, _ := bench.Gated(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, c.part) || !strings.Contains(r.URL.Path, "/128/") && !strings.Contains(r.URL.Path, strings.Repeat("b2", 20)) {
					f.ServeHTTP(w, r)
					return
				}
				page := max(1, number(r.URL.Query().Get("page")))
				if page < c.pages {
					w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, page+1))
					fmt.Fprintf(w, "[%s]", c.other)
					return
				}
				fmt.Fprintf(w, "[%s]", c.one)
			}))
			if got, note := deploy.Attributes["gates.review"], deploy.Attributes["gates.review_note"]; got != c.want || !strings.Contains(note, c.note) {
				t.Errorf("%q (%s), want %q (%s)", got, note, c.want, c.note)
			}
		})
	}
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// TestCheckPages: a check that failed counts on a later page too, and beyond the last page
// that is read nothing that another check could change is said.
func TestCheckPages(t *testing.T) {
	const skipped = `{"status":"completed","conclusion":"skipped","completed_at":"2024-07-11T08:10:00Z"}`
	const failed = `{"status":"completed","conclusion":"failure","completed_at":"2024-07-11T08:20:00Z"}`
	for name, c := range map[string]struct {
		pages      int
		one        string // what the last page has; all others have a check that was skipped
		want, note string
	}{
		"one page":           {1, skipped, "skipped 2024-07-11T08:10:00.000Z", "1 skipped"},
		"a failed on page 2": {2, failed, "failed 2024-07-11T08:20:00.000Z", "0 passed, 1 failed, 1 skipped"},
		"all five pages":     {5, skipped, "skipped 2024-07-11T08:10:00.000Z", "5 skipped"},
		"a sixth page":       {6, failed, "", "5 skipped; there are more"},
	} {
		t.Run(name, func(t *testing.T) {
			f := pastFake{fake: story(t)}
			deploy, _ := bench.Gated(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, strings.Repeat("b2", 20)+"/check-runs") {
					f.ServeHTTP(w, r)
					return
				}
				page, run := max(1, number(r.URL.Query().Get("page"))), c.one
				if page < c.pages {
					w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, page+1))
					run = skipped
				}
				fmt.Fprintf(w, `{"total_count":%d,"check_runs":[%s]}`, c.pages, run)
			}))
			if got, note := deploy.Attributes["gates.ci"], deploy.Attributes["gates.ci_note"]; got != c.want || !strings.HasSuffix(note, c.note) {
				t.Errorf("%q (%s), want %q (%s)", got, note, c.want, c.note)
			}
		})
	}
}
