// Package gitlab asks GitLab, from 13 on, for the deployments of the configured projects,
// through GitLab's official client. What they become stands in package forge.
//
// # Questions
//
//	GET /projects/{path}/deployments?environment=…&updated_after=…&updated_before=…
//	GET /personal_access_tokens/self           for `collector check`
//
// The list is asked for by the time of the last change, newest first: what touches a
// window changed in it or after it. One list has everything; a deployment's job tells
// when it started and finished.
//
// # States
//
// A deployment begins when its job starts, else when it was created; it ends when its job
// finished, else with its last change. One that is created, blocked or skipped has not
// begun: a pipeline with a manual job leaves one of these each time.
package gitlab
