package loki

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources/httpclient"
)

// Loki has no error codes: its limits are known by their messages, as they stand in
// pkg/util/validation/validate.go and pkg/querier/queryrange/limits.go of its source and
// in docs/sources/shared/troubleshoot-query.md.
var (
	entriesLimit = regexp.MustCompile(`max_entries_limit_per_query \(\d+ > (\d+)\)`)
	lengthLimit  = regexp.MustCompile(`query time range exceeds the limit \(query length: [^,]*, limit: ([^)\s]+)\)`)
	volumeLimit  = regexp.MustCompile(`would read too many bytes|too large to execute on a single querier|max number of chunks limit`)
	answerLimit  = regexp.MustCompile(`larger than (?:the )?max`)
)

// adapt asks for less where that is what stands in the way, and says whether it did. Each
// time it asks for less than before, so that it comes to an end.
func (r *reading) adapt(err error, asked time.Duration) bool {
	if errors.Is(err, httpclient.ErrTooLarge) {
		return r.smaller(r.page / 4)
	}
	var no refusal
	if !errors.As(err, &no) {
		return false
	}
	if m := entriesLimit.FindStringSubmatch(no.text); m != nil {
		limit, err := strconv.Atoi(m[1])
		if err != nil || limit < 1 || limit >= r.page {
			return false
		}
		r.page, r.most = limit, limit
		return true
	}
	if m := lengthLimit.FindStringSubmatch(no.text); m != nil {
		limit, err := model.ParseDuration(m[1])
		if err != nil || time.Duration(limit) >= asked {
			return r.shorter(asked / 2)
		}
		return r.shorter(time.Duration(limit))
	}
	switch {
	case volumeLimit.MatchString(no.text):
		return r.shorter(asked / 2)
	case answerLimit.MatchString(no.text):
		return r.smaller(r.page / 4)
	}
	return false
}

func (r *reading) smaller(page int) bool {
	if page < fewestPage {
		return false
	}
	r.page, r.most = page, page
	return true
}

func (r *reading) shorter(span time.Duration) bool {
	if span < leastSpan {
		return false
	}
	r.span = span
	return true
}
