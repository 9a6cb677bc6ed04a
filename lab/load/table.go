package load

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// Middle is the median of some values with the range that holds it in 19 of 20 cases.
type Middle struct {
	Median, Low, High float64
	Of                int // so many values
}

// resamples is how often the median of as many values, drawn with repetition, is taken.
const resamples = 2000

// middle is the median and its range by the bootstrap (Efron 1979: the percentiles of
// the medians of resamples). The same values give the same range.
func middle(values []float64) Middle {
	if len(values) == 0 {
		return Middle{}
	}
	random := rand.New(rand.NewPCG(1, 2))
	medians, draw := make([]float64, resamples), make([]float64, len(values))
	for i := range medians {
		for k := range draw {
			draw[k] = values[random.IntN(len(values))]
		}
		medians[i] = quantile(draw, 0.5)
	}
	return Middle{quantile(values, 0.5), quantile(medians, 0.025), quantile(medians, 0.975), len(values)}
}

// Beyond is what is missing because of the monitor in all of a second, beyond the noise:
// in each pair of stints, what is missing at its turns alone, by how much of its work they
// tell.
func (l Loss) Beyond() Middle {
	if told(l.InWindows) <= 0 {
		return Middle{}
	}
	var beyond []float64
	for i, lost := range l.Turns.Lost {
		beyond = append(beyond, (lost-l.Turns.Noise[i])/told(l.InWindows))
	}
	return middle(beyond)
}

func (m Middle) String() string {
	if m.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%+.2f %% (%+.2f … %+.2f)", 100*m.Median, 100*m.Low, 100*m.High)
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Print writes the table. The noise is the loss of a stretch in which nothing watched,
// between the same neighbours. Turns are the seconds of a monitor that looks once in
// each, which have some share of its work in their windows. The last columns are the monitor's part of the server's processor time and of
// the machine's.
func Print(w io.Writer, flavour string, s Sysbench, losses []Loss) error {
	_, err := fmt.Fprintf(w, "throughput lost, %s, sysbench oltp_read_write, %d threads, %d tables of %d rows; medians with their 95 %% ranges\n%-66s  %-26s  %-26s  %5s  %-26s  %-26s  %5s  %8s  %-26s  %10s  %8s\n",
		flavour, s.Threads, tables, s.Rows, "MONITOR", "LOST", "NOISE", "PAIRS", "LOST AT ITS TURNS", "NOISE", "TURNS", "OF WORK", "BEYOND NOISE IN ALL", "SERVER CPU", "OWN CPU")
	for _, l := range losses {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%-66s  %-26s  %-26s  %5d  %-26s  %-26s  %5d  %7.0f%%  %-26s  %9.2f%%  %7.2f%%\n", l.Monitor, middle(l.Pairs), middle(l.Noise), len(l.Pairs),
			middle(l.Turns.Lost), middle(l.Turns.Noise), l.Turns.Seconds, 100*l.InWindows, l.Beyond(), 100*l.CPU.InServer(), 100*l.CPU.OnMachine())
	}
	return err
}
