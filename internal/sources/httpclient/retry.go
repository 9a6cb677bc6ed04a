package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The retries: two, after 100 and 400 ms, or after the server's Retry-After.
const (
	maxAttempts = 3
	firstPause  = 100 * time.Millisecond
	// slowAttempt is how long an attempt may have taken to be worth another one.
	slowAttempt = 3 * time.Second
)

// retrying repeats requests whose body can be sent again.
type retrying struct{ next http.RoundTripper }

func (t *retrying) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	pause := firstPause
	for attempt := 1; ; attempt++ {
		began := time.Now()
		resp, err := t.next.RoundTrip(req)
		wait := pause
		if err == nil {
			wait = max(wait, retryAfter(resp))
		}
		if attempt == maxAttempts || !again(ctx, resp, err) || time.Since(began) > slowAttempt || !fits(ctx, wait) {
			return resp, err
		}
		next, cloneErr := resend(req)
		if cloneErr != nil {
			return resp, err
		}
		if resp != nil {
			// What is left of a short answer is read so that the connection can be used again.
			_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
			_ = resp.Body.Close()
		}
		if !sleep(ctx, wait) {
			return nil, ctx.Err()
		}
		req, pause = next, pause*4
	}
}

// CloseIdleConnections lets http.Client's method of that name reach the transport.
func (t *retrying) CloseIdleConnections() { closeIdle(t.next) }

// again reports whether another attempt could end differently.
func again(ctx context.Context, resp *http.Response, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		var unknownCA x509.UnknownAuthorityError
		var verification *tls.CertificateVerificationError
		var record tls.RecordHeaderError
		return !errors.Is(err, ErrNotAPI) && !errors.Is(err, ErrTooLarge) &&
			!errors.As(err, &unknownCA) && !errors.As(err, &verification) && !errors.As(err, &record) &&
			!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
	}
	if spent(resp.Header) {
		return false
	}
	return resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
}

// spent reports whether a server says that its limit is used up, as GitHub and GitLab
// do: to ask again before the next minute or hour would be held against us.
func spent(head http.Header) bool {
	return head.Get("X-Ratelimit-Remaining") == "0" || head.Get("Ratelimit-Remaining") == "0"
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// fits reports whether a pause leaves time for an attempt before the deadline.
func fits(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > 2*pause
}

func resend(req *http.Request) (*http.Request, error) {
	next := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return next, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("the body cannot be sent again")
	}
	body, err := req.GetBody()
	next.Body = body
	return next, err
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
