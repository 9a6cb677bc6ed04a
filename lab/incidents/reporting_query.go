package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/lab/stage"
)

// report compares every order with every other. At REPEATABLE READ it locks
// all the rows that it reads, and it would take minutes.
const report = "INSERT INTO sales_report (customer_id, higher, remark) /* " + stage.CanaryReportComment + " */ " +
	"SELECT o.customer_id, (SELECT COUNT(*) FROM orders AS p WHERE p.total > o.total AND p.status <> o.status AND p.note <> \"" + stage.CanaryReportQuoted + "\"), '" +
	stage.CanaryReport + "' FROM orders AS o WHERE o.total <> " + stage.CanaryNumber

const (
	serverKilled   = 1317 // query execution was interrupted
	serverDeadlock = 1213
	reportPrepares = 3 * time.Second  // in which the job's transaction is idle
	reportRuns     = 36 * time.Second // both, so long that the transaction counts as long, too
)

// reportingQuery: a deploy brings a reporting query that scans all orders
// within a transaction. The application waits for its locks, requests fail by
// lock timeout, two sessions deadlock. The query is killed and an index added.
func reportingQuery() Incident {
	return Incident{
		Name: "reporting-query", Title: "The shop waits for a reporting query", Seed: "leading-the-postmortem.txt",
		Requires: "ShopErrorRateHigh",
		Expected: effects(
			Effect{Kind: "mysql.lock_wait", Targets: []string{stage.Primary}},
			Effect{Kind: "mysql.statement_regression", Targets: []string{stage.Primary}},
			Effect{Kind: "mysql.replication_lag", Targets: []string{stage.Replica}}),
		Steps: runReportingQuery,
	}
}

func runReportingQuery(ctx context.Context, s *stage.Stage, t *Script) error {
	start, err := t.Log(stage.Entry{Event: "deploy_started", Service: "reporting", Version: "5.1.0", Commit: "e90b4f2", Author: "e.fuchs", Message: "sales report by customer"})
	if err != nil {
		return err
	}
	if err := t.Wait(ctx, 2*time.Second); err != nil {
		return err
	}
	end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "reporting", Version: "5.1.0"})
	if err != nil {
		return err
	}
	t.Note(Truth{Kind: "deploy", Target: "reporting", Attributes: map[string]string{"version": "5.1.0", "outcome": "finished"}, Start: start, End: end})
	job, err := s.Session(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	ended := make(chan error, 1)
	go func() { ended <- runReport(ctx, job, t) }()
	err = inOrder(ctx, t, pause(8*time.Second), deadlock, awaitErrorAlert,
		func(ctx context.Context, t *Script) error { return t.Wait(ctx, time.Until(end.Add(reportRuns))) },
		kill(job.ID), func(context.Context, *Script) error { return <-ended }, addIndex, pause(3*time.Second))
	if err != nil {
		return err
	}
	return nil
}

// runReport is the reporting job: in one transaction it empties the last report
// and fills in the new one, and is killed.
func runReport(ctx context.Context, job *stage.Session, t *Script) error {
	began := time.Now()
	for _, statement := range []string{"START TRANSACTION", "DELETE FROM sales_report"} {
		if _, err := job.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("the report's transaction: %w", err)
		}
	}
	if err := t.Wait(ctx, reportPrepares); err != nil {
		return err
	}
	started := time.Now()
	_, err := job.ExecContext(ctx, report)
	killed := time.Now()
	if stage.ErrorNumber(err) != serverKilled {
		return fmt.Errorf("the report was to be killed after %s, it ended after %s: %w", reportRuns, killed.Sub(started), errors.Join(err))
	}
	if _, err := job.ExecContext(ctx, "ROLLBACK"); err != nil {
		return fmt.Errorf("the report's transaction: %w", err)
	}
	t.Note(Truth{Kind: "mysql.long_statement", Target: stage.Primary, Start: started, End: killed})
	t.Note(Truth{Kind: "mysql.long_transaction", Target: stage.Primary, Start: began, End: time.Now()})
	// The first request meets its locks a little later than it begins to take them.
	t.Note(Truth{Kind: "mysql.lock_wait", Target: stage.Primary, Start: started, Fuzz: 500 * time.Millisecond, End: killed})
	return nil
}

func kill(session int64) step {
	return func(ctx context.Context, t *Script) error {
		at := time.Now()
		if _, err := t.stage.DB1.Admin.ExecContext(ctx, fmt.Sprintf("KILL QUERY %d", session)); err != nil {
			return fmt.Errorf("killing the report: %w", err)
		}
		t.stage.Say("the report was killed")
		t.Note(Truth{Kind: "mysql.kill", Target: stage.Primary, Start: at})
		return nil
	}
}

func addIndex(ctx context.Context, t *Script) error {
	at := time.Now()
	if _, err := t.stage.DB1.Admin.ExecContext(ctx, "ALTER TABLE shop.orders ADD INDEX by_status_total (status, total)"); err != nil {
		return fmt.Errorf("adding the index: %w", err)
	}
	done := time.Now()
	logged, err := t.Log(stage.Entry{Event: "change", Service: "shop-schema", Version: "index-1", Message: "index on orders (status, total)"})
	added := map[string]string{"operation": "add_index", "table": "orders"}
	t.Note(Truth{Kind: "mysql.schema_change", Target: stage.Primary, Start: at, Attributes: added})
	t.Note(onReplica(done, added))
	t.Note(Truth{Kind: "change", Target: "shop-schema", Attributes: map[string]string{"version": "index-1"}, Start: logged})
	return err
}

// deadlock lets two sessions take two rows in opposite order.
func deadlock(ctx context.Context, t *Script) error {
	var sessions [2]*stage.Session
	for i := range sessions {
		s, err := t.stage.Session(ctx)
		if err != nil {
			return err
		}
		defer s.Close()
		sessions[i] = s
		if _, err := s.ExecContext(ctx, "START TRANSACTION"); err != nil {
			return fmt.Errorf("the deadlock: %w", err)
		}
	}
	take := func(session, product int) error {
		_, err := sessions[session].ExecContext(ctx, fmt.Sprintf(
			"UPDATE products SET stock = stock + 1 WHERE id = %d AND name <> '%s'", product, stage.CanaryDeadlock))
		return err
	}
	if err := errors.Join(take(0, stage.DeadlockProductA), take(1, stage.DeadlockProductB)); err != nil {
		return fmt.Errorf("the deadlock: %w", err)
	}
	waits := make(chan error, 1)
	go func() { waits <- take(0, stage.DeadlockProductB) }()
	if err := t.Wait(ctx, 300*time.Millisecond); err != nil {
		return err
	}
	at := time.Now()
	second := take(1, stage.DeadlockProductA)
	if first := <-waits; stage.ErrorNumber(first) != serverDeadlock && stage.ErrorNumber(second) != serverDeadlock {
		return fmt.Errorf("no deadlock came about: %w", errors.Join(first, second))
	}
	t.stage.Say("two sessions deadlocked")
	t.Note(Truth{Kind: "mysql.deadlock", Target: stage.Primary, Start: at})
	return nil
}
