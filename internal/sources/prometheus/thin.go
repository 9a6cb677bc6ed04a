package prometheus

// thinRule names how long series are made shorter for a record.
const thinRule = "every n-th sample, and all samples within 30 of an episode's start, peak or end"

// fullPoints is how many samples of a series are kept as they are; thinned
// series keep about half as many, and the details.
const fullPoints = 2400

// detail is how many samples on either side of a turning point are kept.
const detail = 30

// thin makes a long series shorter. Every n-th sample keeps the median and the
// quantiles of the baseline; the samples around the episodes, found in the full
// series, keep their times as sharp as they were asked.
func thin(samples []sample, rule Rule, from int64) (kept []sample, thinned bool) {
	if len(samples) <= fullPoints {
		return samples, false
	}
	keep := make([]bool, len(samples))
	n := (len(samples) + fullPoints/2 - 1) / (fullPoints / 2)
	for i := 0; i < len(samples); i += n {
		keep[i] = true
	}
	keep[len(samples)-1] = true
	around := func(i int) {
		for j := max(0, i-detail); j <= min(len(samples)-1, i+detail); j++ {
			keep[j] = true
		}
	}
	if band, ok := rule.Band(samples[:firstFrom(samples, from)]); ok {
		for _, e := range rule.Detect(samples, band) {
			around(e.First)
			around(e.Peak)
			around(e.Last)
			if e.After >= 0 {
				around(e.After)
			}
		}
	}
	for i, s := range samples {
		if keep[i] {
			kept = append(kept, s)
		}
	}
	return kept, true
}
