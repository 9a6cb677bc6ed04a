package edittest

import "strings"

const (
	mark   = "\ufeff"                   // what some editors put in front of UTF-8
	marker = "<!-- collector:"          // how a line of collector's own begins
	begin  = "<!-- collector:begin id=" // the first line of a block
	list   = "<!-- collector:blocks "   // the list of all blocks
)

// at changes one of the lines that begin in some way, if there is any.
func (p *Person) at(doc, prefix string, change func(line string) string) string {
	lines := strings.SplitAfter(doc, "\n")
	var found []int
	for i, line := range lines {
		if strings.HasPrefix(line, prefix) {
			found = append(found, i)
		}
	}
	if len(found) > 0 {
		i := pick(p, found)
		lines[i] = change(lines[i])
	}
	return strings.Join(lines, "")
}

func (p *Person) atMarker(doc string, change func(line string) string) string {
	return p.at(doc, marker, change)
}

func (p *Person) deleteMarker(doc string) string {
	return p.atMarker(doc, func(string) string { return "" })
}

func (p *Person) deleteList(doc string) string {
	return p.at(doc, list, func(string) string { return "" })
}

func (p *Person) doubleMarker(doc string) string {
	return p.atMarker(doc, func(line string) string { return line + line })
}

// damageMarker replaces a character of a marker, or breaks its line.
func (p *Person) damageMarker(doc string) string {
	return p.atMarker(doc, func(line string) string {
		at := p.random.IntN(len(line))
		return line[:at] + pick(p, []string{"", "0", "a", "-", " ", "\n", ">", ".update-1", ".update-7", "ä"}) + line[at+1:]
	})
}

func (p *Person) renameHeading(doc string) string {
	return p.at(doc, "#", func(line string) string {
		level, _, _ := strings.Cut(line, " ")
		return level + " " + p.word() + "\n"
	})
}

// moveSection takes a section out and puts it before another, or at the end.
func (p *Person) moveSection(doc string) string {
	sections := strings.SplitAfter(doc, "\n## ")
	from, to := p.random.IntN(len(sections)), p.random.IntN(len(sections))
	sections[from], sections[to] = sections[to], sections[from]
	return strings.Join(sections, "")
}

func (p *Person) moveLine(doc string) string {
	lines := strings.SplitAfter(doc, "\n")
	from, to := p.random.IntN(len(lines)), p.random.IntN(len(lines))
	lines[from], lines[to] = lines[to], lines[from]
	return strings.Join(lines, "")
}

// copyBlock copies a block, from its begin marker to the next end marker, to another
// place, sometimes with a word in it.
func (p *Person) copyBlock(doc string) string {
	lines := strings.SplitAfter(doc, "\n")
	for range 20 {
		from := p.random.IntN(len(lines))
		if !strings.HasPrefix(lines[from], begin) {
			continue
		}
		to := from + 1
		for to < len(lines) && !strings.HasPrefix(lines[to-1], marker+"end ") {
			to++
		}
		block := strings.Join(lines[from:to], "")
		if p.Chance(2) {
			block = p.insert(block)
		}
		at := p.random.IntN(len(lines))
		lines[at] = block + lines[at]
		break
	}
	return strings.Join(lines, "")
}
