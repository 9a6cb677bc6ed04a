// Package live holds the words in which collector says what is so at this moment at
// each server: whether it answers, who blocks whom, whether it replicates, how many
// of its connections are in use.
//
// All of it is what the recorder saw at its last ticks, so that nobody who looks
// costs a server a query. It is no evidence: a draft cites what was stored.
package live

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// Schema names the form of a [State] as JSON. Its keys are added to, never changed.
const Schema = "collector/live/v1"

// State is what is so at the servers that an incident is about.
type State struct {
	Schema   string    `json:"schema"`
	Incident string    `json:"incident"`
	At       time.Time `json:"at"` // when this was put together; UTC
	Servers  []Server  `json:"servers"`
}

// NewState orders the servers by cluster and name.
func NewState(incident string, at time.Time, servers []Server) State {
	servers = append([]Server{}, servers...) // never null in JSON
	slices.SortFunc(servers, func(a, b Server) int { return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name)) })
	return State{Schema, incident, at.UTC().Truncate(time.Millisecond), servers}
}

// Health is how the last tick of a server ended.
type Health string

// The healths.
const (
	Answers     Health = "answers"
	Full        Health = "full" // no free connection: error 1040; it may answer over admin_address
	Denied      Health = "denied"
	Unreachable Health = "unreachable"
	TimedOut    Health = "timed_out"
	Unknown     Health = "unknown" // nobody looked yet, or not for some time
)

// Server is what is so at one server. What is not known, or was read too long ago, is
// null: that is not the same as none.
type Server struct {
	Name        string       `json:"server"`
	Cluster     string       `json:"cluster,omitempty"`
	Health      Health       `json:"health"`
	Since       time.Time    `json:"since,omitzero"`       // the first tick that saw it so; it may have been so before the recorder began
	Tick        time.Time    `json:"last_tick,omitzero"`   // of the recorder, whatever it saw
	Answered    time.Time    `json:"last_answer,omitzero"` // the last tick that was answered
	ErrorCode   uint16       `json:"error_code,omitempty"` // the server's, at the last tick
	ReadOnly    *bool        `json:"read_only"`
	Blocking    *Blocking    `json:"blocking"`
	Replication *Replication `json:"replication"`
	Connections *Connections `json:"connections"`
}

// Blocking is one look at who waits for whom.
type Blocking struct {
	At      time.Time `json:"at"`
	Waiting int       `json:"waiting"` // sessions
	Chains  []Chain   `json:"chains"`  // those with most victims first
	More    int       `json:"more_chains,omitempty"`
}

// Chain is everybody who waits, over however many hops, behind one session.
type Chain struct {
	Class   string  `json:"class"` // of the lock: row or metadata
	Object  string  `json:"object,omitempty"`
	Victims int     `json:"victims"` // sessions that wait
	Longest float64 `json:"longest_wait_seconds"`
	Guessed bool    `json:"guessed,omitempty"` // no table of the server names the root: it is inferred
	Root    Root    `json:"root"`
}

// What a root does.
const (
	Running = "running"
	IdleIn  = "idle in transaction"
	Idle    = "idle"
)

// Root is the session that a chain waits for and that waits for nobody itself.
type Root struct {
	Session     uint64  `json:"session"`           // connection ID; 0: the server does not name it
	Account     string  `json:"account,omitempty"` // its role by report.roles, else an alias
	Doing       string  `json:"doing,omitempty"`   // empty: it is not among the active sessions
	Seconds     float64 `json:"seconds,omitempty"` // for how long it has been doing that
	Transaction float64 `json:"transaction_seconds,omitempty"`
	Statement   string  `json:"statement,omitempty"` // normalised; of one that is idle the last that was seen
}

// Replication is one look at a server's channels; one that is no replica has none.
type Replication struct {
	At       time.Time `json:"at"`
	Channels []Channel `json:"channels"`
	More     int       `json:"more_channels,omitempty"`
}

// Channel is one replication channel. Threads are as the server says: Yes, No, Connecting.
type Channel struct {
	Name     string   `json:"channel"`
	IO       string   `json:"io"`
	SQL      string   `json:"sql"`
	IOError  uint16   `json:"io_error_code,omitempty"`
	SQLError uint16   `json:"sql_error_code,omitempty"`
	Lag      *float64 `json:"lag_seconds"` // null: the server does not know
}

// Broken reports whether a thread does not run.
func (c Channel) Broken() bool { return c.IO != "Yes" || c.SQL != "Yes" }

// Connections are those in use, and how many there may be; a limit of 0 is not known.
type Connections struct {
	At    time.Time `json:"at"`
	Used  int64     `json:"used"`
	Limit int64     `json:"limit,omitempty"`
}

// Same reports whether two states say the same, but for the times that move with
// every tick.
func (s State) Same(o State) bool {
	return s.Incident == o.Incident && reflect.DeepEqual(still(s.Servers), still(o.Servers))
}

// still are the servers without the times that move with every tick.
func still(servers []Server) []Server {
	servers = slices.Clone(servers)
	for i := range servers {
		s := &servers[i]
		s.Tick, s.Answered = time.Time{}, time.Time{}
		if s.Blocking != nil {
			b := *s.Blocking
			b.At, s.Blocking = time.Time{}, &b
		}
		if s.Replication != nil {
			r := *s.Replication
			r.At, s.Replication = time.Time{}, &r
		}
		if s.Connections != nil {
			c := *s.Connections
			c.At, s.Connections = time.Time{}, &c
		}
	}
	return servers
}
