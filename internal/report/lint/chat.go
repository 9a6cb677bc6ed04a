package lint

import "strings"

// chats are the lists that quote a chat: at least three items, and half of all, are a
// time, who spoke, and what was said. What stands in them was said then and there.
func (p *page) chats() map[int]bool {
	said, all := map[int]int{}, map[int]int{}
	for _, it := range p.items {
		all[it.list]++
		if len(it.passages) > 0 && it.passages[0].spoken() {
			said[it.list]++
		}
	}
	out := map[int]bool{}
	for list, n := range said {
		out[list] = n >= 3 && 2*n >= all[list]
	}
	return out
}

// spoken reports whether a passage is a time, one or two words, a colon, and more: "09:18
// dba oncall: looks like a long select".
func (p *passage) spoken() bool {
	ws := p.tokens()
	r, ok := p.stamp()
	if !ok {
		return false
	}
	for i := r.end; i < len(ws)-1 && i < r.end+2; i++ {
		if i > r.end && !follows(ws, i) {
			return false
		}
		if strings.HasPrefix(p.text[ws[i].end:], ": ") {
			return true
		}
	}
	return false
}
