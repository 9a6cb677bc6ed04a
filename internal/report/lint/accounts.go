package lint

import (
	"slices"
	"strings"
)

func checkAccounts(p *page, report reporter) {
	for _, q := range p.passages {
		if !q.judged() || q.credit() {
			continue
		}
		ws := q.tokens()
		for i, w := range ws {
			what := identity(w.s)
			if what == "" && i > 0 && follows(ws, i) && slices.Contains([]string{"account", "user", "login"}, ws[i-1].s) && personal(w.s) {
				what = "account"
			}
			if what == "" {
				continue
			}
			start, end := q.bounds(w.start, w.end)
			report(start, end, quoted(q.text[w.start:w.end])+" is the "+what+" of a person")
		}
	}
}

// identity says what of a person a word is: an e-mail address, a handle, an
// account of a database; "" for the address of a role, a service or a machine.
func identity(w string) string {
	local, domain, ok := strings.Cut(w, "@")
	if !ok {
		return ""
	}
	domain = strings.TrimSuffix(domain, "'s")
	switch {
	case strings.Contains(domain, "@"):
		return ""
	case local == "":
		if len(domain) < 2 || domain[0] < 'a' || domain[0] > 'z' || strings.ContainsAny(domain, "./:@") && !personal(domain) || roleName(domain) {
			return ""
		}
		return "handle"
	case strings.HasSuffix(local, "'") || strings.HasPrefix(domain, "'"):
		if roleName(strings.Trim(local, "'")) || !personal(strings.Trim(local, "'")) {
			return ""
		}
		return "account"
	case strings.Contains(domain, ".") && !strings.ContainsAny(domain, ":/"):
		if roleName(local) || !lettersBehindDot(domain) {
			return ""
		}
		return "e-mail address"
	}
	return ""
}

// lettersBehindDot reports whether a domain ends in letters: example.com, not 10.0.0.3.
func lettersBehindDot(domain string) bool {
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	return len(top) >= 2 && strings.Trim(top, "abcdefghijklmnopqrstuvwxyz") == ""
}

// personal reports whether an account's name is made like a person's: bob,
// bob.smith, h.schmidt.
func personal(name string) bool {
	if roleName(name) {
		return false
	}
	first, last, dotted := strings.Cut(name, ".")
	letters := func(s string) bool { return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == "" }
	return givenSet()[first] || dotted && letters(first) && letters(last) && (len(first) == 1 || givenSet()[first])
}
