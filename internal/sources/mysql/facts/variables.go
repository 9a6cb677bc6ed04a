package facts

import "time"

// KindVariables is a look at the server's global variables that is worth keeping:
// the first one of a run of the recorder, one every hour, and each that showed a change.
const KindVariables = "variables"

// Hidden stands for a value that is not recorded. That it changed is.
const Hidden = "<hidden>"

// Variables is such a look.
type Variables struct {
	Server  string            `json:"server"`            // server_uuid or, on MariaDB, server_id: whose variables they are
	Since   *time.Time        `json:"since,omitempty"`   // the look before, on the collector's clock; null at the first one of a run
	All     map[string]string `json:"all,omitempty"`     // every variable, after the changes
	Changes []VariableChange  `json:"changes,omitempty"` // since the look before
}

// VariableChange is one variable with another value than at the look before.
type VariableChange struct {
	Name   string     `json:"name"` // lower case
	From   string     `json:"from"`
	To     string     `json:"to"`
	Origin string     `json:"origin,omitempty"`  // as the server says it: DYNAMIC, PERSISTED, EXPLICIT (MySQL), SQL, CONFIG, AUTO (MariaDB)
	SetAt  *time.Time `json:"set_at,omitempty"`  // MySQL, on the server's clock: when it was set at the latest, in any session
	SetBy  string     `json:"set_by,omitempty"`  // MySQL: the account that did it
	Shared bool       `json:"session,omitempty"` // sessions have it too: SetAt and SetBy may be those of a later SET SESSION
}
