// Package deployline understands the lines in which some tool wrote what it deployed,
// rolled back or changed, wherever they are kept.
//
// # Lines
//
// A line has a time, a service, an event and usually a version; optional are
// commit, environment, author, message and url. Every other key is kept as an
// attribute. The formats are JSON objects, logfmt, and a regular expression with
// named groups. Nested JSON keys are written with dots (git.commit). Events are
//
//	deploy_started    deploy_finished    deploy_failed
//	rollback_started  rollback_finished  rollback_failed
//	change
//
// unless `events` maps the log's own words to these; the word "" maps lines
// without an event. The version of a rollback is the one that is rolled back to.
//
// # Episodes
//
// A start is paired with the next finish or failure of the same service, version
// and environment (and of the same `pair_by` values, if any). An end that names
// no version or environment closes the one open episode that it can mean.
//   - A start without an end is an event without an end, outcome unfinished.
//   - A start after an unfinished start is a retry: the first attempt ended, at
//     the latest, when the second began.
//   - An end without a start is an instant, and says so.
//   - The same line from several hosts (the same service, version, environment
//     and event within five seconds) is one fact with all lines as evidence.
//   - A change is an instant.
//
// # Times
//
// A time is as exact as it is written: a whole second is the interval from that
// second to the next one. A local time without a zone is read in `timezone`; in
// the hour that occurs twice when daylight saving ends, the instant spans both
// candidates, and its best estimate is the one that fits the line before.
//
// # Privacy
//
// Authors and other persons are masked, and secrets, literals of SQL statements
// and e-mail addresses removed, before a line enters a record.
package deployline
