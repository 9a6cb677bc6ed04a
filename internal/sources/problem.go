package sources

import "fmt"

// Problem is one thing wrong with a configuration. Path is the key inside the
// source's own block ("file.pattern"); config adds the file and the line.
type Problem struct {
	Path    string
	Message string // what is wrong: `"3 hours" is not a duration`
	Fix     string // what to write instead: `write 3h`
}

func (p Problem) Error() string {
	if p.Fix == "" {
		return fmt.Sprintf("%s: %s", p.Path, p.Message)
	}
	return fmt.Sprintf("%s: %s (%s)", p.Path, p.Message, p.Fix)
}
