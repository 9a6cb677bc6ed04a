package web

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// besideDraft serves the drafts that lie beside that of an incident. Its document leads
// to earlier ones that share something with it by relative links, such as
// "../2024-07-12T0930Z-db1-server-down/postmortem.html": they work where the drafts are
// checked out side by side, and here.
type besideDraft struct{ drafts draftFiles }

func (b besideDraft) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, found := b.drafts.find(w, r)
	if !found {
		return
	}
	dir, found := draftBeside(i.Draft.Dir, r.PathValue("beside"))
	if !found {
		http.Error(w, fmt.Sprintf("no such draft lies beside that of incident %s: it was renamed or moved away", i.ID), http.StatusNotFound)
		return
	}
	b.drafts.serve(w, r, i, dir)
}

// draftBeside is the directory of a name beside a draft, if it is a draft too: one with a
// timeline.json, no link, and nothing that collector has half made.
func draftBeside(dir, name string) (beside string, found bool) {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".before-update") {
		return "", false
	}
	beside = filepath.Join(filepath.Dir(filepath.Clean(dir)), name)
	info, err := os.Lstat(beside)
	if err != nil || !info.IsDir() {
		return "", false
	}
	info, err = os.Lstat(filepath.Join(beside, "timeline.json"))
	return beside, err == nil && info.Mode().IsRegular()
}
