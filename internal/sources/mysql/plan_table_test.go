package mysql

import (
	"database/sql"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var updatePlans = flag.Bool("update", false, "write the golden files")

// planRows reads an answer as the servers' own client prints it: tabs and NULLs.
func planRows(text string) rows {
	var r rows
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		fields := strings.Split(line, "\t")
		if i == 0 {
			r.columns = fields
			continue
		}
		row := make([]sql.NullString, len(r.columns))
		for i := range min(len(fields), len(row)) {
			row[i] = sql.NullString{String: fields[i], Valid: fields[i] != "NULL"}
			if !row[i].Valid {
				row[i].String = ""
			}
		}
		r.values = append(r.values, row)
	}
	return r
}

// TestPlansOfRealServers: answers of MySQL 9.7.4 and MariaDB 10.11.19.
func TestPlansOfRealServers(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.tsv")
	if err != nil || len(files) < 12 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(planTables(planRows(string(text))), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".tsv") + ".json"
			if *updatePlans {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(got)+"\n" != string(want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// FuzzPlanTables: nothing but names, numbers and two remarks comes out.
func FuzzPlanTables(f *testing.F) {
	files, err := filepath.Glob("testdata/plans/*.tsv")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("table\ttype\trows\tfiltered\tExtra\nt\tref|filter\t1|2\tNaN\tUsing where with pushed condition (a = 'canary'); Using filesort\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := planRows(text)
		tables := planTables(r)
		if len(tables) > planLines {
			t.Fatalf("%d lines", len(tables))
		}
		extra := r.column("Extra")
		for _, one := range tables {
			if one.Rows < 0 || !(one.Filtered >= 0 && one.Filtered <= 100) || one.Table == "" {
				t.Fatalf("%+v", one)
			}
			if _, err := json.Marshal(one); err != nil {
				t.Fatal(err)
			}
			if extra >= 0 && (one.Temporary || one.Filesort) && !slices.ContainsFunc(r.values, func(row []sql.NullString) bool { return strings.Contains(row[extra].String, "Using ") }) {
				t.Fatalf("a remark from nowhere: %+v", one)
			}
		}
	})
}
