package load

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A monitor that looks once a second is measured within the seconds, too: what is
// missing in turnWindow from its turn on, against what is before and after. What a
// machine does otherwise changes less in a second than from one stretch to the next, and
// less in a short window than in a long one: with nothing watching, the window's statements
// vary half as much as those of 200 ms. What a monitor does besides is not in the window:
// see Loss.Beyond.
const (
	turnWindow = 100 * time.Millisecond
	turnStint  = 10 * time.Second        // with the monitor, and without it, by turns
	turnPoll   = 5 * time.Millisecond    // how often the statements are counted
	turnMargin = 10 * time.Millisecond   // a turn may come a little early
	turnSettle = 1500 * time.Millisecond // after a pause begins or ends
)

// point is how many statements were answered until some time.
type point struct {
	at         time.Time
	statements int64
}

// Turns are pairs of stints: for each, the part of a second's throughput that is missing
// because of the turn that a monitor took, and the same of the stint just after it, in
// which the monitor was paused.
type Turns struct {
	Lost, Noise []float64 // the mean of the seconds of each stint
	Seconds     int       // with the monitor, in all
}

// takeTurns measures a monitor that takes its turn at phase in each second, until there
// are so many seconds.
func takeTurns(ctx context.Context, running *Running, w Watch, phase time.Duration, seconds int) (t Turns, err error) {
	for t.Seconds < seconds {
		if err = w.Resume(); err != nil {
			return t, err
		}
		with, err := stint(ctx, running, phase)
		if err = errors.Join(err, w.Pause()); err != nil {
			return t, err
		}
		without, err := stint(ctx, running, phase)
		if err != nil {
			return t, err
		}
		t.Lost, t.Noise, t.Seconds = append(t.Lost, mean(with)), append(t.Noise, mean(without)), t.Seconds+len(with)
	}
	return t, nil
}

func mean(values []float64) (sum float64) {
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}

// stint counts for a while and compares within each whole second of it.
func stint(ctx context.Context, running *Running, phase time.Duration) ([]float64, error) {
	if err := wait(ctx, turnSettle); err != nil {
		return nil, err
	}
	var points []point
	for began := time.Now(); time.Since(began) < turnStint; {
		n, err := running.Statements()
		if err != nil {
			return nil, err
		}
		points = append(points, point{time.Now(), n})
		if err := wait(ctx, turnPoll); err != nil {
			return nil, err
		}
	}
	return missing(points, phase), nil
}

// missing is for each turn the share of a second's statements that were not answered in
// its window, against the rest of the second around it.
func missing(points []point, phase time.Duration) (shares []float64) {
	around := (time.Second - turnWindow) / 2
	first, last := points[0].at, points[len(points)-1].at
	for turn := first.Truncate(time.Second).Add(phase - turnMargin); turn.Add(turnWindow + around).Before(last); turn = turn.Add(time.Second) {
		if turn.Add(-around).Before(first) {
			continue
		}
		in := countIn(points, turn, turnWindow)
		rest := countIn(points, turn.Add(-around), around) + countIn(points, turn.Add(turnWindow), around)
		usual := rest / (time.Second - turnWindow).Seconds()
		shares = append(shares, turnWindow.Seconds()-in/usual)
	}
	return shares
}

// countIn is how many statements were answered in some time, by straight lines
// between the points.
func countIn(points []point, from time.Time, length time.Duration) float64 {
	return countAt(points, from.Add(length)) - countAt(points, from)
}

func countAt(points []point, at time.Time) float64 {
	i, _ := slices.BinarySearchFunc(points, at, func(p point, t time.Time) int { return p.at.Compare(t) })
	i = min(max(i, 1), len(points)-1)
	a, b := points[i-1], points[i]
	return float64(a.statements) + float64(b.statements-a.statements)*at.Sub(a.at).Seconds()/b.at.Sub(a.at).Seconds()
}
