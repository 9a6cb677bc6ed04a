package facts

// KindPlan is the kind of a fact that holds the plan of a statement.
const KindPlan = "plan"

// Plan is how the server executes a statement. It holds names of tables and keys,
// and numbers: no condition, no value.
type Plan struct {
	Statement string      `json:"statement"` // normalised
	Schema    string      `json:"schema,omitempty"`
	Session   uint64      `json:"session"` // the connection that ran it
	Asked     string      `json:"asked"`   // the form of the question: "SHOW EXPLAIN FOR", "EXPLAIN"
	Tables    []PlanTable `json:"tables"`
}

// PlanTable is one line of a plan.
type PlanTable struct {
	Table        string   `json:"table"`                   // its name or alias in the statement; <derived2> and the like
	Access       string   `json:"access,omitempty"`        // ALL, index, range, ref, eq_ref, const ...
	PossibleKeys []string `json:"possible_keys,omitempty"` //
	Key          string   `json:"key,omitempty"`           //
	Rows         int64    `json:"rows,omitempty"`          // the optimizer's estimate, for each time that the table is read
	Filtered     float64  `json:"filtered,omitempty"`      // percent of them that its conditions let pass; 0: not said
	Temporary    bool     `json:"temporary,omitempty"`     // a temporary table
	Filesort     bool     `json:"filesort,omitempty"`      //
}
