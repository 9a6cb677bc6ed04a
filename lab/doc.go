// Command lab starts real database servers on loopback, breaks them in known
// ways, lets collector draft the postmortem, and compares the draft with what
// was really done.
package main
