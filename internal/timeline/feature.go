package timeline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// FeatureKind is what sort of likeness two incidents may have.
type FeatureKind string

// The kinds of features, in the order in which documents list them: what says most
// about an incident comes first.
const (
	FeatureBlocker   FeatureKind = "blocker"   // the statement of a session that others waited for
	FeatureStatement FeatureKind = "statement" // a statement that was long, slower than before, or part of a deadlock
	FeatureAlert     FeatureKind = "alert"     // an alert, by its name
	FeatureServer    FeatureKind = "server"    // a kind of trouble on one server
	FeatureChange    FeatureKind = "change"    // a deploy, a rollback, a change of a service, of the schema, of a variable
	FeatureTable     FeatureKind = "table"     // a table that was waited for, deadlocked over, changed or written in bulk
)

var featureKinds = [...]FeatureKind{FeatureBlocker, FeatureStatement, FeatureAlert, FeatureServer, FeatureChange, FeatureTable}

// FeatureKinds returns the closed list.
func FeatureKinds() []FeatureKind { return featureKinds[:] }

// Feature is something by which two incidents can be alike. It holds no time, no
// account and no figure: two features are the same when they are equal.
type Feature struct {
	Kind FeatureKind `json:"kind"`
	Name string      `json:"name"` // at most maxFeatureName bytes
}

// CompareFeatures orders features by kind, then by name.
func CompareFeatures(a, b Feature) int {
	return cmp.Or(cmp.Compare(slices.Index(featureKinds[:], a.Kind), slices.Index(featureKinds[:], b.Kind)), cmp.Compare(a.Name, b.Name))
}

// OnServer is the event kind and the server of a feature of kind FeatureServer.
func (f Feature) OnServer() (kind Kind, detail, server string) {
	what, server, _ := strings.Cut(f.Name, " on ")
	name, detail, _ := strings.Cut(what, " ")
	return Kind(name), detail, server
}

// FeaturesOf is the one table of what can make two events alike. It looks at nothing
// but the kind, the target and the attributes named here. What nearly every window
// has says nothing about this one and gives no feature: signals, failed scrapes, lines
// of logs, notes, annotations, silences, killed sessions, and what an error log holds
// beneath an error.
func FeaturesOf(e Event) []Feature {
	var set featureSet
	a := e.Attributes
	switch e.Kind {
	case Alert:
		set.add(FeatureAlert, a["alertname"])
	case Deploy, Rollback, Change:
		if service := cmp.Or(a["service"], e.Target); service != "" {
			set.add(FeatureChange, string(e.Kind)+" of "+service)
		}
	case MySQLVariableChange:
		if v := a["variable"]; v != "" {
			set.add(FeatureChange, "change of the variable "+v)
		}
	case MySQLSchemaChange:
		set.schemaChange(a)
	case MySQLErrorLog:
		if SeverityOf(e.Kind, a) == Critical {
			set.onServer(e, cmp.Or(a["code"], a["category"]))
		}
	case MySQLLockWait, MySQLMetadataLockWait:
		set.onServer(e, "")
		set.statement(FeatureBlocker, a["blocker_statement"])
		set.tables(a["object"], a["objects"])
	case MySQLDeadlock:
		set.onServer(e, "")
		for _, key := range slices.Sorted(maps.Keys(a)) {
			if strings.HasPrefix(key, "statement_") {
				set.statement(FeatureStatement, a[key])
			}
		}
		set.tables(a["tables"])
	case MySQLLongStatement, MySQLStatementRegression:
		set.onServer(e, "")
		set.statement(FeatureStatement, a["statement"])
	case MySQLLongTransaction:
		set.onServer(e, "")
		set.statement(FeatureStatement, a["last_statement"])
		set.tables(a["tables"])
	case MySQLDown, MySQLRestart, MySQLRoleChange, MySQLTopologyChange, MySQLReplicationLag, MySQLConnectionsExhausted:
		set.onServer(e, "")
	case MySQLReplicationStopped:
		set.onServer(e, a["error_code"])
	}
	return set.list
}

// Features are those of all events, each once with the evidence of the first event that
// has it.
func (t *Timeline) Features() map[Feature][]string {
	out := map[Feature][]string{}
	for _, e := range t.Events {
		for _, f := range FeaturesOf(e) {
			if _, known := out[f]; !known {
				out[f] = e.Evidence
			}
		}
	}
	return out
}

// featureSet collects the features of one event, each once.
type featureSet struct{ list []Feature }

// maxFeatureName bounds a feature's name: a longer one is cut, and tells by a sum of the
// whole what it was cut from.
const maxFeatureName = 120

func (s *featureSet) add(kind FeatureKind, name string) {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "\uFFFD")), " ")
	if name == "" {
		return
	}
	if len(name) > maxFeatureName {
		sum := sha256.Sum256([]byte(name))
		const tail = len("… #") + 12
		name = strings.ToValidUTF8(name[:maxFeatureName-tail], "") + "… #" + hex.EncodeToString(sum[:6])
	}
	if f := (Feature{kind, name}); !slices.Contains(s.list, f) {
		s.list = append(s.list, f)
	}
}

// onServer is the event's kind on its target, with what tells such events apart.
func (s *featureSet) onServer(e Event, detail string) {
	if e.Target != "" {
		s.add(FeatureServer, strings.TrimRight(string(e.Kind)+" "+detail, " ")+" on "+e.Target)
	}
}

// tables takes lists of tables, the names with commas between them.
func (s *featureSet) tables(lists ...string) {
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			s.add(FeatureTable, strings.ReplaceAll(name, "`", ""))
		}
	}
}

// schemaChange is the operation on its object, and the table.
func (s *featureSet) schemaChange(a map[string]string) {
	object := strings.Trim(a["schema"]+"."+a["table"], ".")
	if a["operation"] == "" || object == "" {
		return
	}
	s.add(FeatureChange, "schema change "+a["operation"]+" of "+object)
	if a["schema"] != "" && a["table"] != "" {
		s.tables(object)
	}
}

// leastStatement is from how many characters on a statement is one of its own: COMMIT is
// everybody's.
const leastStatement = 18

// statement compares normalised statements as two witnesses write them: the server's
// digest has other blanks, backticks and capitals than a sample.
func (s *featureSet) statement(kind FeatureKind, text string) {
	text = strings.ToLower(strings.ReplaceAll(text, "`", ""))
	var b strings.Builder
	blank := false
	for _, r := range text {
		switch {
		case r <= ' ':
			blank = b.Len() > 0
			continue
		case blank && !strings.ContainsRune(",.;()=<>+-*/", r) && !endsIn(b.String(), ",.(=<>+-*/"):
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	if name := strings.TrimRight(b.String(), " ;"); len(name) >= leastStatement {
		s.add(kind, name)
	}
}

func endsIn(text, marks string) bool {
	return text != "" && strings.IndexByte(marks, text[len(text)-1]) >= 0
}
