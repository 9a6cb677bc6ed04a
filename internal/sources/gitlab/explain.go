package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"collector/internal/sources/forge"
)

// needs is the least that a token must be allowed.
const needs = "the scope read_api and the role Reporter"

// createToken says how to come by a token.
const createToken = "create a project or group access token with " + needs + ", and put it into token_file"

// explain puts what the library says into words for people.
func (a *api) explain(ctx context.Context, project string, err error) error {
	var answer *gitlab.ErrorResponse
	switch {
	case errors.Is(err, gitlab.ErrNotFound):
		return &forge.Refusal{
			Reason: fmt.Sprintf("%s is not there, or the token may not see it (404): it needs %s in it", project, needs),
			Fix:    []string{"correct project, or " + createToken},
		}
	case errors.As(err, &answer) && answer.Response != nil:
		return a.refusal(project, answer)
	}
	return a.Explain(ctx, err)
}

// refusal explains an answer that says no.
func (a *api) refusal(project string, answer *gitlab.ErrorResponse) error {
	said := a.said(answer)
	switch status := answer.Response.StatusCode; status {
	case http.StatusUnauthorized:
		return &forge.Refusal{Reason: fmt.Sprintf("GitLab refuses the token (401)%s: is it wrong, revoked or expired?", said), Fix: []string{createToken}, Final: true}
	case http.StatusForbidden:
		return &forge.Refusal{Reason: fmt.Sprintf("the token may not read the deployments of %s (403)%s: it needs %s", project, said, needs), Fix: []string{createToken}}
	case http.StatusTooManyRequests:
		return forge.Limited("GitLab's limit of requests is used up", resetOf(answer.Response.Header))
	default:
		return &forge.Refusal{Reason: fmt.Sprintf("GitLab answers with HTTP status %d%s", status, said), Fix: []string{"check url and http_client"}}
	}
}

// said is what GitLab says about it, if it says it as an API does. The library would
// quote a page as a whole.
func (a *api) said(answer *gitlab.ErrorResponse) string {
	if strings.HasPrefix(answer.Message, "failed to parse") || answer.Message == "" {
		return ""
	}
	return ": " + a.Quote(answer.Message)
}

// resetOf is when a limit ends: GitLab tells the time, or how long to wait.
func resetOf(head http.Header) time.Time {
	if unix, err := strconv.ParseInt(head.Get("RateLimit-Reset"), 10, 64); err == nil {
		if at := forge.When(time.Unix(unix, 0)); at != nil {
			return *at
		}
	}
	if seconds, err := strconv.Atoi(head.Get("Retry-After")); err == nil && seconds >= 0 && seconds < 1<<20 {
		from := forge.Date(head)
		if from.IsZero() {
			from = time.Now()
		}
		return from.Add(time.Duration(seconds) * time.Second)
	}
	return time.Time{}
}
