package facts

import "collector/internal/store"

// partNames stand in the store, in Unread: a name is never changed or reused.
var partNames = map[store.Parts]string{
	store.PartSessions:  "sessions",
	store.PartReplicas:  "replication",
	store.PartStatus:    "status",
	store.PartWaits:     "locks",
	store.PartDeadlocks: "deadlocks",
	store.PartTopology:  "topology",
	store.PartVariables: "variables",
	store.PartSchema:    "schema",
	store.PartDigests:   "digests",
	store.PartPlans:     "plans",
}

// PartName is the name that Unread and the log have of one part of a tick.
func PartName(part store.Parts) string { return partNames[part] }

// Unread says from when on a part of the ticks could not be read, and why.
type Unread struct {
	Part   string `json:"part"`                   // its PartName
	Number uint16 `json:"error_number,omitempty"` // the server's
	Reason string `json:"reason"`                 // without anything that the server quoted
}
