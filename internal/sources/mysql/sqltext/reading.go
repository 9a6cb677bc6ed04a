package sqltext

import "strings"

// reading is one way in which a server may take a statement's text apart.
type reading struct {
	singleEscapes  bool // a backslash escapes within '…': not NO_BACKSLASH_ESCAPES
	doubleEscapes  bool // … within "…": neither that nor ANSI_QUOTES, under which "…" is a name
	versionRuns    bool // /*!50000 … */ is executed: its content is code, in which */ may be quoted
	dollarQuotes   bool // $tag$ … $tag$ is a string (MySQL 9), not a name
	dashesComment  bool // -- without a space is a comment, as some clients have it, not two minus signs
	hintsAreQuoted bool // quotes hide a */ within an optimizer hint
}

// readings lists every reading that makes a difference for this text: one for
// nearly all, at most 48. See https://dev.mysql.com/doc/refman/9.7/en/sql-mode.html,
// https://dev.mysql.com/doc/refman/9.7/en/comments.html and
// https://mariadb.com/docs/server/reference/sql-statements/comment-syntax.
func readings(text string) []reading {
	all := []reading{{singleEscapes: true, doubleEscapes: true}}
	if strings.Contains(text, `\`) {
		all = append(all, reading{singleEscapes: true}, reading{})
	}
	vary := func(when bool, set func(*reading)) {
		if !when {
			return
		}
		for _, r := range all[:len(all):len(all)] {
			set(&r)
			all = append(all, r)
		}
	}
	vary(strings.Contains(text, "/*!") || strings.Contains(text, "/*M!"), func(r *reading) { r.versionRuns = true })
	vary(strings.Contains(text, "$"), func(r *reading) { r.dollarQuotes = true })
	vary(strings.Contains(text, "--"), func(r *reading) { r.dashesComment = true })
	vary(strings.Contains(text, "/*+"), func(r *reading) { r.hintsAreQuoted = true })
	return all
}
