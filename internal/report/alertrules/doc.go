// Package alertrules writes, for metrics that left their normal band with no alert,
// the Prometheus alerting rules that would have told of them, and the unit tests by
// which `promtool test rules` shows on the recorded values when each would have fired.
// It is a pure function of what was recorded; docs/alert-rules.md gives its rules and
// their reasons.
package alertrules
