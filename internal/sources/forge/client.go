package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"collector/internal/sources/httpclient"
)

// MaxBody is the largest answer that is read, in bytes. A page of a hundred deployments
// has some 400 KB, unless somebody stores documents in their payload.
const MaxBody = 16 << 20

// Client is the HTTP side of a forge: what its library is given to speak with.
type Client struct {
	*httpclient.Client
	Library   *http.Client // follows redirects within the forge only
	Anonymous bool         // there is no token, and nothing else to log in with
	forge     string       // "GitHub", for messages
	timeout   time.Duration
	unusable  error // why nothing can be asked
}

// Open makes the client; it connects to nothing yet. Both forges take the token as a
// bearer token (GitLab: personal, project and group access tokens too).
func Open(s Settings, forge string, maxBody int64) (*Client, error) {
	h := s.HTTPClient
	h.SetDefaults()
	c := &Client{forge: forge, timeout: s.Timeout}
	token := ""
	if s.TokenEnv != "" {
		if token = strings.TrimSpace(os.Getenv(s.TokenEnv)); token == "" {
			c.unusable = &Refusal{
				Reason: fmt.Sprintf("the environment variable %s (token_env) is not set", s.TokenEnv),
				Fix:    []string{"set it where `collector` starts, or write token_file instead"}, Final: true,
			}
		}
	}
	switch {
	case token != "":
		h.Authorization = &promconfig.Authorization{Type: "Bearer", Credentials: promconfig.Secret(token)}
	case s.TokenFile != "":
		h.Authorization = &promconfig.Authorization{Type: "Bearer", CredentialsFile: s.TokenFile}
	}
	c.Anonymous = !authenticates(h)
	inner, err := httpclient.New(httpclient.Options{Name: s.Kind + "/" + s.Name, URL: s.API, Config: h, MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	c.Client = inner
	library := *inner.HTTP
	if h.FollowRedirects {
		library.CheckRedirect = within
	}
	c.Library = &library
	return c, nil
}

// maxRedirects: a repository that was renamed answers with one.
const maxRedirects = 3

var errAway = errors.New("it redirects to another host, which is not asked: is url right?")

// within lets an answer lead to another path of the forge, and nowhere else: whoever
// answers there could tell anything about the deploys.
func within(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return errAway
	}
	if len(via) > maxRedirects {
		return errors.New("it redirects again and again")
	}
	return nil
}

// Refusal is why a forge did not answer, in words for people and without a secret.
type Refusal struct {
	Reason string
	Fix    []string // what to do about it
	Final  bool     // every further question would end the same way
}

func (r *Refusal) Error() string { return r.Reason }

// final reports whether it is of no use to ask on.
func final(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Final || errors.Is(err, context.Canceled)
}

// Unlike is the error of an answer in a form that the forge never gives.
func (c *Client) Unlike() error {
	return &Refusal{
		Reason: fmt.Sprintf("the answer is not one of %s's API", c.forge),
		Fix:    []string{"check url: is there a proxy or a login page in between?"},
	}
}

// Explain puts an error into words that anybody may read, unless it is in such words
// already. What the library says of an answer's form may quote the answer, so it is
// not repeated.
func (c *Client) Explain(ctx context.Context, err error) error {
	var refusal *Refusal
	var syntax *json.SyntaxError
	var form *json.UnmarshalTypeError
	var clock *time.ParseError
	switch {
	case err == nil || errors.As(err, &refusal):
		return err
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Refusal{
			Reason: fmt.Sprintf("no answer within the time limit (timeout: %s)", model.Duration(c.timeout)),
			Fix:    []string{"give it more time with timeout, or see why it is slow"}, Final: true,
		}
	case errors.As(err, &syntax), errors.As(err, &form), errors.As(err, &clock):
		return c.Unlike()
	}
	reason := c.Quote(c.Error(err).Error())
	var network *url.Error
	switch {
	case errors.Is(err, httpclient.ErrNotAPI), errors.Is(err, httpclient.ErrTooLarge), errors.Is(err, errAway):
	case errors.As(err, &network):
		reason = c.forge + " cannot be reached: " + reason
	case errors.Is(err, io.EOF):
		return c.Unlike()
	default:
		reason = "reading the answer: " + reason
	}
	return &Refusal{Reason: reason, Fix: []string{"check url, token_file and http_client"}}
}

// Quote is what a forge says about an error, fit for one line and without our secrets.
func (c *Client) Quote(text string) string { return line(c.Text(text), maxQuote) }

// maxQuote bounds what is repeated of an error, in bytes.
const maxQuote = 240

// Limited is the refusal of a forge whose limit is used up. It is final: to ask on
// would be held against us.
func Limited(what string, until time.Time) error {
	when := "it does not say until when"
	if !until.IsZero() {
		when = "until " + until.UTC().Format(time.RFC3339)
	}
	return &Refusal{Reason: what + ", " + when, Fix: []string{"wait, or let fewer programs share the token"}, Final: true}
}

// Date is the forge's own time of an answer, to the second; zero where it does not tell.
func Date(head http.Header) time.Time {
	date, err := http.ParseTime(head.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}
