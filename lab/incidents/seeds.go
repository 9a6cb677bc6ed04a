package incidents

// SeedLine is one line of the story that a document of the field tells, and how the
// draft of the incident that stages it tells the same.
type SeedLine struct {
	Seed string // the line, as the document has it
	// Draft is a regular expression that matches within a line of the draft. Empty:
	// no machine can know it.
	Draft string
	Why   string // it is left to people, or told elsewhere
}

const leftToPeople = "who looked at what, thought what and told whom leaves no trace in a server; a note does (collector note)"

// seedLines are the stories, by the incident that stages them.
var seedLines = map[string][]SeedLine{
	"schema-change": { // outage-postmortem-schema-change.txt
		{"90% of application services were unavailable, affecting data retrieval and transaction processing.", `failed requests \| about [\d,]+ requests`, ""},
		{"Monitoring system alerts the team to a spike in database query failures and increased latency.", `\*\*detected\*\* alert ShopErrorRateHigh on \S+ fired`, ""},
		{"Engineering team begins investigating database server health and performance metrics.", "", leftToPeople},
		{"Errors in application logs indicate schema mismatches during data queries.", "", "the application of this incident writes no log; that of told-by-others does, and the draft tells it"},
		{"Automated deployment identified as the source of the schema changes, leading to incompatibilities with existing application code.", `^\| \d \| deploy of shop 2\.0\.0 `, ""},
		{"Rollback attempt fails due to partial schema changes already applied.", `rollback of shop to 1\.9\.3 .*failed`, ""},
		{"Database and application teams manually revert schema changes and restore functionality.", `column total_cents of shop\.orders was renamed to total on db1`, ""},
		{"Database services partially restored; transaction processing still offline.", `shop_error_rate \| shop-app\S* \| .*back in its baseline`, ""},
		{"Full resolution achieved after reverting all schema changes and updating the application code for compatibility.", `^\| mitigated \| .*deploy of shop 2\.0\.1`, ""},
	},
	"told-by-others": { // outage-postmortem-schema-change.txt, the line that needs an application's log
		{"Errors in application logs indicate schema mismatches during data queries.", `[Uu]nknown column`, ""},
	},
	"database-vanished": { // incident-report-database-vanished.txt
		{"Users experienced errors and data loss, leading to widespread panic and confusion.", `failed requests \| about [\d,]+ requests`, ""},
		{"The issue was detected when users began reporting errors and data loss.", `shop_error_rate on shop-app\S* rose from its normal`, ""},
		{"On-call engineer receives pager alert and immediately investigates.", `\*\*detected\*\* alert ShopErrorRateHigh on \S+ fired`, ""},
		{"Initial investigation reveals that the database is completely empty.", `schema shop was dropped on db1`, ""},
		{"Misleading path: Checked for potential network issues, suspected a data breach.", "", leftToPeople},
		{"Discovered that a database deletion command was executed.", `^\| 1 \| schema shop was dropped on db1`, ""},
		{"Incident escalated to the Database and DevOps teams.", "", leftToPeople},
		{"Confirmed the deletion was accidental, not a malicious attack.", "", leftToPeople},
		{"Began restoring the database from the latest backup.", `restore of shop from the last dump begins`, ""},
		{"Database restoration completed.", `table shop\.orders was created on db1`, ""},
		{"Verified data integrity and application functionality.", `restore of shop verified`, ""},
		{"Declared the incident resolved; services fully restored.", `^\| resolved \|`, ""},
	},
	"reporting-query": { // leading-the-postmortem.txt
		{"We first noticed elevated latency around [Time].", `shop_latency_p99 on shop-app\S* rose from its normal`, ""},
		{"Then, the application became unresponsive.", `shop_error_rate on shop-app\S* rose from its normal`, ""},
		{"Can we pull up the database performance metrics from that timeframe?", `!\[threads_running on db1\]`, ""},
		{"We deployed a new reporting query yesterday morning.", `^\| 1 \| deploy of reporting 5\.1\.0 `, ""},
		{"The query plan, as it appears now, is clearly contributing to the deadlock.", `deadlock between sessions`, ""},
		{"This resulted in a full table scan.", `rows_scanned on db1 rose from its normal`, ""},
		{"We didn't see any alerts triggered for that query.", `\*\*detected\*\* alert \S+ on \S+ fired`, ""},
		{"Our immediate mitigation was to kill the problematic query and restart the affected application server.", `1 KILL was issued; session \d+`, ""},
		{"First, we'll add the missing index.", `index by_status_total of shop\.orders was added on db1`, ""},
	},
	"metadata-lock": { // database-postmortem-template.txt, its example of a timeline
		{"Migration started", `deploy of shop 2\.2\.0 `, ""},
		{"Database CPU spiked", `threads_running on db1 rose from its normal`, ""},
		{"Errors increased", `shop_error_rate on shop-app\S* rose from its normal`, ""},
		{"Migration stopped", `a statement of \S+ ran for .*ALTER TABLE shop\.orders`, ""},
		{"System stabilized", `^\| recovered \|`, ""},
	},
}

// SeedLines are the lines of the field's document that the incident stages.
func (i Incident) SeedLines() []SeedLine { return seedLines[i.Name] }
