package episodes

import "time"

// endedBy says how nobody came to wait any more, "" when somebody still does. It
// compares the last look with waiters with the first one without:
//
//   - the blocker is gone from the server: killed when Com_kill has moved, else
//     disconnected;
//   - it is there and its transaction or statement goes on: those who waited gave up,
//     by a time-out of theirs or of the server's, or killed when Com_kill has moved;
//   - else the transaction ended, or the statement where the transaction was nothing
//     but this statement; killed when Com_kill has moved while a statement ran.
func (a *lockChain) endedBy() string {
	switch {
	case a.After == nil:
		return ""
	case a.Restarted:
		return endRestart
	case a.Blocker == 0:
		return endUnknown
	}
	killed := a.killed()
	after := a.After.Blocker
	if after == nil {
		switch {
		case a.After.Connected == nil && killed && a.Held != nil:
			return endKilled
		case a.After.Connected == nil, a.Held == nil && *a.After.Connected:
			return endUnknown
		case killed && !*a.After.Connected:
			return endKilled
		case !*a.After.Connected:
			return endDisconnected
		}
	}
	if a.Held == nil {
		return endUnknown
	}
	last := a.Held.Blocker
	switch {
	case after != nil && last.goesOn(after):
		if killed {
			return endKilled
		}
		return endTimeout
	case last.Command == commandSleep:
		return endCommit
	case killed:
		return endKilled
	case last.oneStatement():
		return endStatement
	}
	return endCommit
}

// killed reports whether a KILL was issued between the last look that shows the
// blocker and the first one without a waiter.
func (a *lockChain) killed() bool {
	before := a.Last
	if a.Held != nil {
		before = a.Held
	}
	return before.Kills >= 0 && a.After.Kills > before.Kills
}

// goesOn reports whether a later look shows the same transaction, or outside one the
// same statement.
func (s *sessionSample) goesOn(later *sessionSample) bool {
	if s.TransactionMS > 0 {
		return later.TransactionMS > 0 && s.since(s.TransactionMS).meets(later.since(later.TransactionMS), 1e6+sameStart)
	}
	return s.Command == later.Command && s.since(s.ElapsedMS).meets(later.since(later.ElapsedMS), 1e6+sameStart)
}

// since is when something began that is so old, on the server's clock, give or take
// a second.
func (s *sessionSample) since(ageMS int64) span {
	return s.clock().started(time.Duration(ageMS)*time.Millisecond, time.Millisecond)
}

// oneStatement reports whether the session's transaction is nothing but the
// statement that it runs. Both ages may be in whole seconds.
func (s *sessionSample) oneStatement() bool { return s.TransactionMS <= s.ElapsedMS+1000 }
