// Package timeline holds collector's words and the one place where answers
// become a story.
//
// A source is asked about a [Window] and a [Scope] and returns [Findings]:
// [Evidence] records, and what they show: [Event] episodes, [Check] absences,
// [Gap] blind spots and [Series] curves. [Build] merges the findings of all
// sources into one [Timeline], ordered as far as the errors of its times allow,
// and names its phases by rules that are listed in phases.go.
//
// The package uses the standard library only and knows no source.
package timeline
