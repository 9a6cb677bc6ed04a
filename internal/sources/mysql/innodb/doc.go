// Package innodb reads what InnoDB writes about itself in SHOW ENGINE INNODB
// STATUS: the latest detected deadlock, in the words of MySQL 8.0 to 9.x and of
// MariaDB 10.6 to 11.x.
//
// The text quotes statements with their literals, and rows in hex and as text.
// Statements are returned as they stand, for the caller to normalise before
// anything keeps them; rows are skipped.
package innodb
