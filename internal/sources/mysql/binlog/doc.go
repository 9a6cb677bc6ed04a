// Package binlog reads the part of a server's binary log that covers a window, by
// the replication protocol, when a draft is made: schema changes and very large
// transactions.
//
// The log is streamed, not kept. Of each event the header is looked at; bodies are
// kept only of the few types that name a schema change, a table or a time. Bodies of
// row events pass by undecoded. Only files that overlap the window are streamed: a
// file's first event says when it was opened, so the first one is found by bisection.
//
// What is not in the log cannot be found in it: statements that failed, sessions
// with sql_log_bin=0, and schemas that binlog_do_db or binlog_ignore_db leave out.
package binlog
