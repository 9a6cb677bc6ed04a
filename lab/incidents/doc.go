// Package incidents holds the staged incidents, one file each: the steps that
// break the shop and mend it again, and the truth: what happened to whom and
// when, by the lab's own clock, as the steps happened. Drafts are scored on it.
package incidents
