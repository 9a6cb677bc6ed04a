package mysql

import (
	"context"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// history is something that a server writes down by itself and that is read when
// a draft is made: the binary log, the error log.
type history struct {
	gather func(ctx context.Context, config Config, req sources.Request) ([]timeline.Evidence, error)
}

// histories lists them.
func histories() []history {
	return []history{{gatherBinaryLog}, {gatherErrorLog}}
}

// gatherWritten reads what the server wrote down, one history after the other: one
// query in flight. A history that cannot be read is a failure record of its own.
func (s *Source) gatherWritten(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	var records []timeline.Evidence
	for _, h := range histories() {
		more, err := h.gather(ctx, s.config, req)
		if err != nil {
			return records, err
		}
		records = append(records, more...)
	}
	return records, nil
}
