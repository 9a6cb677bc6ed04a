// Package deploylog reads deploy logs: files in which some tool wrote, line by
// line, what it deployed, rolled back or changed.
//
// # Lines and episodes
//
// What a line says, which lines are one deploy and what is removed from them stands
// in package deployline.
//
// Lines are read from `lookback` (24 h) before the window, so that the last
// deploy before it can be named, to `lookaround` (6 h) after it, so that a deploy
// that runs over an edge has both ends. An episode is an event when any part of it
// lies in the window; an unfinished one also when it began at most `lookaround`
// before. The last earlier one of each service is named in the check.
//
// # Files
//
// Files are told apart by content: gzip, bzip2 and zstd by their magic bytes,
// UTF-16 by its byte order mark, and their place in time by their lines, never by
// name or modification time. A plain file of more than 8 MiB is searched for the
// window by bisection. That relies on the lines being in order of time, give or
// take five minutes; where the file turns out not to be, it is read whole.
package deploylog
