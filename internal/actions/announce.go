package actions

import (
	"slices"
	"strings"
	"unicode"
)

// announcement says whether actions are to be expected below a heading.
type announcement int

const (
	nothing announcement = iota
	perhaps              // next steps, measures: also of what was done
	surely
)

// Announces reports whether a heading is about what is to be done, and whether it can
// be about nothing else: "Action items" surely is, "Next steps" and "Measures" may tell
// what was done.
func Announces(title string) (actions, surelySo bool) {
	a := announced(title)
	return a != nothing, a == surely
}

// announcing are the beginnings of words that make a heading one about actions; "=" is
// before what has to be the whole of it.
var announcing = []struct {
	announcement
	words []string
}{
	{nothing, []string{"actions taken", "action taken", "actions we took"}},
	{surely, []string{"action", "corrective", "preventative", "preventive", "follow-up", "follow up", "followup", "todo", "to-do", "=to do", "to do list", "remediation", "work items"}},
	{perhaps, []string{"task", "next step", "measures", "=measure", "remedies", "recommendation", "what we change", "what we will change", "what changes", "what we do now", "what we will do",
		"=changes", "=improvements", "improvements and fixes", "=fixes", "prevention"}},
}

func announced(title string) announcement {
	text := strings.TrimFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) })
	spaced := " " + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' {
			return r
		}
		return ' '
	}, text)
	for _, a := range announcing {
		if slices.ContainsFunc(a.words, func(w string) bool {
			whole, is := strings.CutPrefix(w, "=")
			return is && text == whole || !is && strings.Contains(spaced, " "+w)
		}) {
			return a.announcement
		}
	}
	return nothing
}
