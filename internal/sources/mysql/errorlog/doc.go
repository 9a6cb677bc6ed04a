// Package errorlog reads what a server itself wrote down: MySQL's
// performance_schema.error_log over SQL, or the file that a server of either
// flavour logs to. It turns its messages into mysql.error_log events.
//
// An error log quotes statements, accounts and client hosts, and most of its lines
// say nothing. So a message is first put into a category (categories.go), of which
// only the category's own words and strictly shaped details (a signal, an error
// number, a table) are kept; of a message that no category knows, everything quoted,
// every number, host and statement is removed. Only the first line of a message is
// looked at: what follows are dumps of records, statements and stacks.
//
// [Gather] makes one record for each folded message and one of what was read;
// [Interpret] is a pure function of those.
package errorlog
