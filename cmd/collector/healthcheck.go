package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"collector/internal/config"
)

// healthLimit is how long a daemon may take to say that it lives.
const healthLimit = 3 * time.Second

// healthcheckCommand asks the daemon of the same configuration whether it lives, for
// the container image, which holds no other program that could.
func (a app) healthcheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:    "healthcheck",
		Short:  "ask a running daemon whether it lives (for containers)",
		Hidden: true,
		Args:   noArguments,
	}
	load := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load()
		if err != nil {
			return err
		}
		return isAlive(cmd.Context(), c)
	}
	return cmd
}

// isAlive takes any answer for life: with TLS it is 400, with basic auth 401.
func isAlive(ctx context.Context, c *config.Config) error {
	host, port, err := net.SplitHostPort(c.Server.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/-/healthy", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{Proxy: nil}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the daemon does not answer: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("the daemon answers %d", resp.StatusCode)
	}
	return nil
}
