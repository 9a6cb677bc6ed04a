package mysql

import (
	"strings"

	"collector/internal/sources"
	"collector/internal/sources/mysql/binlog"
	"collector/internal/sources/mysql/episodes"
	"collector/internal/sources/mysql/errorlog"
	"collector/internal/timeline"
)

// interpreters says who reads the records of this source: by what the kind of
// their question begins with, the first that fits.
func interpreters() []struct {
	prefix    string
	interpret sources.Interpreter
} {
	return []struct {
		prefix    string
		interpret sources.Interpreter
	}{
		{"binlog.", binlog.Interpret},
		{errorlog.Prefix, errorlog.Interpret},
		{"", episodes.Interpret},
	}
}

// Interpret turns the records of all servers into findings.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	list := interpreters()
	parts := make([][]timeline.Evidence, len(list))
	for _, e := range records {
		var question struct {
			Kind string `json:"kind"`
		}
		if _, err := sources.Read(e, &question, nil); err != nil {
			return timeline.Findings{}, err
		}
		for i, one := range list {
			if strings.HasPrefix(question.Kind, one.prefix) {
				parts[i] = append(parts[i], e)
				break
			}
		}
	}
	var all timeline.Findings
	for i, one := range list {
		f, err := one.interpret(window, parts[i])
		if err != nil {
			return timeline.Findings{}, err
		}
		all = joined(all, f)
	}
	all.Events = reconciled(all.Events)
	return all, nil
}

func joined(a, b timeline.Findings) timeline.Findings {
	return timeline.Findings{
		Events: append(a.Events, b.Events...), Evidence: append(a.Evidence, b.Evidence...), Gaps: append(a.Gaps, b.Gaps...),
		Checks: append(a.Checks, b.Checks...), Impact: append(a.Impact, b.Impact...), Series: append(a.Series, b.Series...),
		Remarks: append(a.Remarks, b.Remarks...),
	}
}
