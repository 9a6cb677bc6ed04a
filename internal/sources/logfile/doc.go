// Package logfile reads log files of any size: it opens nothing that can hang,
// unpacks what is compressed, cuts lines without holding more than one, and finds
// a time in a large plain file by bisection instead of reading all of it.
package logfile
