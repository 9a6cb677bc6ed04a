package report

import (
	"fmt"

	"collector/internal/timeline"
)

// How much of the records the page of a document shows; the files have all of it.
const (
	maxBodies  = 2_000_000 // bytes of all bodies together
	maxRecords = 500       // of more records, the page shows those that the document cites
)

// recordView is a record as the page shows it.
type recordView struct {
	ID, About, Query, Source, Target, From, To, Collected, SHA256, URL, Path, Body, Cut string
}

// recordViews are the records that a page shows below its document, and what is said
// of those that it does not show.
func recordViews(draft Draft, doc string, earlier []timeline.Evidence) (views []recordView, left string) {
	records := draft.Timeline.Evidence
	packed := len(records) > maxEvidenceFiles
	shown, hidden := shownRecords(records, doc)
	spent := 0
	for _, e := range shown {
		path := evidenceDir + e.ID + ".json"
		if packed {
			path = evidenceArchive
		}
		views = append(views, viewOf(e, path, &spent))
	}
	for _, e := range earlier {
		views = append(views, viewOf(e, earlierDir+e.ID+".json", &spent))
	}
	if hidden > 0 {
		where := evidenceDir
		if packed {
			where = evidenceArchive
		}
		left = fmt.Sprintf("Shown are the %s that this document cites; %s has %s more.", plural(len(views), "record"), where, number(float64(hidden)))
	}
	return views, left
}

// shownRecords are all records while there are few, and those that a document cites
// when there are many.
func shownRecords(records []timeline.Evidence, doc string) (shown []timeline.Evidence, hidden int) {
	if len(records) <= maxRecords {
		return records, 0
	}
	cited := map[string]bool{}
	for _, id := range citedIn(doc) {
		cited[id] = true
	}
	for _, e := range records {
		if cited[e.ID] {
			shown = append(shown, e)
		}
	}
	return shown, len(records) - len(shown)
}

// viewOf is one record as the page shows it; spent is how much of maxBodies is.
func viewOf(e timeline.Evidence, path string, spent *int) recordView {
	v := recordView{
		ID: e.ID, About: plain(asked(e), 140), Query: plain(e.Query, 4000), Source: e.Source, Target: plain(e.Target, maxName),
		From: timeline.FormatTime(e.ObservedFrom), To: timeline.FormatTime(e.ObservedTo),
		Collected: timeline.FormatTime(e.CollectedAt), SHA256: e.SHA256, URL: plain(e.URL, 500), Path: path,
	}
	v.Body, v.Cut = preview(e.Body, min(maxBody, max(0, maxBodies-*spent)))
	*spent += len(v.Body)
	return v
}
