package timeline

import "slices"

// Distinct sorts records out before they are interpreted: one and the same
// record given twice stays once, and of two different records whose IDs collide
// (eight hex digits are 32 bits) the second is re-sealed under another ID, by
// white space at the end of its body.
func Distinct(records []Evidence) []Evidence {
	bodies := make(map[string]string, len(records))
	out := slices.Clone(records)[:0]
	for _, r := range records {
		for {
			body, taken := bodies[r.ID]
			if !taken {
				bodies[r.ID] = r.Body
				out = append(out, r)
				break
			}
			if body == r.Body {
				break
			}
			r.Body += "\n"
			r = r.Seal()
		}
	}
	return out
}
