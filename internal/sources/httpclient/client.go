package httpclient

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	promconfig "github.com/prometheus/common/config"
)

// DefaultMaxBody is the largest answer that is read, in bytes.
const DefaultMaxBody = 64 << 20

// Options say how to reach one system over HTTP.
type Options struct {
	Name    string // for metrics and errors: "prometheus/main"
	URL     string // may hold a path prefix, and user:password, which become basic_auth
	Config  Config
	MaxBody int64 // bytes; 0 means DefaultMaxBody
}

// Client reaches one system over HTTP.
type Client struct {
	HTTP    *http.Client
	URL     *url.URL // without user, password, query and fragment; safe to show
	Address string   // what to ask: the URL with its query, which may hold a token, and without its user
	*Redactor
}

// New makes a client; it connects to nothing yet. It fails on a URL that is not
// absolute http(s) and on credentials that cannot be read.
func New(opts Options) (*Client, error) {
	u, err := ParseURL(opts.URL)
	if err != nil {
		return nil, err
	}
	opts.Config.SetDefaults()
	if err := opts.Config.Validate(); err != nil {
		return nil, fmt.Errorf("http_client: %w", err)
	}
	cfg := opts.Config.HTTPClientConfig
	red := newRedactor(u, cfg)
	if u.User != nil && cfg.BasicAuth == nil && cfg.Authorization == nil && cfg.OAuth2 == nil {
		password, _ := u.User.Password()
		cfg.BasicAuth = &promconfig.BasicAuth{Username: u.User.Username(), Password: promconfig.Secret(password)}
	}
	inner, err := promconfig.NewClientFromConfig(cfg, opts.Name, promconfig.WithUserAgent("collector"))
	if err != nil {
		return nil, red.Error(fmt.Errorf("http_client: %w", err))
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = DefaultMaxBody
	}
	inner.Transport = &retrying{&limiting{inner.Transport, opts.MaxBody, red}}
	shown := *u
	shown.User, shown.Fragment = nil, ""
	shown.Path = strings.TrimRight(shown.Path, "/")
	address := shown.String()
	shown.RawQuery = ""
	return &Client{HTTP: inner, URL: &shown, Address: address, Redactor: red}, nil
}

// ParseURL reads the address of an HTTP system. Its errors never repeat the
// text, which may hold a password.
func ParseURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, fmt.Errorf("the URL is empty")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the URL does not begin with http:// or https://")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the URL names no host")
	}
	return u, nil
}
