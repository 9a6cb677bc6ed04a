package incidents

import (
	"context"
	"fmt"
	"time"

	"collector/lab/stage"
)

// variableChange: after a deploy without a connection pool somebody limits how
// many connections an account may have, to protect the server. The shop has more.
func variableChange() Incident {
	return Incident{
		Name: "variable-change", Title: "The shop's logins are refused", Requires: "ShopErrorRateHigh",
		Lines:    []string{"max_user_connections=500"}, // MariaDB does not let 0 be changed while it runs
		Expected: effects(Effect{Kind: "mysql.error_log"}, Effect{Kind: "mysql.lock_wait", Targets: []string{stage.Primary}}),
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t, loseThePool, pause(5*time.Second), setVariable("2", "500"), awaitErrorAlert, pause(8*time.Second),
				setVariable("500", "2"), pause(3*time.Second))
		},
	}
}

// setVariable sets max_user_connections from one value to another.
func setVariable(to, from string) step {
	return func(ctx context.Context, t *Script) error {
		at := time.Now()
		if err := execute(ctx, t.stage.DB1, "SET GLOBAL max_user_connections = "+to); err != nil {
			return fmt.Errorf("limiting connections: %w", err)
		}
		t.stage.Say("max_user_connections: %s → %s", from, to)
		t.Note(Truth{
			Kind: "mysql.variable_change", Target: stage.Primary, Start: at,
			Attributes: map[string]string{"variable": "max_user_connections", "from": from, "to": to},
		})
		return nil
	}
}
