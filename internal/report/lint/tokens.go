package lint

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is a word of a passage.
type word struct {
	s          string // in lower case, with plain apostrophes
	start, end int    // in the passage's text
	upper      bool   // begins with a capital
	sentence   int
	broken     bool   // something stronger than a blank stands before it
	comma      bool   // a comma stands before it
	quoted     int    // how many words the quotation marks hold that it stands in, 0 outside
	link       bool   // it is a link's text
	as         string // for a person's name: the class word that it stands for
}

// is reports whether the word, or what it stands for, is in a set.
func (w word) is(set map[string]bool) bool { return set[w.s] || w.as != "" && set[w.as] }

// maxRead is how many bytes of one passage are read as words: some rules compare words
// with each other, and no paragraph of people is as long.
const maxRead = 64 << 10

// tokens are the passage's words.
func (p *passage) tokens() []word {
	if p.tokenised {
		return p.words
	}
	p.tokenised = true
	starts := map[int]bool{}
	for _, c := range p.cites {
		starts[c.start] = true
	}
	p.words = splitAround(p.text[:min(len(p.text), maxRead)], starts)
	p.markLinks()
	markPeople(p.words)
	markQuotes(p.text[:min(len(p.text), maxRead)], p.words)
	return p.words
}

// abbreviations end with a period that ends no sentence.
var abbreviations = map[string]bool{"e.g": true, "i.e": true, "mr": true, "mrs": true, "ms": true, "dr": true, "vs": true, "approx": true, "no": true, "ca": true, "st": true, "prob": true}

// split takes text apart into words and sentences.
func split(text string) []word { return splitAround(text, nil) }

// splitAround is split for a text with links at some bytes.
func splitAround(text string, links map[int]bool) []word {
	var words []word
	sentence := 0
	broken, comma := false, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			switch {
			case r == ',':
				comma = true
			case unicode.IsSpace(r), r == '"', r == '“', r == '”', r == '*', r == '_', r == '\'', r == '’', r == '‘':
			case (r == '.' || r == '!' || r == '?' || r == '…') && ends(text, i+size, words, links):
				sentence++
				broken = true
			default:
				broken = true
			}
			i += size
			continue
		}
		end := wordEnd(text, i)
		w := word{start: i, end: end, sentence: sentence, broken: broken, comma: comma, upper: unicode.IsUpper(r)}
		w.s = strings.ToLower(strings.ReplaceAll(text[i:end], "’", "'"))
		if (w.s == "http" || w.s == "https") && strings.HasPrefix(text[end:], "://") {
			end += len(address(text[end:]))
			w.s, w.end, w.link, w.upper = code, end, true, false
		}
		words = append(words, w)
		broken, comma = false, false
		i = end
	}
	return words
}

// address is the address of a page that a text begins with.
func address(text string) string {
	n := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>)]\"”", r) })
	if n < 0 {
		return text
	}
	return text[:n]
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '¤' || r == '@'
}

// wordEnd is where the word that begins at i ends: at a blank or at punctuation
// that does not stand between two letters or digits.
func wordEnd(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if wordRune(r) {
			i += size
			continue
		}
		next, _ := utf8.DecodeRuneInString(text[i+size:])
		if !strings.ContainsRune("'’-_./:", r) || !wordRune(next) {
			return i
		}
		i += size
	}
	return i
}

// ends reports whether the mark before i ends a sentence.
func ends(text string, i int, words []word, links map[int]bool) bool {
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if abbreviations[last.s] || last.upper && utf8.RuneCountInString(last.s) == 1 {
		return false
	}
	rest := strings.TrimLeft(text[i:], " \"”’)*")
	next, _ := utf8.DecodeRuneInString(rest)
	return links[len(text)-len(rest)] || next == utf8.RuneError || !unicode.IsLower(next)
}

// markLinks marks the words of links. A sentence that is nothing but links
// belongs to the one before it.
func (p *passage) markLinks() {
	if len(p.cites) == 0 {
		return
	}
	k := 0
	for i := range p.words {
		for k < len(p.cites) && p.cites[k].end <= p.words[i].start {
			k++
		}
		p.words[i].link = p.words[i].link || k < len(p.cites) && p.words[i].start >= p.cites[k].start
	}
	for i := 0; i < len(p.words); {
		j, only := i, true
		for ; j < len(p.words) && p.words[j].sentence == p.words[i].sentence; j++ {
			only = only && p.words[j].link
		}
		k := i
		for k < j && p.words[k].link { // links at the beginning belong to what they follow
			k++
		}
		if i > 0 && (only || k > i) {
			for m := i; m < k; m++ {
				p.words[m].sentence = p.words[i-1].sentence
			}
		}
		i = j
	}
}

// markQuotes counts the words within each pair of quotation marks.
func markQuotes(text string, words []word) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		var last string
		switch r {
		case '"':
			last = "\""
		case '“':
			last = "”"
		case '„':
			last = "“"
		case '«':
			last = "»"
		default:
			continue
		}
		n := strings.Index(text[i:], last)
		if n < 0 {
			continue
		}
		first := sort.Search(len(words), func(k int) bool { return words[k].start >= i })
		behind := first
		for behind < len(words) && words[behind].end <= i+n {
			behind++
		}
		for k := first; k < behind; k++ {
			words[k].quoted = behind - first
		}
		i += n + len(last)
	}
}

// sentenceBounds are the words of the sentence that word i stands in.
func sentenceBounds(words []word, i int) (first, last int) {
	first, last = i, i
	for first > 0 && words[first-1].sentence == words[i].sentence {
		first--
	}
	for last+1 < len(words) && words[last+1].sentence == words[i].sentence {
		last++
	}
	return first, last
}

// markPeople lets names stand for "someone", and "Sarah's" for "an engineer's", in
// phrases.
func markPeople(words []word) {
	for i := range words {
		w := &words[i]
		if !w.upper {
			continue
		}
		name, whose := strings.CutSuffix(w.s, "'s")
		first := given(name) && (whose || i+1 >= len(words) || words[i+1].broken || !notSurnames[words[i+1].s])
		family := i > 0 && words[i-1].as == "someone" && surname(words, i)
		if !first && !family {
			continue
		}
		w.as = "someone"
		if whose {
			w.as = "engineer's"
		}
	}
}
