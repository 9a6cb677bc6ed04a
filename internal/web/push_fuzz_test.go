package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/store"
	"collector/internal/timeline"
)

// sound says what is wrong with an entry that was taken from a stranger: the journal
// would refuse it for ever.
func sound(e store.Entry) string {
	size := 0
	for name, value := range e.Fields {
		size += len(name) + len(value)
	}
	switch {
	case e.Key == "" || e.Kind == "" || e.Received.IsZero():
		return "no key, kind or time"
	case size > 16<<10:
		return "too large"
	case e.At.Year() < firstYear || e.At.Year() > lastYear+1:
		return "its time is out of range"
	case !e.Until.IsZero() && (e.Until.Before(e.At) || e.Until.Sub(e.At) > time.Hour):
		return "its time is vague"
	}
	return ""
}

func fuzzed(t *testing.T, what told, err error) {
	t.Helper()
	if err != nil {
		if err.Error() == "" {
			t.Error("an error without words")
		}
		return
	}
	for _, e := range what.entries {
		if problem := sound(e); problem != "" {
			t.Errorf("%s: %+v", problem, e)
		}
		if e.Kind == store.ChangeEntry && (e.Fields[changeService] == "" || !slices.Contains(changeEvents, e.Fields[changeEvent])) {
			t.Errorf("no change: %+v", e)
		}
	}
}

// pushedNow is a request with a body.
func pushedNow(media string, body []byte, header ...string) pushed {
	r := httptest.NewRequest(http.MethodPost, changesPath, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header[header[i]] = []string{header[i+1]}
	}
	return pushed{Request: r, media: media, body: body, received: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
}

// FuzzChanges: whatever a body is, plain changes and CDEvents are read without a panic,
// and what is taken can be kept.
func FuzzChanges(f *testing.F) {
	for _, seed := range []string{oneChange, "[" + oneChange + ",{}]", deployed, `{"time":1720775400.25,"service":"s","event":"change","a":{"b":[1,{"c":null}]}}`,
		"[[]]", "null", `{"context":{"type":"dev.cdevents.service.removed.0.1.0"},"subject":{"id":"job/x"}}`, "{\"service\":\"\\ud800\xff\",\"event\":\"CHANGE\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		what, err := changes(pushedNow("application/json", body))
		fuzzed(t, what, err)
	})
}

// FuzzCloudEvents: the same for events in a body, one or a batch.
func FuzzCloudEvents(f *testing.F) {
	one := structured("1", "dev.cdevents.service.deployed.0.1.1", deployed)
	f.Add(false, []byte(one))
	f.Add(true, []byte("["+one+`,{"specversion":"0.3","id":"2","source":"s","type":"t","data_base64":"e30="}]`))
	f.Add(false, []byte(`{"data_base64":1,"specversion":"1.0"}`))
	f.Add(false, []byte(`{"specversion":"1.0","id":"1","source":"s","type":"dev.cdevents.service.removed","data":"{\"subject\":{\"id\":\"x\"}}"}`))
	f.Fuzz(func(t *testing.T, batch bool, body []byte) {
		media := cloudEventsType + "+json"
		if batch {
			media = cloudEventsType + "-batch+json"
		}
		what, err := changes(pushedNow(media, body))
		fuzzed(t, what, err)
	})
}

// FuzzBinaryEvent: the same for events in headers.
func FuzzBinaryEvent(f *testing.F) {
	f.Add("1.0", "1", "/pipelines/7", "dev.cdevents.service.deployed.0.1.1", "2024-07-12T09:10:00Z", []byte(deployed))
	f.Add("0.3", `"a\"b"`, "%2F", "dev.cdevents.service.rolledback", "", []byte(`{"subject":{"id":"application/"}}`))
	f.Add("", "%C0%A0", `"`, "%", "x", []byte("<a/>"))
	f.Fuzz(func(t *testing.T, version, id, source, kind, when string, body []byte) {
		what, err := pushedNow("application/json", body, "Ce-Specversion", version, "Ce-Id", id, "Ce-Source", source, "Ce-Type", kind, "Ce-Time", when).binaryEvent()
		fuzzed(t, what, err)
	})
}

// FuzzNote: the same for notes as JSON.
func FuzzNote(f *testing.F) {
	f.Add([]byte(`{"text":"failed over","at":"2024-07-12T09:10:00Z","cluster":"shop","disputes":"e-1f3c9a02","author":"Ann","target":"db1"}`))
	f.Add([]byte(`{"text":"\u0000\ud800\n","at":"now"}`))
	f.Add([]byte(`{"text":7}{"text":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		what, err := noteRules().fromJSON(pushedNow("application/json", body))
		if err == nil && len(what.entries) != 1 {
			t.Errorf("%d notes", len(what.entries))
		}
		if err == nil {
			fuzzed(t, what, nil)
		}
	})
}

// FuzzNoteForm: the same for the form of an incident's page.
func FuzzNoteForm(f *testing.F) {
	f.Add([]byte(url.Values{"text": {"failed over\r\nby hand"}, "at": {"2024-07-12T12:10:00Z"}, "author": {"Ann"}, "disputes": {"e-1f3c9a02"}}.Encode()), true)
	f.Add([]byte("text=%ff%00&text=&at=now"), false)
	f.Add([]byte("%;&="), true)
	f.Fuzz(func(t *testing.T, body []byte, closed bool) {
		i := incident.Incident{ID: "I-1", State: incident.StateOpen, Window: timeline.Window{From: noon12, To: noon12.Add(time.Hour)}}
		if closed {
			i.State = incident.StateClosed
		}
		e, err := noteForm{rules: noteRules()}.entry(pushedNow(formType, body), i)
		if err == nil {
			fuzzed(t, told{entries: []store.Entry{e}}, nil)
		}
	})
}
