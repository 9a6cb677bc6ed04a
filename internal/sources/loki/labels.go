package loki

import (
	"regexp"
	"strings"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// What is kept of one stream's labels at most.
const (
	maxLabels     = 16
	maxLabelName  = 60 // bytes
	maxLabelValue = 100
)

// stream is a set of labels as evidence: masked, of bearable size, with whom it is about.
type stream struct {
	Labels map[string]string `json:"labels,omitempty"`
	Target string            `json:"target"`
}

// streamMasker makes streams fit for a record.
type streamMasker struct {
	masker  *deployline.Masker
	targets sources.Targets
	scope   timeline.Scope
	query   string // the configured name: whom a stream without a telling label is about
}

func newStreamMasker(s *Source, req sources.Request, query string) streamMasker {
	m := deployline.NewMasker(deployline.Reader{}, req.Roles)
	m.Ready()
	return streamMasker{m, s.targets, req.Scope, query}
}

// mask returns the stream as evidence, and whether the draft's scope includes it.
func (m streamMasker) mask(labels map[string]string) (stream, bool) {
	kept := map[string]string{}
	for _, name := range sortedKeys(labels) {
		// __error__ and __stream_shard__ are Loki's own.
		if len(kept) == maxLabels || strings.HasPrefix(name, "__") || labels[name] == "" {
			continue
		}
		kept[oneLine(name, maxLabelName)] = m.value(name, labels[name])
	}
	target := m.targets.Resolve(kept)
	for _, t := range m.targets {
		if t.Name == target {
			return stream{kept, target}, m.scope.Includes(t.Cluster, t.Name)
		}
	}
	return stream{kept, m.about(kept, target)}, true
}

// telling are the labels that say which application a stream is of, the first that is
// there counts. service_name is Loki's own guess.
var telling = [...]string{"app", "service", "service_name", "app_kubernetes_io_name", "container", "job"}

func (m streamMasker) about(labels map[string]string, resolved string) string {
	for _, name := range telling {
		if v := labels[name]; v != "" && v != "unknown_service" {
			return v
		}
	}
	if resolved != "" {
		return resolved
	}
	return m.query
}

var (
	longID     = regexp.MustCompile(`^[0-9A-Fa-f-]{16,}$`)
	longNumber = regexp.MustCompile(`[0-9]{6,}`)
)

// value is the masked form of a label's value. A text, which Loki before 3.0 takes for a
// label where a query parses its lines, is told by its pattern; an identifier of one
// request would make a stream of every line.
func (m streamMasker) value(name, value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	switch {
	case longID.MatchString(value):
		return idMark
	case len(value) > maxLabelValue || strings.ContainsFunc(value, isTextual):
		return oneLine(patternOf(value), maxLabelValue)
	}
	return oneLine(m.masker.Value(name, longNumber.ReplaceAllString(value, numberMark)), maxLabelValue)
}

func isTextual(r rune) bool { return isBlank(r) || r == '"' || r == '\'' || r == '`' }

// selector writes the labels as LogQL does.
func (s stream) selector() string { return oneLine(selectorOf(s.Labels), 300) }
