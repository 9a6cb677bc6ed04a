package alertmanager

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// ran tells of a start or an end of an Alertmanager: who is down tells nobody.
func (i *interpretation) ran(l line) {
	e := i.logged(l, l.Type+l.Instance+timeline.FormatTime(l.At))
	e.Summary = "Alertmanager was shut down on " + cmp.Or(l.Instance, l.server)
	if l.Type == typeStartup {
		e.Summary = "Alertmanager " + l.Version + " started on " + cmp.Or(l.Instance, l.server)
	}
	i.tell(e)
}

// notified tells of a notification that was delivered.
func (i *interpretation) notified(l line) {
	n := l.Notification
	e := i.logged(l, "notification:"+l.Instance+n.Flush+n.Receiver+n.Integration+timeline.FormatTime(l.At))
	var fire, over, targets []string
	var first time.Time
	for _, a := range n.Alerts {
		targets = append(targets, a.Target)
		if a.Over {
			over = append(over, a.String())
			continue
		}
		fire = append(fire, a.String())
		if !a.StartsAt.IsZero() && (first.IsZero() || a.StartsAt.Before(first)) {
			first = a.StartsAt
		}
	}
	if targets = slices.Compact(slices.Sorted(slices.Values(targets))); len(targets) == 1 {
		e.Target = targets[0]
	}
	var says []string
	if n.Firing > 0 {
		says = append(says, fmt.Sprintf("%s firing: %s", count(n.Firing, "alert"), named(fire, n.Firing)))
	}
	if n.Resolved > 0 {
		says = append(says, fmt.Sprintf("%s resolved: %s", count(n.Resolved, "alert"), named(over, n.Resolved)))
	}
	integration, _, _ := strings.Cut(n.Integration, "[")
	e.Summary = fmt.Sprintf("receiver %s was told by %s of %s", cmp.Or(n.Receiver, "without a name"), cmp.Or(integration, "an integration"), cmp.Or(strings.Join(says, "; "), "no alert"))
	for name, value := range map[string]string{
		"receiver": n.Receiver, "integration": n.Integration, "reason": n.Reason, "group": n.Group,
		"firing": listed(fire, maxTold), "resolved": listed(over, maxTold),
	} {
		if value != "" {
			e.Attributes[name] = value
		}
	}
	if after := l.At.Sub(first); !first.IsZero() && after >= 0 && n.Reason == "first notification" {
		e.Attributes["after_start"] = after.Round(time.Second).String() // of the alert that began first
	}
	i.tell(e)
}

// shown is how many alerts a summary names.
const shown = 3

// named names the first of so many.
func named(names []string, all int) string {
	names = names[:min(len(names), shown)]
	text := strings.Join(names, ", ")
	if more := all - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
