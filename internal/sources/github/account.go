package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v83/github"

	"collector/internal/sources/forge"
)

// Account asks for what is left of the rate limit, which counts as no request, and
// reads from the answer's head what the token may do.
func (a *api) Account(ctx context.Context) (forge.Account, error) {
	limits, resp, err := a.library.RateLimit.Get(ctx)
	var answer *github.ErrorResponse
	unlimited := errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusNotFound // a GitHub Enterprise Server without limits
	if err != nil && !unlimited {
		return forge.Account{}, a.explain(ctx, "", resp, err)
	}
	found := forge.Account{Date: dateOf(resp), Text: "no rate limit"}
	if !unlimited {
		core := limits.GetCore()
		if core == nil || core.Limit == 0 {
			return forge.Account{}, a.Unlike()
		}
		found.Text = fmt.Sprintf("%d of %d requests left until %s", core.Remaining, core.Limit, core.Reset.UTC().Format(time.RFC3339))
		if core.Remaining < enough {
			found.Warnings = append(found.Warnings, forge.Warning{Text: "a draft may want more requests than are left: " + found.Text, Fix: []string{"let fewer programs share the token"}})
		}
	}
	a.judge(&found, resp)
	return found, nil
}

// enough is how many requests a draft should find left.
const enough = 50

// soon is how long before its end a token is said to expire.
const soon = 14 * 24 * time.Hour

// judge reads the head of an answer.
func (a *api) judge(found *forge.Account, resp *github.Response) {
	warn := func(text string, fix ...string) {
		found.Warnings = append(found.Warnings, forge.Warning{Text: text, Fix: fix})
	}
	if a.Anonymous {
		warn("there is no token: GitHub allows 60 requests an hour then, and shows public repositories only", createToken)
		return
	}
	if scopes := resp.Header.Get("X-Oauth-Scopes"); scopes != "" { // a classic token
		has := strings.Split(strings.ReplaceAll(scopes, " ", ""), ",")
		if !slices.Contains(has, "repo_deployment") && !slices.Contains(has, "repo") {
			warn("the classic token has neither the scope repo_deployment nor repo: it sees public repositories only", createToken)
		}
	}
	if expires := resp.TokenExpiration.Time; !expires.IsZero() && !found.Date.IsZero() && expires.Sub(found.Date) < soon {
		warn("the token expires at "+expires.UTC().Format(time.RFC3339), createToken)
	}
}
