package report

import (
	"net/url"
	"regexp"
	"strings"
)

// Dashboards are the places where the window can be looked at: snapshots, or why
// there is none yet. A draft without any has no such part.
func (d *document) Dashboards() []Statement {
	var out []Statement
	for _, l := range d.tl.Links {
		name := escape(l.Title, 2*maxName)
		if to := linkTarget(l.URL); to != "" {
			name = "Snapshot of [" + name + "](" + to + ")"
		} else {
			name = capital(name)
		}
		out = append(out, Statement{name + ": " + escape(l.Text, maxText) + ".", d.cited(l.Evidence)})
	}
	return out
}

// hostForm is a host with or without a port, also as an IPv6 address.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`)

// linkTarget is an address as the target of a link, "" when it is none that a
// document may lead to. What Markdown would read as the end of the target, or as
// markup, is written as a percent sign and two digits.
func linkTarget(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !hostForm.MatchString(u.Host) || u.User != nil || len(address) > 2000 {
		return ""
	}
	where := u.Scheme + "://" + u.Host
	return where + strings.NewReplacer(
		"(", "%28", ")", "%29", "[", "%5B", "]", "%5D", "<", "%3C", ">", "%3E", `"`, "%22", "'", "%27", "`", "%60", "\\", "%5C", "|", "%7C", " ", "%20", "!", "%21",
	).Replace(strings.TrimPrefix(u.String(), where))
}
