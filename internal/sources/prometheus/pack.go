package prometheus

// Pack is a set of built-in signals of one exporter.
type Pack struct {
	Name    string
	Anchor  string // a metric that every such exporter has; it shows the scrape interval
	Signals []packSignal
}

// packSignal is one built-in signal. The query may hold {$scope}, which becomes
// the scope's matchers, and $__rate_interval, which becomes four scrape intervals.
type packSignal struct {
	Name   string
	Query  string
	Unit   string
	Rule   Rule
	Events bool // a rate of single events, some of which may be rare
}

// packs lists all packs.
func packs() []Pack { return []Pack{mysqldExporter(), nodeExporter()} }

func packNames() []string {
	var names []string
	for _, p := range packs() {
		names = append(names, p.Name)
	}
	return names
}

func packNamed(name string) (Pack, bool) {
	for _, p := range packs() {
		if p.Name == name {
			return p, true
		}
	}
	return Pack{}, false
}

// up and down are the detector's rules of pack signals: the smallest departure
// that matters, in the signal's unit, and as a share of the baseline.
func up(minChange, minRatio float64) Rule {
	return Rule{Direction: "up", MinChange: minChange, MinRatio: minRatio, Samples: defaultSamples}
}

func down(minChange, minRatio float64) Rule {
	return Rule{Direction: "down", MinChange: minChange, MinRatio: minRatio, Samples: defaultSamples}
}

func both(minChange, minRatio float64) Rule {
	return Rule{Direction: "both", MinChange: minChange, MinRatio: minRatio, Samples: defaultSamples}
}
