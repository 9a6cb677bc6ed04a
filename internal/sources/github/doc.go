// Package github asks GitHub, or GitHub Enterprise Server from 3.9 on, for the
// deployments of the configured repositories and their statuses, through
// google/go-github. What they become stands in package forge.
//
// # Questions
//
//	GET /repos/{owner}/{repo}/deployments?environment=…       newest first, no filter by time
//	GET /repos/{owner}/{repo}/deployments/{id}/statuses       of those that can touch the window
//	GET /rate_limit                                           for `collector check`
//
// One at a time, as GitHub asks of its clients. Where GitHub says that a limit is used up
// nothing more is asked; that is a gap that says until when.
//
// # States
//
// A deployment begins with its first in_progress, else with its creation; it ends with its
// first success, failure or error, else with its first inactive. One that is only queued
// or waiting has not begun.
package github
