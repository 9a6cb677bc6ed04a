package loki

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

const (
	// pause is how long no line must come for an episode to be over.
	pause = 5 * time.Minute
	// maxPatterns is how many different patterns and streams are told apart while a query
	// is read, and maxFolded how many messages that differ before their secrets are removed.
	maxPatterns = 2_000
	maxFolded   = 20_000
	// maxEpisodes is how many episodes of one query a draft tells of: those with the most lines.
	maxEpisodes = 100
)

// episode is lines of one pattern in one stream that follow each other within the pause.
type episode struct {
	stream
	Pattern string    `json:"pattern"`
	Level   string    `json:"level,omitempty"` // of its first line that says one
	First   time.Time `json:"first"`           // may lie before the window, see doc.go
	Last    time.Time `json:"last"`            // in the window
	Lines   int       `json:"lines"`           // in the window
	Peak    int       `json:"peak"`            // the most in one minute of the clock, in the window
	PeakAt  time.Time `json:"peak_at"`         // that minute's beginning
	GoesOn  bool      `json:"goes_on,omitempty"`

	minute  time.Time
	inPlace int // lines in that minute
}

// fold makes episodes of lines that come in order of time. Nothing of a line is kept but
// its pattern.
type fold struct {
	window timeline.Window
	masker streamMasker

	streams  []stream
	numbers  map[string]int    // of a stream, by its masked labels
	patterns map[string]string // finished ones, by what folded makes of a message
	open     map[foldKey]*episode
	known    map[foldKey]bool
	done     []*episode
	untold   int // lines in the window beyond maxPatterns
}

type foldKey struct {
	stream  int
	pattern string
}

// elsewhere is the number of a stream that the draft's scope leaves out.
const elsewhere = -1

func newFold(w timeline.Window, m streamMasker) *fold {
	return &fold{
		window: w, masker: m, numbers: map[string]int{}, patterns: map[string]string{},
		open: map[foldKey]*episode{}, known: map[foldKey]bool{},
	}
}

func (f *fold) stream(labels map[string]string) int {
	s, in := f.masker.mask(labels)
	if !in {
		return elsewhere
	}
	name := s.Target + s.selector()
	if i, known := f.numbers[name]; known {
		return i
	}
	f.streams = append(f.streams, s)
	f.numbers[name] = len(f.streams) - 1
	return len(f.streams) - 1
}

func (f *fold) line(number int, e entry) {
	if number == elsewhere {
		return
	}
	level, message := words(e.line)
	key := foldKey{number, f.pattern(message)}
	at := time.Unix(0, e.ns).UTC()
	ep := f.open[key]
	if ep != nil && at.Sub(ep.Last) > pause {
		f.close(key)
		ep = nil
	}
	if !at.Before(f.window.To) {
		if ep != nil && ep.Lines > 0 {
			ep.GoesOn = true
		}
		return
	}
	if ep == nil {
		if ep = f.begin(key, at); ep == nil {
			return
		}
	}
	ep.Last = at
	ep.Level = cmp.Or(ep.Level, e.level, level, levelAmong(f.streams[number].Labels))
	if !at.Before(f.window.From) {
		ep.count(at)
	}
}

// pattern is the finished pattern of a message. The dear half is done once for each.
func (f *fold) pattern(message string) string {
	raw := folded(message)
	if done, known := f.patterns[raw]; known {
		return done
	}
	if len(f.patterns) >= maxFolded {
		clear(f.patterns)
	}
	done := polished(raw)
	f.patterns[raw] = done
	return done
}

// begin opens an episode, or counts the line as untold when there are too many kinds.
func (f *fold) begin(key foldKey, at time.Time) *episode {
	if !f.known[key] {
		if len(f.known) >= maxPatterns {
			if !at.Before(f.window.From) {
				f.untold++
			}
			return nil
		}
		f.known[key] = true
	}
	ep := &episode{stream: f.streams[key.stream], Pattern: key.pattern, First: at}
	f.open[key] = ep
	return ep
}

func (ep *episode) count(at time.Time) {
	ep.Lines++
	if minute := at.Truncate(time.Minute); !minute.Equal(ep.minute) {
		ep.minute, ep.inPlace = minute, 0
	}
	ep.inPlace++
	if ep.inPlace > ep.Peak {
		ep.Peak, ep.PeakAt = ep.inPlace, ep.minute
	}
}

// close ends an episode; one that was over before the window is forgotten.
func (f *fold) close(key foldKey) {
	if ep := f.open[key]; ep.Lines > 0 {
		f.done = append(f.done, ep)
	}
	delete(f.open, key)
}

// folds is what reading a query came to.
type folds struct {
	Episodes []*episode `json:"episodes"`
	// Untold are the episodes that have fewer lines than those told, and lines of further
	// patterns.
	Untold      int `json:"untold_episodes,omitempty"`
	UntoldLines int `json:"untold_lines,omitempty"`
}

// finish returns the episodes with the most lines, in order of time.
func (f *fold) finish() folds {
	for key := range f.open {
		f.close(key)
	}
	slices.SortFunc(f.done, func(a, b *episode) int { return cmp.Or(cmp.Compare(b.Lines, a.Lines), a.compare(b)) })
	told := f.done[:min(len(f.done), maxEpisodes)]
	out := folds{Episodes: told, Untold: len(f.done) - len(told), UntoldLines: f.untold}
	for _, ep := range f.done[len(told):] {
		out.UntoldLines += ep.Lines
	}
	slices.SortFunc(told, (*episode).compare)
	return out
}

func (ep *episode) compare(other *episode) int {
	return cmp.Or(ep.First.Compare(other.First), strings.Compare(ep.Target, other.Target),
		strings.Compare(ep.selector(), other.selector()), strings.Compare(ep.Pattern, other.Pattern))
}
