package httpclient

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	promconfig "github.com/prometheus/common/config"
)

// shortest is the length from which a credential is blanked out of texts.
// Blanking one-letter passwords would only make messages unreadable.
const shortest = 3

// Redactor blanks known credentials out of texts: those of the configuration,
// and those that were seen in the headers of sent requests (files may rotate).
// It is safe for concurrent use.
type Redactor struct {
	mu      sync.RWMutex
	secrets []string // longest first, so that no part of one survives
	headers []string // names of headers whose values are credentials
}

func newRedactor(u *url.URL, cfg promconfig.HTTPClientConfig) *Redactor {
	r := &Redactor{headers: []string{"Authorization", "Proxy-Authorization", "Cookie"}}
	if u != nil && u.User != nil {
		password, _ := u.User.Password()
		r.learn(u.User.Username(), password, u.User.String())
	}
	if u != nil {
		for _, values := range u.Query() {
			r.learn(values...)
		}
	}
	if a := cfg.BasicAuth; a != nil {
		r.learn(string(a.Password))
	}
	if a := cfg.Authorization; a != nil {
		r.learn(string(a.Credentials))
	}
	if o := cfg.OAuth2; o != nil {
		r.learn(string(o.ClientSecret), string(o.ClientCertificateKey))
	}
	r.learn(string(cfg.BearerToken), string(cfg.TLSConfig.Key))
	if cfg.HTTPHeaders != nil {
		for name, h := range cfg.HTTPHeaders.Headers {
			for _, s := range h.Secrets {
				r.learn(string(s))
			}
			if len(h.Secrets) > 0 || len(h.Files) > 0 {
				r.headers = append(r.headers, name)
			}
		}
	}
	if cfg.ProxyURL.URL != nil && cfg.ProxyURL.User != nil {
		password, _ := cfg.ProxyURL.User.Password()
		r.learn(cfg.ProxyURL.User.Username(), password)
	}
	return r
}

func (r *Redactor) learn(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= shortest && !slices.Contains(r.secrets, form) {
				r.secrets = append(r.secrets, form)
			}
		}
	}
	slices.SortStableFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
}

// learnFrom takes the credentials of a request as it was sent.
func (r *Redactor) learnFrom(sent *http.Request) {
	for _, name := range r.headers {
		for _, value := range sent.Header.Values(name) {
			r.learn(value)
			scheme, credentials, found := strings.Cut(value, " ")
			if !found {
				continue
			}
			r.learn(credentials)
			if strings.EqualFold(scheme, "basic") {
				if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil {
					_, password, _ := strings.Cut(string(plain), ":")
					r.learn(string(plain), password)
				}
			}
		}
	}
}

// Text blanks credentials out of a text.
func (r *Redactor) Text(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, "<secret>")
	}
	return s
}

// Error is err without credentials. It keeps what errors.Is and errors.As see.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var ue *url.Error
	if errors.As(err, &ue) {
		// The URL says nothing that the question does not, and may hold a token.
		text = strings.ReplaceAll(text, ue.Error(), ue.Err.Error())
	}
	return redacted{r.Text(text), err}
}

type redacted struct {
	text string
	err  error
}

func (e redacted) Error() string { return e.text }
func (e redacted) Unwrap() error { return e.err }
