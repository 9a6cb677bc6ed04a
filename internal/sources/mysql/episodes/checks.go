package episodes

import (
	"fmt"
	"strconv"
	"time"

	"collector/internal/timeline"
)

// checks says what was looked for and not found, as far as it was observed. A
// kind with an event needs none.
func (w watch) checks(events []timeline.Event) (out []timeline.Check) {
	found := map[timeline.Kind]bool{}
	for _, e := range events {
		if e.Target == w.Server {
			found[e.Kind] = true
		}
	}
	add := func(kind timeline.Kind, stream int, lookedFor string) {
		part := w.observed(stream)
		if found[kind] || part == 0 {
			return // what nobody looked at is a gap
		}
		if part < 1000 {
			lookedFor += fmt.Sprintf(" in the %s %% of the window that was observed", strconv.FormatFloat(float64(part)/10, 'f', -1, 64))
		}
		out = append(out, timeline.Check{Source: sourceKind, Target: w.Server, LookedFor: lookedFor, Evidence: []string{w.id}})
	}
	ms := func(n int64) string { return spoken(time.Duration(n) * time.Millisecond) }

	add(timeline.MySQLDown, streamTicks, "outages of the server")
	add(timeline.MySQLRestart, streamTicks, "restarts")
	add(timeline.MySQLRoleChange, streamTicks, "changes between read-only and writable")
	w.replicationChecks(add, ms)
	if w.Sessions.Samples > 0 {
		add(timeline.MySQLLongStatement, streamSessions, fmt.Sprintf("statements of %s or more (longest seen: %s)", ms(w.ThresholdMS), atLeastYoung(w.Sessions.MaxElapsedMS)))
		add(timeline.MySQLLongTransaction, streamSessions, fmt.Sprintf("transactions open for %s or more, other than single long statements (longest seen: %s)", ms(w.TransactionMS), atLeastYoung(w.Sessions.MaxTransactionMS)))
	}
	lookedFor := "refused logins (error 1040)"
	if w.Status.MaxConnections > 0 {
		lookedFor = fmt.Sprintf("refused logins (error 1040; at most %d of %d connections in use)", w.Status.MaxConnected, w.Status.MaxConnections)
	}
	add(timeline.MySQLConnectionsExhausted, streamTicks, lookedFor)
	return out
}

// replicationChecks: a server that is no replica was asked, and has no channel;
// one that was never asked about replication is a gap.
func (w watch) replicationChecks(add func(timeline.Kind, int, string), ms func(int64) string) {
	if w.Replication.Samples == 0 {
		return
	}
	if len(w.Replication.Channels) == 0 {
		add(timeline.MySQLTopologyChange, streamReplicas, fmt.Sprintf("replication channels (the server is no replica; %s)", times(w.Replication.Samples, w.Replication.MaxPauseMS)))
		return
	}
	add(timeline.MySQLTopologyChange, streamReplicas, "changes of the replication source")
	add(timeline.MySQLReplicationStopped, streamReplicas, "replication errors and stopped replication threads")
	var worst int64
	for _, c := range w.Replication.Channels {
		worst = max(worst, c.MaxLagMS)
	}
	add(timeline.MySQLReplicationLag, streamReplicas, fmt.Sprintf("replication lag of %s or more (worst seen: %s)", ms(w.LagMS), ms(worst)))
}

// atLeastYoung words the longest age: what is younger than youngAge is not followed.
func atLeastYoung(ms int64) string {
	if ms == 0 {
		return "below " + spoken(youngAge)
	}
	return spoken(time.Duration(ms) * time.Millisecond)
}
