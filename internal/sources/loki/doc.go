// Package loki reads application errors and deploys out of Grafana Loki, over its HTTP
// API (query_range), version 2.4 or newer.
//
// # Two sorts of queries
//
// A query of kind log tells of errors. Its lines are not kept: they are folded in memory
// by the pattern that is left when numbers, quoted values, identifiers, addresses and
// names are replaced, and what stays is an episode for each pattern and stream, from its
// first line to its last, with the number of lines and the most in one minute. Five minutes
// without a line end it. Lines are read from five minutes before the window to five
// minutes after it, so that a start and an end are known where they are near its edges;
// only lines in the window are counted.
//
// A query of kind deploy selects the lines that package deployline understands; they
// become deploys, rollbacks and changes as those of a deploy log do, and the masked lines
// are the evidence.
//
// # Times
//
// The time of a line is the one that Loki holds, in nanoseconds. It comes from the machine
// that shipped the line: the line's own time where the shipper parses it, else when it was
// read from its file, usually within a quarter of a second. Clocks of machines with NTP
// agree to less than that. The doubt is one second, earlier and later.
//
// # Reading
//
// Lines are read forwards in pages. A page that is full is followed by one that begins at
// its last time, and what was seen is dropped. Where Loki refuses because of one of its
// limits (entries, length of the range, bytes), smaller pages or shorter ranges are asked
// for. Beyond max_lines or 64 MiB of lines the reading stops, and the rest is a gap, like
// everything that could not be read or was not what was asked for.
package loki
