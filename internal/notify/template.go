package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// defaultTemplate sends the step as it is.
const defaultTemplate = `{{ json . }}`

// maxBody is the largest body that is sent, in bytes: what chat systems take.
const maxBody = 64 << 10

var (
	errNotJSON  = errors.New("the template does not make JSON: write every text as {{ json TEXT }}, without quotes around it")
	errTooLarge = errors.New("the template makes more than 64 KiB")
)

// body makes the body of a webhook's request.
type body struct{ template *template.Template }

// compile reads a template, "" for the default one, and tries it on steps whose
// texts hold what breaks a careless one.
func compile(text string) (body, error) {
	if text == "" {
		text = defaultTemplate
	}
	parsed, err := template.New("template").Funcs(functions()).Parse(text)
	if err != nil {
		return body{}, err
	}
	b := body{parsed}
	for _, s := range trials() {
		if _, err := b.render(s); err != nil {
			return body{}, fmt.Errorf("step %s: %w", s.Kind, err)
		}
	}
	return b, nil
}

// render is the body for a step. It is JSON, or there is an error.
func (b body) render(s Step) ([]byte, error) {
	var out bytes.Buffer
	if err := b.template.Execute(&out, s); err != nil {
		return nil, err
	}
	switch {
	case out.Len() > maxBody:
		return nil, errTooLarge
	case !json.Valid(out.Bytes()):
		return nil, errNotJSON
	}
	return out.Bytes(), nil
}

// functions are what a template can call beside Go's own.
func functions() template.FuncMap {
	return template.FuncMap{
		"json":     toJSON,
		"slack":    escapeSlack,
		"markdown": escapeMarkdown,
		"link":     safeLink,
		"shorten":  shorten,
		"join":     func(separator string, list []string) string { return strings.Join(list, separator) },
	}
}

// toJSON writes any value as JSON. It does not escape <, > and &: the body is no
// HTML page, and Slack's own escapes would become unreadable in logs.
func toJSON(v any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// zeroWidth keeps a mention from being one, and cannot be seen.
const zeroWidth = "\u200b"

// escapeSlack makes a text harmless in Slack's mrkdwn: nobody is mentioned and
// nothing is linked. See https://docs.slack.dev/messaging/formatting-message-text.
// Slack has no escape for its signs of emphasis.
func escapeSlack(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@"+zeroWidth).Replace(oneLine(text))
}

// escapeMarkdown makes a text harmless in Mattermost's Markdown: every sign that
// could mean something is escaped, and @channel mentions nobody.
func escapeMarkdown(text string) string {
	var out strings.Builder
	for _, r := range oneLine(text) {
		switch {
		case r == '@':
			out.WriteString("@" + zeroWidth)
			continue
		case r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)):
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// oneLine replaces what is no character of a line by spaces.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// shorten cuts a text to so many characters.
func shorten(most int, text string) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:max(0, most-1)]) + "…"
}

// safeLink is an address that can stand in any markup, "" for what is no address of
// a page: javascript:, a path, a broken one.
func safeLink(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "(", "%28", ")", "%29", "[", "%5B", "]", "%5D",
		`"`, "%22", "'", "%27", "`", "%60", `\`, "%5C", " ", "%20", "@", "%40").Replace(u.String())
}

// trials are steps with what other people write into alerts.
func trials() []Step {
	const text = "a \"title\" with \\ and \n, <!channel> & <@U1> @all *b* _c_ `d` [e](http://f) | {{ . }} \u2028 \xff"
	at := time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)
	hostile := Step{Kind: Final, At: at,
		Incident:  Incident{ID: text, Title: text, State: text, From: at, To: at.Add(time.Hour), Clusters: []string{text, text}, Severity: text, Alerts: 3, URL: text},
		Draft:     &Draft{Path: text, URL: "https://x.example/a|b>c", Events: 12, Gaps: 1, Severity: text},
		Snapshots: []Link{{text, text}, {text, "https://grafana.example/s/1"}}}
	return []Step{{Kind: Opened, At: at}, hostile}
}
