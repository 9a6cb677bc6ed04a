package gitlab

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"collector/internal/sources/forge"
)

// Account asks what the token may do. GitLab before 15.5, and tokens that are no access
// tokens, cannot tell; the projects will.
func (a *api) Account(ctx context.Context) (forge.Account, error) {
	if a.Anonymous {
		return forge.Account{Text: "no token", Warnings: []forge.Warning{{Text: "there is no token: GitLab shows public projects only", Fix: []string{createToken}}}}, nil
	}
	token, resp, err := a.library.PersonalAccessTokens.GetSinglePersonalAccessToken(gitlab.WithContext(ctx))
	if err != nil {
		if silent(err) {
			return forge.Account{Text: "it does not say what the token may do"}, nil
		}
		return forge.Account{}, a.explain(ctx, "", err)
	}
	if token == nil || token.ID == 0 {
		return forge.Account{}, a.Unlike()
	}
	found := forge.Account{Text: "the token's scopes: " + a.Quote(strings.Join(token.Scopes, ", ")), Date: forge.Date(resp.Header)}
	if left := resp.Header.Get("RateLimit-Remaining"); left != "" {
		found.Text += "; requests left this minute: " + a.Quote(left)
	}
	found.Warnings = judge(token, found.Date)
	return found, nil
}

// silent reports an answer that says nothing about the token.
func silent(err error) bool {
	return errors.Is(err, gitlab.ErrNotFound) || gitlab.HasStatusCode(err, http.StatusBadRequest) || gitlab.HasStatusCode(err, http.StatusMethodNotAllowed)
}

// soon is how long before its end a token is said to expire.
const soon = 14 * 24 * time.Hour

// judge says what is wrong with a token, or more than it needs.
func judge(token *gitlab.PersonalAccessToken, now time.Time) []forge.Warning {
	var list []forge.Warning
	warn := func(text string) {
		list = append(list, forge.Warning{Text: text, Fix: []string{createToken}})
	}
	switch {
	case token.Revoked || !token.Active:
		warn("the token is revoked or expired")
	case slices.Contains(token.Scopes, "api"):
		warn("the token has the scope api, and may write: read_api is enough")
	case !slices.Contains(token.Scopes, "read_api"):
		warn("the token has not the scope read_api")
	}
	if token.ExpiresAt == nil || now.IsZero() {
		return list
	}
	if expires := time.Time(*token.ExpiresAt); expires.Sub(now) < soon {
		warn("the token expires on " + expires.Format(time.DateOnly))
	}
	return list
}
