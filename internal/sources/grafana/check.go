package grafana

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
)

// Check tries what a draft needs: is it Grafana, is the token good, may it do what
// is configured, can every dashboard be read. It creates nothing.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.cfg.Timeout))
	defer cancel()
	e := &examination{Source: s, session: s.client.session()}
	if !e.reach(ctx) || !e.mayRead(ctx) {
		return e.lines
	}
	e.mayWrite(ctx)
	for _, d := range s.cfg.Dashboards {
		e.readable(ctx, d.UID)
	}
	return e.lines
}

// examination is one Check.
type examination struct {
	*Source
	*session
	lines []sources.Diagnosis
}

func (e *examination) say(level sources.Level, text string, fix ...string) {
	e.lines = append(e.lines, sources.Diagnosis{Source: Kind + "/" + sourceName, Level: level, Text: e.Text(text), Fix: fix})
}

// reach asks for the version, which needs no token.
func (e *examination) reach(ctx context.Context) bool {
	library, err := e.library(ctx)
	if err != nil {
		e.say(sources.Failed, err.Error(), "set it where `collector` starts, or write token_file instead")
		return false
	}
	health, err := library.Health()
	if err == nil && health.Database == "" && health.Version == "" {
		err = errNotGrafana
	}
	if err != nil {
		e.say(sources.Failed, fmt.Sprintf("%s does not answer: %v", e.URL, e.explain(ctx, err)), "check url (with its path prefix) and http_client of grafana")
		return false
	}
	if health.Database != "ok" && health.Database != "" {
		e.say(sources.Degraded, "its database is "+clip(health.Database, 40)+": snapshots may fail", "look into Grafana's log")
	}
	e.say(sources.OK, "version "+clip(cmp.Or(health.Version, "not told"), 40))
	return true
}

// mayRead asks for one annotation: everybody with a good token may read them.
func (e *examination) mayRead(ctx context.Context) bool {
	var list []struct{ ID int64 }
	err := e.get(ctx, "/api/annotations", map[string][]string{"limit": {"1"}}, &list)
	if err == nil && list == nil {
		err = errNotGrafana
	}
	switch statusOf(err) {
	case 0:
	case http.StatusUnauthorized:
		e.say(sources.Failed, fmt.Sprintf("refuses the token (%v)", e.explain(ctx, err)), tokenFix...)
		return false
	case http.StatusForbidden:
		e.say(sources.Failed, fmt.Sprintf("the token may not read annotations (%v)", e.explain(ctx, err)), "give the service account the role Viewer")
		return false
	}
	if err != nil {
		e.say(sources.Failed, fmt.Sprintf("annotations cannot be read: %v", e.explain(ctx, err)), "check url and http_client of grafana")
		return false
	}
	e.say(sources.OK, "the token is good, annotations can be read")
	return true
}

var tokenFix = []string{
	"in Grafana: Administration, Service accounts, add one with the role Viewer (Editor for annotate: true), add a token",
	"write it into the file of token_file; for Grafana's UI nothing else is needed",
}

// mayWrite compares the token's permissions with what the configuration wants.
func (e *examination) mayWrite(ctx context.Context) {
	var permissions map[string][]string
	if err := e.get(ctx, "/api/access-control/user/permissions", nil, &permissions); err != nil || permissions == nil {
		if e.cfg.Annotate || len(e.cfg.Dashboards) > 0 {
			e.say(sources.Degraded, "it does not tell what the token may do: whether snapshots and annotations can be made shows at the first draft")
		}
		return
	}
	if e.cfg.Annotate {
		if anywhere := slices.ContainsFunc(permissions["annotations:create"], func(scope string) bool {
			return scope == "*" || scope == "annotations:*" || scope == "annotations:type:*" || scope == "annotations:type:organization"
		}); anywhere {
			e.say(sources.OK, "annotations can be written")
		} else {
			e.say(sources.Failed, "the token may not write annotations, and annotate is on", "give the service account the role Editor, or write annotate: false")
		}
	}
	if len(e.cfg.Dashboards) == 0 {
		return
	}
	if _, queries := permissions["datasources:query"]; !queries {
		e.say(sources.Failed, "the token may not query data sources: snapshots would be empty", "give the service account the role Viewer, or the permission datasources:query")
	}
	g := &gathering{session: e.session}
	_, creates := permissions["snapshots:create"]
	switch {
	case creates:
		e.say(sources.OK, "snapshots can be made")
	case g.major(ctx) >= 12: // a permission of its own, an Editor's; it came with one of the versions 11
		e.say(sources.Failed, "the token may not make snapshots", "give the service account the role Editor, or the permission snapshots:create")
	case g.major(ctx) == 11:
		e.say(sources.Degraded, "whether the token may make snapshots depends on the minor version", "if a draft says that they are refused: role Editor, or the permission snapshots:create")
	default:
		e.say(sources.OK, "snapshots can be made: this version asks for no permission")
	}
}

// readable tries to read a dashboard.
func (e *examination) readable(ctx context.Context, uid string) {
	g := &gathering{session: e.session, owner: e.Source}
	model, err := g.dashboard(ctx, uid)
	switch status := statusOf(err); {
	case err == nil:
		n := len(children(model, "panels"))
		e.say(sources.OK, fmt.Sprintf("dashboard %s: %s, %d panels and rows", uid, clip(text(model, "title"), 60), n))
		e.varsKnown(uid, model)
	case status == http.StatusNotFound:
		e.say(sources.Failed, fmt.Sprintf("there is no dashboard with the UID %s", uid), "write the part behind /d/ of its address, and use a token of its organisation")
	case status == http.StatusForbidden:
		e.say(sources.Failed, fmt.Sprintf("the token may not read dashboard %s", uid),
			"give the service account permission to view it or its folder", "a dashboard that was just created may say this for a minute")
	default:
		e.say(sources.Failed, fmt.Sprintf("dashboard %s: %v", uid, e.explain(ctx, err)), "check that it opens in Grafana")
	}
}

// varsKnown says which configured variables the dashboard does not have.
func (e *examination) varsKnown(uid string, model object) {
	have := map[string]bool{}
	for _, m := range children(child(model, "templating"), "list") {
		have[text(m, "name")] = true
	}
	var missing []string
	for name := range e.vars[uid] {
		if !have[name] {
			missing = append(missing, clip(name, 60))
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		e.say(sources.Degraded, fmt.Sprintf("dashboard %s has no variable %s", uid, strings.Join(missing, ", ")), "take it out of vars, or correct its name")
	}
}
