package scoring

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the results as a table, and below it what is wrong.
func Print(w io.Writer, results []Result) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "INCIDENT\tFLAVOUR\tFOUND\tFALSE\tSTART ERROR\tWORST\tSAMPLED\tWITHIN BOUNDS\tSEED LINES\tCITATIONS\tCANARIES\tDRAFTED IN\t")
	for _, r := range results {
		verdict := "ok"
		if len(r.Failures) > 0 {
			verdict = "FAILED"
		}
		fmt.Fprintf(table, "%s\t%s\t%d/%d\t%d/%d\t%.2f s\t%.2f s\t%.2f s\t%d/%d\t%d/%d\t%d/%d\t%d\t%.1f s\t%s\n",
			r.Incident, r.Flavour, r.Found, r.Total, len(r.False), r.Loud, r.StartMedian, r.StartWorst, r.Sampled,
			r.Within, r.Found, r.SeedLines-len(r.Untold), r.SeedLines, r.Citations-len(r.Broken), r.Citations, len(r.Canaries), r.Seconds, verdict)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the score: %w", err)
	}
	found, total, wrong, loud := sums(results)
	fmt.Fprintf(w, "%d runs: %d of %d true events found, %d of %d events of severity warning or above are false (%.1f %%)\n",
		len(results), found, total, wrong, loud, 100*float64(wrong)/float64(max(loud, 1)))
	for _, r := range results {
		if r.Found > 0 {
			fmt.Fprintf(w, "%s %s: worst start: %s\n", r.Incident, r.Flavour, r.WorstEvent)
		}
		if r.Disturbed != "" {
			fmt.Fprintf(w, "%s %s: disturbed: %s\n", r.Incident, r.Flavour, r.Disturbed)
		}
		for _, part := range []struct {
			what  string
			lines []string
		}{
			{"bar", r.Failures}, {"missed", r.Missed}, {"false", r.False}, {"outside its bounds", r.Outside}, {"line of the seed", r.Untold},
			{"citation", r.Broken}, {"canary", r.Canaries}, {"gap", r.Gaps},
		} {
			for _, line := range part.lines {
				fmt.Fprintf(w, "%s %s: %s: %s\n", r.Incident, r.Flavour, part.what, line)
			}
		}
	}
	return nil
}

func sums(results []Result) (found, total, wrong, loud int) {
	for _, r := range results {
		found, total = found+r.Found, total+r.Total
		wrong, loud = wrong+len(r.False), loud+r.Loud
	}
	return found, total, wrong, loud
}
