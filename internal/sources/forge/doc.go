// Package forge is what GitHub and GitLab have in common as witnesses: deployments of
// configured repositories that become deploys and rollbacks on the timeline. The two
// packages github and gitlab ask, each through its forge's own client library; what a
// record holds, what is masked in it and what it says stands here.
//
// # What is asked
//
// For each repository and environment the deployments are listed, newest first, from
// `lookback` (7 d) before the window to its end. Those that can touch the window, which
// began at most `lookaround` (6 h) before it or changed since it began, are told in full;
// so is the last one before the window, which a check names. A list has a budget of
// pages, a draft one of deployments; beyond either is a gap.
//
// # Episodes
//
// A deployment is one event, from when it was first in progress (else from when it was
// created) to its first success, failure, error or cancellation. What happens to it later
// changes nothing of that: a deployment becomes inactive when the next one succeeds.
//   - A deployment whose end nobody reported is an event without an end, outcome
//     unfinished.
//   - A deployment that waits (for an approval, for a person's click, for its turn) has
//     not begun, and is no event.
//
// # Rollbacks
//
// A deployment is a rollback by one of two rules, which its attribute rollback_rule names:
// its task is "rollback" (GitHub), or its commit had been deployed to the same environment
// successfully, and after that another commit successfully. What cannot be told for
// certain, because it lies further back than `lookback`, is a deploy.
//
// # Versions
//
// A version is what the deploy log would write: the ref where it is a tag or looks like a
// version (v1.4.2), else the first seven digits of the commit, because a branch names no
// version. `version` of a repository chooses otherwise. Two witnesses that write the same
// service, version and environment at the same time tell one event.
//
// # Privacy
//
// Whoever deployed, and the authors of commits and statuses, are masked before a record is
// hashed, also where their names stand in a text or in the name of a branch. Descriptions
// lose secrets and literals of SQL; links lose their queries.
package forge
