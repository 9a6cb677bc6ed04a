// Package load measures what watching costs a saturated server: its throughput
// with a monitor against the throughput just before and after, without one.
package load
