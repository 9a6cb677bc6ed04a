package episodes_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources/mysql/sqltext"
)

// secretStatements are statements that run for three seconds, each with a canary
// of its own wherever a value or a comment can stand. mode is the session's sql_mode.
func secretStatements() []struct{ mode, text string } {
	long := strings.Repeat("x", sqltext.MaxInput)
	return []struct{ mode, text string }{
		{"", "SELECT SLEEP(3), 'CANARY' FROM shop.visible"},
		{"", `SELECT SLEEP(3), "CANARY" FROM shop.visible`},
		{"", `SELECT SLEEP(3), 'it''s CANARY', 'it\'s CANARY', "say ""CANARY""", "say \"CANARY\"" FROM shop.visible`},
		{"", "SELECT SLEEP(3), N'CANARY', _utf8mb4'CANARY', _binary 'CANARY', 'a' 'CANARY' FROM shop.visible"},
		{"", "SELECT SLEEP(3), 0x63616e617279, X'63616e617279', 731904286655, 7319.04286655e3, b'0110001101100001' FROM shop.visible"},
		{"", "SELECT SLEEP(3) AS 'CANARY', DATE '2031-12-09', TIMESTAMP'2031-12-09 11:12:13' FROM shop.visible"},
		{"", "/* CANARY */ SELECT /* CANARY ' */ SLEEP(3) # CANARY\n FROM shop.visible -- CANARY"},
		{"", "SELECT SLEEP(3) /*! , 'CANARY' */ /*!99999 CANARY */ FROM shop.visible"},
		{"", "SELECT /*+ SET_VAR(sort_buffer_size = 731904) */ SLEEP(3), 'multi\nline\nCANARY' FROM shop.visible"},
		{"NO_BACKSLASH_ESCAPES", `SELECT 'x\', SLEEP(3), 'CANARY' FROM shop.visible`},
		{"NO_BACKSLASH_ESCAPES", `SELECT "x\", SLEEP(3), "CANARY' CANARY" FROM shop.visible`},
		{"ANSI_QUOTES", `SELECT SLEEP(3) AS "visible""alias", 'it"s CANARY' FROM shop.visible`},
		{"", "DO SLEEP(3), '" + long + "CANARY'"},
		{"", "SELECT SLEEP(3), '" + long[:len(long)-30] + "CANARY tail', 'CANARY' FROM shop.visible"},
		{"", "SELECT SLEEP(3) /* " + long[:len(long)-40] + " CANARY */, 'CANARY' FROM shop.visible"},
		{"", "SELECT SLEEP(3), '" + long[:len(long)-30] + `\'CANARY' FROM shop.visible`},
		{"", "PREPARE p FROM 'SELECT SLEEP(3), \"CANARY\"'; EXECUTE p"},
		{"", "SET @x = CONCAT('CANARY', SLEEP(3))"},
		{"", "CALL shop.slow('CANARY', 731904286655)"},
		{"", "INSERT INTO shop.visible (a) SELECT CONCAT('CANARY', SLEEP(3))"},
		{"", "SELECT SLEEP(3), GET_LOCK('CANARY', 1), JSON_EXTRACT('{\"CANARY\": 1}', '$.CANARY')"},
	}
}

// TestRealCanaries: no literal and no comment of a statement that is running gets
// into the store's files or into a record, however it is quoted or cut off.
func TestRealCanaries(t *testing.T) {
	onScenes(t, func(s *scene) {
		db := s.server("db1")
		if err := db.CreateAccount(s.t.Context(), "app", "app-pw", "ALL ON shop.*"); err != nil {
			s.t.Fatal(err)
		}
		must(s.t, db, "CREATE DATABASE shop", "CREATE TABLE shop.visible (a TEXT)", "INSERT INTO shop.visible VALUES ('b')",
			"CREATE PROCEDURE shop.slow(who TEXT, n BIGINT) BEGIN DO SLEEP(3); SELECT who, n; END")
		s.record()
		words := []string{"731904286655", "63616e617279", "0110001101100001", "2031-12-09"}
		var running sync.WaitGroup
		for i, statement := range secretStatements() {
			canary := fmt.Sprintf("canary%02dq", i)
			words = append(words, canary)
			running.Go(func() {
				runSecret(s, statement.mode, strings.ReplaceAll(statement.text, "CANARY", canary))
			})
		}
		running.Wait()
		time.Sleep(time.Second)
		s.private(s.judge(), "visible", words...)
	})
}

func runSecret(s *scene, mode, text string) {
	db := s.dbs["db1"]
	conn, err := db.Admin.Conn(s.t.Context())
	if err != nil {
		s.t.Error(err)
		return
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	statements := []string{"SET SESSION sql_mode = '" + mode + "'"}
	for part := range strings.SplitSeq(text, "; ") {
		statements = append(statements, part)
	}
	for _, statement := range statements {
		began := time.Now()
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			s.t.Errorf("%.200s: %v", statement, err)
		}
		if strings.Contains(statement, "SLEEP(3)") && !strings.HasPrefix(statement, "PREPARE") && time.Since(began) < 2*time.Second {
			s.t.Errorf("%.200s took only %s: no tick saw it", statement, time.Since(began))
		}
	}
}
