package episodes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// holdersKept is how many accounts a record names; the rest is a number.
const holdersKept = 5

// holders says who had the connections of a full server. It is of the tick of an
// exhaustion that showed the most sessions.
type holders struct {
	look
	Sessions  int      `json:"sessions"` // the recorder's own left out
	Accounts  []holder `json:"accounts"` // the largest ones
	Others    int      `json:"others,omitempty"`
	Statement string   `json:"statement,omitempty"` // that most sessions were in
	Running   int      `json:"running,omitempty"`   // how many
}

// holder is an account with connections.
type holder struct {
	Account  string `json:"account"`
	Sessions int    `json:"sessions"`
	Idle     int    `json:"idle"`                  // without a statement
	Open     int    `json:"idle_in_trx,omitempty"` // of these, in a transaction
}

// sessions takes the processlist of a tick, after its status: while no connection
// is free it shows who has them.
func (c *connectionScan) sessions(l look, seen *store.Sessions) {
	if c.open == nil || !c.open.Last.At.Equal(l.At) {
		return
	}
	total := len(seen.Active)
	for _, n := range seen.Idle {
		total += n
	}
	if c.now.Held == nil || total > c.now.Held.Sessions {
		c.now.Held = newHolders(l, seen, total)
	}
}

func newHolders(l look, seen *store.Sessions, total int) *holders {
	accounts := map[string]*holder{}
	account := func(name string) *holder {
		if accounts[name] == nil {
			accounts[name] = &holder{Account: name}
		}
		return accounts[name]
	}
	for name, n := range seen.Idle {
		a := account(name)
		a.Sessions, a.Idle = a.Sessions+n, a.Idle+n
	}
	running := map[string]int{}
	for i := range seen.Active {
		s := &seen.Active[i]
		a := account(s.User)
		a.Sessions++
		switch {
		case s.Command == commandSleep:
			a.Idle++
			a.Open++
		case isStatement(s) && s.SQL != "":
			running[s.SQL]++
		}
	}
	h := &holders{look: l, Sessions: total}
	for _, name := range slices.Sorted(maps.Keys(accounts)) {
		h.Accounts = append(h.Accounts, *accounts[name])
	}
	for _, text := range slices.Sorted(maps.Keys(running)) {
		if running[text] > h.Running {
			h.Statement, h.Running = text, running[text]
		}
	}
	h.Statement = shown(h.Statement, statementShown)
	return h
}

// mask puts roles in the place of accounts, and then keeps the largest.
func (h *holders) mask(roles sources.Roles) {
	if h == nil {
		return
	}
	byRole := map[string]holder{}
	for _, a := range h.Accounts {
		role := roles.Account(a.Account)
		if a.Account == UserReplication {
			role = accountApplier
		}
		sum := byRole[role]
		byRole[role] = holder{role, sum.Sessions + a.Sessions, sum.Idle + a.Idle, sum.Open + a.Open}
	}
	h.Accounts = slices.SortedFunc(maps.Values(byRole), func(a, b holder) int {
		return cmp.Or(cmp.Compare(b.Sessions, a.Sessions), cmp.Compare(a.Account, b.Account))
	})
	for len(h.Accounts) > holdersKept {
		h.Others += h.Accounts[len(h.Accounts)-1].Sessions
		h.Accounts = h.Accounts[:len(h.Accounts)-1]
	}
}

// tell adds who held the connections to the event.
func (h *holders) tell(event *timeline.Event) {
	if h == nil || len(h.Accounts) == 0 {
		return
	}
	var words []string
	for _, a := range h.Accounts {
		words = append(words, a.String())
	}
	if h.Others > 0 {
		words = append(words, fmt.Sprintf("others %d", h.Others))
	}
	event.Attributes["held_by"] = strings.Join(words, ", ")
	first := h.Accounts[0]
	event.Summary += fmt.Sprintf("; at the fullest %s had %d of %d sessions", first.Account, first.Sessions, h.Sessions)
	if first.Idle > 0 {
		event.Summary += fmt.Sprintf(", %d of them idle", first.Idle)
	}
	if h.Running > 1 {
		event.Attributes["statement"] = h.Statement
		event.Attributes["statement_sessions"] = fmt.Sprint(h.Running)
		event.Summary += fmt.Sprintf("; %d were in one statement: %s", h.Running, shown(h.Statement, summaryShown))
	}
}

func (a holder) String() string {
	text := fmt.Sprintf("%s %d", a.Account, a.Sessions)
	switch {
	case a.Open > 0:
		return fmt.Sprintf("%s (%d idle, %d of these in a transaction)", text, a.Idle, a.Open)
	case a.Idle > 0:
		return fmt.Sprintf("%s (%d idle)", text, a.Idle)
	}
	return text
}
