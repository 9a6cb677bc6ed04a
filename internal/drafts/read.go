package drafts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Draft is what is read of a draft.
type Draft struct {
	Dir      string
	Document string // the name of the document to read first; "" when there is none
	Page     string // the name of that document's page; "" when there is none
	Title    string
	Window   timeline.Window
	Features []timeline.Feature // by timeline.CompareFeatures, each once
}

// Name is the name of the draft's directory.
func (d Draft) Name() string {
	if abs, err := filepath.Abs(d.Dir); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(d.Dir)
}

// maxTimeline is how many bytes of a timeline.json are read: one of 5,000 events has
// about 5 MB.
const maxTimeline = 64 << 20

// Read reads a draft's timeline.json up to its events, and which documents there are.
func Read(dir string) (Draft, error) {
	d, err := read(dir, decodeStory)
	if err != nil {
		return d, err
	}
	d.Document, d.Page, err = First(dir)
	return d, err
}

// ReadWindow reads no more of a draft than its window.
func ReadWindow(dir string) (timeline.Window, error) {
	d, err := read(dir, decodeWindow)
	return d.Window, err
}

func read(dir string, decode func(io.Reader) (Draft, error)) (Draft, error) {
	name := filepath.Join(dir, timelineFile)
	file, err := os.Open(name)
	if err != nil {
		return Draft{}, fmt.Errorf("reading a draft: %w", err)
	}
	defer func() { _ = file.Close() }()
	d, err := decode(io.LimitReader(file, maxTimeline))
	if err != nil {
		return Draft{}, fmt.Errorf("reading %s: %w", name, err)
	}
	d.Dir = dir
	return d, nil
}

var (
	errSchema = errors.New("it is no timeline of collector: its schema is not " + timeline.SchemaV1)
	errShort  = errors.New("it has no window or no events")
	errWindow = errors.New("its window is empty")
)

// decodeWindow reads until the window is known.
func decodeWindow(r io.Reader) (Draft, error) { return decode(r, false) }

// decodeStory reads until window, title and events are known.
func decodeStory(r io.Reader) (Draft, error) { return decode(r, true) }

// decode reads the object of a timeline.json key by key. What comes after the events,
// the larger part, is not read: collector writes the keys in the order of the schema.
func decode(r io.Reader, events bool) (Draft, error) {
	var s story
	in := json.NewDecoder(r)
	if err := expect(in, '{'); err != nil {
		return Draft{}, err
	}
	for in.More() && !s.complete(events) {
		key, err := in.Token()
		if err != nil {
			return Draft{}, err
		}
		name, _ := key.(string)
		if err := s.take(in, name, events); err != nil {
			return Draft{}, fmt.Errorf("%q: %w", name, err)
		}
	}
	switch {
	case !s.schema:
		return Draft{}, errSchema
	case !s.complete(events):
		return Draft{}, errShort
	case !s.draft.Window.From.Before(s.draft.Window.To):
		return Draft{}, errWindow
	}
	slices.SortFunc(s.draft.Features, timeline.CompareFeatures)
	return s.draft, nil
}

// story is a timeline.json as far as it was read.
type story struct {
	draft                  Draft
	schema, window, events bool // what was read
}

func (s *story) complete(events bool) bool { return s.schema && s.window && (s.events || !events) }

func (s *story) take(in *json.Decoder, key string, events bool) error {
	if key == "window" && s.window { // of two the first counts, whoever reads
		return skip(in)
	}
	switch key {
	case "schema":
		var name string
		if err := in.Decode(&name); err != nil {
			return err
		}
		if name != timeline.SchemaV1 {
			return errSchema
		}
		s.schema = true
	case "window":
		s.window = true
		return in.Decode(&s.draft.Window)
	case "title":
		return in.Decode(&s.draft.Title)
	case "events":
		if events {
			s.events = true
			return s.takeEvents(in)
		}
		return skip(in)
	default:
		return skip(in)
	}
	return nil
}

// event is what features are made of.
type event struct {
	Kind       timeline.Kind     `json:"kind"`
	Target     string            `json:"target"`
	Attributes map[string]string `json:"attributes"`
}

// maxFeatures is how many features of one draft count: the events behind them only
// repeat what is known, or are a flood that says nothing.
const maxFeatures = 500

func (s *story) takeEvents(in *json.Decoder) error {
	if err := expect(in, '['); err != nil {
		return err
	}
	seen := map[timeline.Feature]bool{}
	for in.More() {
		var e event
		if err := in.Decode(&e); err != nil {
			return err
		}
		for _, f := range timeline.FeaturesOf(timeline.Event{Kind: e.Kind, Target: e.Target, Attributes: e.Attributes}) {
			if !seen[f] && len(seen) < maxFeatures {
				// The name may be a part of an attribute that is much longer.
				seen[f] = true
				s.draft.Features = append(s.draft.Features, timeline.Feature{Kind: f.Kind, Name: strings.Clone(f.Name)})
			}
		}
	}
	return expect(in, ']')
}

// skip reads over one value without keeping it.
func skip(in *json.Decoder) error {
	depth := 0
	for {
		t, err := in.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func expect(in *json.Decoder, want json.Delim) error {
	t, err := in.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("%v stands where %v belongs", t, want)
	}
	return nil
}
