package httpclient

import (
	"errors"
	"strings"

	promconfig "github.com/prometheus/common/config"
)

// Config is prometheus/common's HTTP client configuration: tls_config,
// basic_auth, authorization, oauth2, proxy_url and http_headers (the tenant
// header of Mimir and Thanos). Its documentation is Prometheus's own:
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config
type Config struct {
	promconfig.HTTPClientConfig

	decoded bool
	err     error
}

// UnmarshalYAML decodes the block strictly with prometheus/common's own decoder,
// which knows its defaults and its inline maps. A mistake is kept for Validate,
// so that the error can name the place in the file.
func (c *Config) UnmarshalYAML(block []byte) error {
	parsed, err := promconfig.LoadHTTPConfig(string(block))
	if err != nil {
		c.err = errors.New(tidy(err.Error()))
		return nil
	}
	c.HTTPClientConfig, c.decoded = *parsed, true
	return nil
}

// SetDefaults fills a block that the file left out.
func (c *Config) SetDefaults() {
	if !c.decoded && c.err == nil && c.isZero() {
		c.HTTPClientConfig = promconfig.DefaultHTTPClientConfig
	}
}

// isZero compares what a person can set in a literal of Go code; a Config that
// has any of it is taken as it is.
func (c *Config) isZero() bool {
	h := c.HTTPClientConfig
	return h.BasicAuth == nil && h.Authorization == nil && h.OAuth2 == nil && h.BearerToken == "" && h.BearerTokenFile == "" &&
		h.HTTPHeaders == nil && h.TLSConfig == promconfig.TLSConfig{} && !h.FollowRedirects && !h.EnableHTTP2 && h.ProxyURL.URL == nil
}

// Validate says what is wrong with the block, in prometheus/common's words.
func (c *Config) Validate() error {
	if c.err != nil {
		return c.err
	}
	return c.HTTPClientConfig.Validate()
}

// tidy makes the decoder's message fit one line; its line numbers count within
// the block and would mislead, and its type names mean nothing to an operator.
func tidy(message string) string {
	message = strings.TrimPrefix(message, "yaml: unmarshal errors:")
	message = strings.ReplaceAll(message, " in type config.plain", "")
	var lines []string
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "line "); ok {
			if _, after, found := strings.Cut(rest, ": "); found {
				line = after
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}
