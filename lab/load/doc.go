// Package load measures what watching costs a saturated server: its throughput
// with a monitor against the throughput just before and after, without one, and, where
// a monitor looks once a second, at its turns against the rest of the second.
package load
