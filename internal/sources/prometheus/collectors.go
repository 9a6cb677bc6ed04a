package prometheus

import (
	"context"
	"fmt"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

const kindCollectors = "collectors"

// askCollectors asks when mysqld_exporter could not read a part of its server:
// the server is scraped and up, and that part's metrics are missing. Version 0.15
// and newer say so with mysql_exporter_collector_success, older ones by a
// counter. A failed login is mysql_up's to tell.
func (a *asker) askCollectors(ctx context.Context) ([]timeline.Evidence, error) {
	q := a.scrapesQuestion(kindCollectors, runRule)
	every := a.intervals[mysqldExporter().Anchor]
	if every.every == 0 {
		every = interval{fallbackInterval, true}
	}
	q.StepMS = affordable(a.observed.From, a.observed.To, every.every).Milliseconds()
	q.EveryMS, q.Assumed, q.From = every.every.Milliseconds(), every.assumed, align(a.observed.From, q.step())
	q.PromQL = a.scoped(fmt.Sprintf("mysql_exporter_collector_success{$scope} == 0"+
		` or increase(mysql_exporter_scrape_errors_total{$scope,collector!="connection"}[%s]) > 0`, model.Duration(every.rateWindow(q.step()))))
	return a.askTimes(ctx, q, func(points []model.SamplePair) []run {
		for i := range points {
			points[i].Value = 1 // one evaluation, whatever the metric says
		}
		return runsOf(points, max(q.every(), q.step()))
	})
}
