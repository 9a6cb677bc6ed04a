package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v83/github"

	"collector/internal/sources/forge"
)

// needs is the least that a token must be allowed.
const needs = "Deployments: read"

// createToken says how to come by a token.
const createToken = "create a fine-grained personal access token with repository access to it and the permission " + needs + ", and put it into token_file"

// explain puts what the library says into words for people.
func (a *api) explain(ctx context.Context, repository string, resp *github.Response, err error) error {
	var limit *github.RateLimitError
	var abuse *github.AbuseRateLimitError
	var accepted *github.AcceptedError
	var factor *github.TwoFactorAuthError
	var answer *github.ErrorResponse
	switch {
	case errors.As(err, &limit):
		return forge.Limited(fmt.Sprintf("GitHub's limit of %d requests an hour is used up", limit.Rate.Limit), limit.Rate.Reset.Time)
	case errors.As(err, &abuse):
		var until time.Time
		if abuse.RetryAfter != nil {
			until = dateOf(resp)
			if until.IsZero() {
				until = time.Now()
			}
			until = until.Add(max(0, *abuse.RetryAfter))
		}
		return forge.Limited("GitHub's secondary limit is reached: it was asked too much at once", until)
	case errors.As(err, &accepted):
		return a.Unlike()
	case errors.As(err, &factor):
		return &forge.Refusal{Reason: "GitHub asks for a second factor (401): a password is no token", Fix: []string{createToken}, Final: true}
	case errors.As(err, &answer) && answer.Response != nil:
		return a.refusal(repository, answer)
	}
	return a.Explain(ctx, err)
}

// refusal explains an answer that says no.
func (a *api) refusal(repository string, answer *github.ErrorResponse) error {
	status := answer.Response.StatusCode
	said := a.Quote(answer.Message)
	if said != "" {
		said = ": " + said
	}
	switch {
	case status == http.StatusUnauthorized:
		return &forge.Refusal{Reason: fmt.Sprintf("GitHub refuses the token (401)%s: is it wrong, revoked or expired?", said), Fix: []string{createToken}, Final: true}
	case status == http.StatusForbidden && strings.HasPrefix(answer.Response.Header.Get("X-Github-Sso"), "required"):
		return &forge.Refusal{
			Reason: "the organization wants single sign-on for the token (403)",
			Fix:    []string{"authorize the token: GitHub, Settings, Developer settings, the token, Configure SSO"},
		}
	case status == http.StatusForbidden && limitless(answer):
		return forge.Limited("GitHub's secondary limit is reached: it was asked too much at once", time.Time{})
	case status == http.StatusForbidden:
		wants := needs
		if accepted := a.Quote(answer.Response.Header.Get("X-Accepted-Github-Permissions")); accepted != "" {
			wants += " (GitHub asks for " + accepted + ")"
		}
		return &forge.Refusal{Reason: fmt.Sprintf("the token may not read the deployments of %s (403)%s: it needs %s", repository, said, wants), Fix: []string{createToken}}
	case status == http.StatusNotFound:
		return &forge.Refusal{
			Reason: fmt.Sprintf("%s is not there, or the token may not see it (404): it needs repository access to it and %s", repository, needs),
			Fix:    []string{"correct repo, or " + createToken},
		}
	}
	return &forge.Refusal{Reason: fmt.Sprintf("GitHub answers with HTTP status %d%s", status, said), Fix: []string{"check url and http_client"}}
}

// limitless reports a secondary limit of which the answer has neither a time nor the
// link by which the library knows it.
func limitless(answer *github.ErrorResponse) bool {
	text := strings.ToLower(answer.Message)
	return strings.Contains(text, "secondary rate limit") || strings.Contains(text, "abuse detection")
}
