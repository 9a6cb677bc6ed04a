package lint

// Rule is one thing that is looked for.
type Rule struct {
	ID       string
	Severity Severity
	Summary  string // what it reports, in one sentence
	Fix      string // what to do about a finding
	check    func(p *page, report reporter)
}

// reporter takes a finding: the bytes of the document that are meant, and what is
// wrong with them.
type reporter func(start, end int, message string)

// Rules are all rules, in the order of the documentation.
func Rules() []Rule { return rules() }

func rules() []Rule {
	return []Rule{
		{"blame", Error, "Words that judge people: human error, careless, should have known, forgot to.",
			"Say what the system allowed, showed or hid; not what a person should have been.", checkBlame},
		{"person-named", Error, "A person named as the one who did something.",
			"Name the role (the on-call engineer, the release team) or leave the person out.", checkNames},
		{"account-named", Warning, "An account, an e-mail address or a @handle of a person.",
			"Name the role or the service; put an address that must stay into code.", checkAccounts},
		{"root-cause-person", Error, "The root cause is a person, or human error.",
			"Ask why the system let it happen, and write that.", checkRootCause},
		{"speculation", Warning, "A guess (probably, we think, must have) without a citation, outside hypotheses, lessons and questions.",
			"Cite what shows it, move it to the hypotheses, or leave it out.", checkSpeculation},
		{"citation-removed", Error, "A statement in a generated block that has lost its citation.",
			"Put the citation back, or move your own sentence below the block.", checkCitationRemoved},
		{"citation-unknown", Error, "A citation that leads nowhere: no link definition, or no such record in the draft.",
			"Cite a record of this draft; `collector draft --update` writes its link.", checkCitationUnknown},
		{"citation-mismatch", Error, "A generated statement whose figures or names were changed while its citation stayed.",
			"Take back the change, or say below the block what you know better, and from where.", checkCitationMismatch},
		{"block-markers", Warning, "A generated block whose begin or end marker is missing or repeated.",
			"Put the marker back, or remove the other one; `collector draft --update` cannot refresh the block.", checkMarkers},
		{"action-incomplete", Warning, "An action without an owner, a priority or a date.",
			"Give it an owner (a role), a priority and a date.", checkActions},
		{"action-owner", Warning, "An action whose owner is a person.",
			"Give it to a role or a team; people change.", checkOwners},
		{"date-impossible", Error, "A date that is in no calendar, or an action due before the incident.",
			"Correct the date.", checkDates},
		{"dea-id", Warning, "A defect escape analysis without an ID of the form DEA-2026-001.",
			"Write DEA, the year, and a number of three digits.", checkEscapeID},
		{"dea-escape-point", Warning, "A defect escape analysis that does not name the escape point.",
			"Name the gate that should have caught the defect.", checkEscapePoint},
		{"dea-escape-action", Error, "A defect escape analysis that names the escape point and has no action on it.",
			"Add an action that strengthens the gate that let the defect through.", checkEscapeAction},
		{"dea-gates", Warning, "A gate of a defect escape analysis that is not answered.",
			"Say whether the gate existed, whether it should have caught the defect, and why it did not.", checkGates},
		{"question-open", Warning, "A question (<!-- Ask: … -->) with nothing written after it.",
			"Answer it below, or remove the question if it does not matter here.", checkQuestions},
		{"time-contradiction", Error, "A time that timeline.json contradicts.",
			"Correct the time, or write down why the record is wrong.", checkContradictions},
		{"time-outside-window", Warning, "A row of the timeline that lies outside of the draft's window.",
			"Correct the time, or draft a wider window.", checkOutside},
		{"timeline-order", Warning, "A row of a timeline that is earlier than the row above it.",
			"Put the rows in order.", checkOrder},
		{allowRule, Error, "A comment that allows a finding without naming a rule and a reason.",
			"Write <!-- collector-lint: allow RULE why it is right here -->.", nil},
	}
}

// Known reports whether a rule has this ID.
func Known(id string) bool {
	for _, r := range rules() {
		if r.ID == id {
			return true
		}
	}
	return false
}
