// Package sqltext removes everything private from the texts of MySQL and MariaDB
// servers before anything keeps them: literals and comments from statements
// ([Normalize]), quoted values from error messages ([RedactError]).
//
// How a server reads a statement depends on its SQL mode, its version and its
// flavour: a backslash may or may not escape a quote, "x" is a string or a name,
// $$ opens a string or is part of a name. The texts that collector sees also end
// anywhere, because servers cut them off. So no single reading is trusted: a byte
// survives only if it is neither in a literal nor in a comment under every
// reading. What is left is put into shape by DataDog's go-sqllexer, which sees no
// literal any more.
package sqltext
