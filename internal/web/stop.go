package web

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// stopGrace is how long requests that are being answered may still take. What is
// cut off then was not answered 200: Alertmanager sends it again.
const stopGrace = 2 * time.Second

// Stop ends the server: new connections are refused at once, those of clients that
// stall are cut off after two seconds, or when ctx ends.
func Stop(ctx context.Context, server *http.Server) error {
	limit, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	err := server.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
