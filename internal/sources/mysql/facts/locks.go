package facts

// The kinds of facts about lock waits.
const (
	KindLockTables  = "lock_tables"
	KindBlocker     = "blocker"
	KindBlockerLeft = "blocker_left"
)

// LockTables says, once for each login and then every few hours, where the
// blockers are read from. An empty table means that they are inferred; Why says
// what the reason is.
type LockTables struct {
	Row         string `json:"row"`
	RowWhy      string `json:"row_why,omitempty"`
	Metadata    string `json:"metadata"`
	MetadataWhy string `json:"metadata_why,omitempty"`
}

// Blocker is what a session that others wait for did last, before it became idle
// in its transaction.
type Blocker struct {
	Session   uint64 `json:"session"`
	Statement string `json:"statement"` // normalised
}

// BlockerLeft says whether a session that others had waited for, and that does
// nothing any more, is still connected.
type BlockerLeft struct {
	Session   uint64 `json:"session"`
	Connected bool   `json:"connected"`
}
