package lint

import "strings"

// peopleWords are nouns for one person or several, by what they do. Words that are
// also names of programs (operator, controller, scheduler, agent) are left out.
const peopleWords = `engineer engineers developer developers programmer programmers dba dbas dbre dbres sre sres administrator administrators
sysadmin sysadmins contractor contractors intern interns employee employees colleague colleagues coworker coworkers technician technicians reviewer
reviewers designer designers producer producers tester testers responder responders consultant consultants trainee trainees architect architects
analyst analysts supervisor supervisors staffer staffers teammate teammates devs student students approver approvers committer committers newcomer hire
freelancer freelancers specialist specialists apprentice guy guys bloke fellow lad man woman gentleman lady
someone somebody person people individual individuals`

// pronounWords stand for a person.
const pronounWords = `he she someone somebody whoever`

// kindWords may stand before a noun for a person.
const kindWords = `junior senior young new on-call oncall lead another other single individual tired inexperienced experienced release database network site
backend frontend platform infrastructure support duty staff principal external our one some night-shift shift db devops data software systems system security
operations ops inexperienced careless lazy sloppy negligent incompetent reckless clueless responsible same first second few several certain`

// careWords say that somebody acted without care or on purpose.
const careWords = `accidentally mistakenly inadvertently erroneously carelessly wrongly wrongfully blindly unknowingly unwittingly foolishly recklessly negligently
incorrectly thoughtlessly stupidly lazily needlessly`

// knowWords follow "should have" when a person is judged.
const knowWords = `known noticed checked tested caught seen realised realized read asked verified reviewed spotted foreseen waited escalated anticipated double-checked
remembered recognised recognized understood communicated paid been thought acted reacted`

// dutyWords follow "failed to" when a person is judged.
const dutyWords = `notice check follow test read verify realise realize escalate communicate acknowledge respond review understand ask document spot catch see consider
inform notify report double-check validate remember recognise recognize anticipate think look react act`

var peopleClasses = classes{
	"person":  strings.Fields(peopleWords),
	"who":     strings.Fields(peopleWords + " " + pronounWords),
	"group":   strings.Fields(peopleWords + " " + pronounWords + " team teams manager managers they squad staff lead leads management owner owners director officer boss"),
	"whose":   possessive(strings.Fields(peopleWords + " team manager")),
	"kind":    append(strings.Fields(kindWords), fields...), // the checkout developer
	"adverb":  strings.Fields(careWords),
	"known":   strings.Fields(knowWords),
	"duty":    strings.Fields(dutyWords),
	"det":     {"a", "an", "the", "our", "one", "some", "this", "that", "their"},
	"aux":     {"had", "has", "have", "was", "were", "simply", "just", "then", "also", "again", "clearly", "who", "even", "apparently", "probably", "obviously"},
	"be":      {"is", "was", "are", "were", "been", "be"},
	"rules":   {"procedure", "process", "runbook", "instructions", "instruction", "checklist", "policy", "playbook", "documentation", "warning", "warnings", "rules", "guide"},
	"article": {"a", "an", "the"},
}

// fields are what people may work at: kinds of engineers, as "checkout" is one.
var fields = workFields()

func workFields() []string {
	var out []string
	for w := range organisationSet {
		if !strings.Contains(" "+peopleWords+" all everyone ", " "+w+" ") {
			out = append(out, w)
		}
	}
	return out
}

func possessive(words []string) []string {
	out := make([]string, 0, 2*len(words))
	for _, w := range words {
		out = append(out, w+"'s", w+"'")
	}
	return out
}

// mailboxes are local parts and handles that name a role, a service or a machine.
const mailboxes = `admin admins administrator alert alerts alertmanager all app application apps backup backups billing bot build channel ci contact cron data database
databases db dba dbas dbre deploy deployer deployment dev developers devops docker ec2-user engineering everyone exporter finance git github gitlab grafana group hello here
help helpdesk hr incident incidents info infra infrastructure it jenkins legal list mail mailer-daemon management mariadb media monitor monitoring mysql network no-reply
noc noreply oncall on-call operations operator ops owner pager pagerduty payments platform postgres postmaster postmortem press product prod production prometheus
qa releases release repl replication replicator reports root sales security service services shop site sre staging status storage subscribe support system team test
tests tooling ubuntu user users web webhook webmaster worker www latest next import param override transactional angular types babel todo author since return returns
deprecated see example`

var mailboxSet = setOf(strings.Fields(mailboxes))

func setOf(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// roleName reports whether a mailbox or handle names a role, a service or a
// machine: one of its parts says so, or it ends in a number.
func roleName(name string) bool {
	name = strings.ToLower(name)
	if name == "" || mailboxSet[name] || strings.ContainsAny(name, "¤{}<>$%/") || strings.ContainsAny(name[len(name)-1:], "0123456789") {
		return true
	}
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune("._-+'", r) }) {
		if mailboxSet[part] {
			return true
		}
	}
	return false
}
