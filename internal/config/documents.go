package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"collector/internal/sources"
)

// TemplateEnding ends the names of the files in report.templates_dir.
const TemplateEnding = ".md.tmpl"

// embeddedDocuments are the documents that need no template of a user's own. The
// commands hold the list against the templates themselves.
var embeddedDocuments = []string{"briefing", "dea", "incident-report", "outage", "postmortem"}

// documentName is what the name of a document may be: it is a file's name too.
var documentName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Documents are the names of the documents that a draft has, in the order of the file.
func (r Report) Documents() []string {
	var names []string
	for name := range strings.SplitSeq(r.Template, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

func (r Report) validateDocuments() []sources.Problem {
	var problems []sources.Problem
	problem := func(key, message, fix string) {
		problems = append(problems, sources.Problem{Path: "report." + key, Message: message, Fix: fix})
	}
	if r.TemplatesDir != "" {
		if info, err := os.Stat(r.TemplatesDir); err != nil || !info.IsDir() {
			problem("templates_dir", fmt.Sprintf("%q is no directory that can be read", r.TemplatesDir), "name a directory with files such as review"+TemplateEnding+", or leave it out")
		}
	}
	names := r.Documents()
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			problem("template", fmt.Sprintf("%q stands there twice", name), "write each document once")
		case !documentName.MatchString(name) || !slices.Contains(embeddedDocuments, name) && !r.hasTemplate(name):
			fix := "write " + strings.Join(embeddedDocuments, ", ") + ", or several with commas"
			if r.TemplatesDir != "" && documentName.MatchString(name) {
				fix += ", or add " + filepath.Join(r.TemplatesDir, name+TemplateEnding)
			}
			problem("template", fmt.Sprintf("there is no template %q", name), fix)
		}
	}
	return problems
}

// hasTemplate reports whether users have a template of their own of that name.
func (r Report) hasTemplate(name string) bool {
	if r.TemplatesDir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(r.TemplatesDir, name+TemplateEnding))
	return err == nil
}
