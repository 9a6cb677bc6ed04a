package episodes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/store"
)

// baseline is what is normal for one statement: a ring of its readings.
type baseline struct {
	times, perRow []float64 // per execution: ms, rows examined
	at            int
	executions    int64
	noIndex       int64
	mostRows      float64 // per execution, of any reading
	medianTime    float64
	medianRows    float64
	stale         int // readings since the medians were computed
}

func (b *baseline) add(r *digestReading) {
	b.executions += r.Count
	b.noIndex += r.NoIndex
	b.mostRows = max(b.mostRows, r.rows())
	b.stale++
	if len(b.times) < baselineKept {
		b.times = append(b.times, r.TimeMS/float64(r.Count))
		b.perRow = append(b.perRow, r.rows())
		return
	}
	b.times[b.at], b.perRow[b.at] = r.TimeMS/float64(r.Count), r.rows()
	b.at = (b.at + 1) % baselineKept
}

// enough reports whether there is anything to hold a reading against.
func (b *baseline) enough() bool {
	return len(b.times) >= baselineReadings && b.executions >= baselineExecutions
}

func (b *baseline) latency() time.Duration {
	b.refresh()
	return time.Duration(b.medianTime * float64(time.Millisecond))
}

func (b *baseline) rows() float64 {
	b.refresh()
	return b.medianRows
}

// refresh computes the medians again when an eighth of the readings is new: of an
// hour's readings that is every 7 minutes, and a draft reads many statements.
func (b *baseline) refresh() {
	if b.stale == 0 || b.stale*8 < len(b.times) {
		return
	}
	b.medianTime, b.medianRows, b.stale = median(b.times), median(b.perRow), 0
}

// median is the lower median, so that it is a value that was seen.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// isData reports whether a statement reads or writes tables. Schema changes,
// commits and administration have kinds of their own, or none.
func isData(sql string) bool {
	verb, _, _ := strings.Cut(strings.TrimLeft(sql, "( "), " ")
	switch strings.ToUpper(verb) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "CALL":
		return true
	}
	return false
}

// waitsForLock reports whether a session says that it waits for a lock.
func waitsForLock(row *store.Session) bool {
	return row.LockWait || strings.HasPrefix(row.State, "Waiting for ") && strings.HasSuffix(row.State, "lock")
}

// suspects reports whether a reading may hold a mixture of before and after.
func (b *baseline) suspects(r *digestReading) bool {
	return b.enough() && (r.rows() >= 2*b.rows() && r.rows() >= 100 || r.latency() >= 2*b.latency()+time.Millisecond)
}

// leaves reports whether the executions of a reading, whatever their number, are
// as far from normal as the rules ask.
func (b *baseline) leaves(r *digestReading) bool {
	return r.rows() >= rowsFactor*max(1, b.rows()) && r.rows() >= rowsEach ||
		r.latency() >= latencyFactor*b.latency() && r.latency() >= b.latency()+latencyMore
}

func (g *recorder) digestQuery() string {
	return fmt.Sprintf("growth of performance_schema.events_statements_summary_by_digest every %s, more often during an incident (recorded)", digestInterval)
}
