package actions

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// item reads an item with a checkbox, below a heading about actions:
// "- [ ] add the index (shop team, P1, 2024-08-01, OPS-12)".
func (r *reader) item(n *ast.ListItem) {
	first := n.FirstChild()
	if first == nil || r.about() == nothing {
		return
	}
	box, ok := first.FirstChild().(*extast.TaskCheckBox)
	if !ok {
		return
	}
	w := r.text(first)
	a := fromWords(w.shown)
	if box.IsChecked || w.struck {
		a.State = Done
	}
	at := -1
	if first.Lines().Len() > 0 {
		at = first.Lines().At(0).Start
	}
	r.add(a, at)
}

// fromWords takes what stands in brackets at the end of an item apart: a date, a
// priority and a ticket are known by their form, the first of the rest is the owner.
func fromWords(text string) Action {
	head, inside, ok := lastBrackets(text)
	if !ok {
		return Action{Text: text}
	}
	a := Action{Text: head}
	var rest []string
	for part := range strings.FieldsFuncSeq(inside, func(r rune) bool { return r == ',' || r == ';' }) {
		part = strings.TrimSpace(part)
		label, value, labelled := strings.Cut(part, ":")
		meaning := unknown
		if labelled {
			meaning = headOf(label)
		}
		bare := unlabelled(part)
		switch {
		case meaning == due, meaning == owner, meaning == priority, meaning == status, meaning == ticket:
			a.set(meaning, strings.TrimSpace(value))
		case Missing(part):
		case a.DueText == "" && !date(bare).IsZero():
			a.set(due, bare)
		case a.Priority == "" && isPriority(part):
			a.Priority = part
		case a.Ticket == "" && isTicket(part):
			a.Ticket = part
		default:
			rest = append(rest, part)
		}
	}
	if a.Owner == "" && len(rest) > 0 {
		a.Owner, rest = rest[0], rest[1:]
	}
	if a.DueText == "" && len(rest) > 0 { // somebody meant a date: "end of July"
		a.set(due, strings.Join(rest, ", "))
	}
	if closed(a.Status) {
		a.State = Done
	}
	return a
}

func (a *Action) set(meaning column, value string) {
	if Missing(value) {
		return
	}
	switch meaning {
	case owner:
		a.Owner = value
	case priority:
		a.Priority = value
	case status:
		a.Status = value
	case ticket:
		a.Ticket = value
	case due:
		a.DueText, a.Due = value, date(value)
	}
}

// unlabelled takes "by" and "due" off the front of a date.
func unlabelled(text string) string {
	for _, word := range []string{"due by ", "due ", "by ", "until "} {
		if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) {
			return text[len(word):]
		}
	}
	return text
}

// lastBrackets splits a text before the brackets that it ends with.
func lastBrackets(text string) (head, inside string, ok bool) {
	body := strings.TrimRight(text, " .")
	if !strings.HasSuffix(body, ")") {
		return text, "", false
	}
	depth := 0
	for i := len(body) - 1; i >= 0; i-- {
		switch body[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return strings.TrimSpace(body[:i]), body[i+1 : len(body)-1], true
			}
		}
	}
	return text, "", false
}

func isPriority(text string) bool {
	text = strings.ToLower(text)
	switch text {
	case "critical", "urgent", "highest", "high", "medium", "normal", "low", "lowest":
		return true
	}
	return len(text) == 2 && (text[0] == 'p' || text[0] == 's') && text[1] >= '0' && text[1] <= '5'
}

// isTicket knows #12, OPS-12, acme/shop#12 and addresses.
func isTicket(text string) bool {
	if strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
		return true
	}
	if strings.ContainsAny(text, " ") {
		return false
	}
	cut := strings.LastIndexAny(text, "#-")
	if cut < 0 || cut == len(text)-1 || text[cut] == '-' && (cut == 0 || strings.ToUpper(text[:cut]) != text[:cut]) {
		return false
	}
	return strings.Trim(text[cut+1:], "0123456789") == ""
}
