package errorlog

import "regexp"

// part is what a message does to the story of a server's life.
type part int

const (
	plain    part = iota
	omitted       // of no use in a postmortem: only counted
	starts        // the server begins to start
	ready         // … and takes connections
	stops         // somebody stops it
	stopped       // … and it has ended
	recovers      // it repairs what an unclean end left
)

// category is a kind of message. Its words, not the server's, stand in a document.
type category struct {
	name   string
	level  string         // error, warning or note, whatever the server calls it; "" its own
	many   int            // from so many on a note is a warning: one failed login is none, a hundred are
	codes  []int          // MySQL's numbers; tried before phrases
	strict bool           // a code counts only together with the phrase
	hints  []string       // in lower case: a message without any of them is not tried, as a phrase costs 20 µs
	phrase *regexp.Regexp // on the message; its named groups are the details
	says   string         // completes "db1 …"
	part   part
}

const (
	aTable       = `['"]?(?P<table>[\w$#./-]+)['"]?`
	anotherTable = `['"]?(?P<table2>[\w$#./-]+)['"]?` // a group's number is no part of its name
	aFile        = `['"]?(?P<table4>[\w$#./-]+)['"]?`
	aThirdTable  = `['"]?(?P<table3>[\w$#./-]+)['"]?`
	anOwner      = `'(?P<account>[^']*)'@'(?P<host>[^']*)'`
	aSession     = `user: '(?P<account>[^']*)' host: '(?P<host>[^']*)'`
)

func words(expression string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + expression) }

// categories is the closed list, in the order in which it is tried; docs/error-log.md
// says it for people, and a test compares the two.
var categories = []category{
	// The server's life.
	{name: "crash", level: levelError, codes: []int{backtraceCode, 13183}, strict: true, hints: []string{"got signal", "got exception", "assertion failure", "semaphore wait has lasted", "we intentionally"}, phrase: words(`\bgot (?:signal|exception) (?P<signal>0x[0-9a-f]{1,8}|\d{1,3})\b|^Assertion failure\b|Semaphore wait has lasted|^We intentionally (?:crash|generate a memory trap)`), says: "crashed"},
	{name: "crash_dump", part: omitted, codes: []int{backtraceCode}},
	{name: "hung", level: levelError, codes: []int{12872}, says: "stopped itself, because a semaphore was waited for too long"},
	{name: "start", level: levelNote, part: starts, codes: []int{10116, 15015}, hints: []string{"starting"}, phrase: words(`^Starting (?:MariaDB|MySQL) |starting as process \d+|Starting (?:mysqld|mariadbd) daemon`), says: "started"},
	{name: "ready", level: levelNote, part: ready, codes: []int{10931}, hints: []string{"ready for connections"}, phrase: words(`\bready for connections\b`), says: "became ready for connections"},
	{name: "shutdown", level: levelNote, part: stops, codes: []int{13172, 13105}, hints: []string{"shutdown", "shutting down"}, phrase: words(`Received SHUTDOWN from user (?P<account>[^\n]{1,80}?)\. Shutting down|\(initiated by: (?P<account2>[^\[\n]{1,80}?)(?:\[[^\]]*\] @[^)]*)?\): Normal shutdown|^Normal shutdown`), says: "was shut down"},
	{name: "stopped", level: levelNote, part: stopped, codes: []int{10910, 15016}, hints: []string{"shutdown complete"}, phrase: words(`Shutdown complete\b`), says: "ended"},
	{name: "crash_recovery", level: levelWarning, part: recovers, codes: []int{12551, 12552, 10229, 10855}, hints: []string{"not shut", "recover"}, phrase: words(`^Database was not shut ?down normally|^Starting (?:final batch|crash|XA crash|table crash) recover|^Starting crash recovery from|Recovering after a crash using`), says: "recovered after an unclean end"},
	{name: "recovery_failed", level: levelError, codes: []int{10524, 10525, 10527, 10863, 13910, 14186}, hints: []string{"crash recovery"}, phrase: words(`crash recovery (?:failed|is broken)`), says: "could not recover after an unclean end"},
	{name: "start_failed", level: levelError, codes: []int{10092, 10119, 10256, 10257, 10258, 10262, 10265, 10269, 12574}, hints: []string{"aborting", "can't start server", "do you already have", "unable to lock"}, phrase: words(`^Aborting$|^Can't start server|^Do you already have another|^Unable to lock \./ibdata1`), says: "could not start"},

	// Disks, memory, files.
	{name: "disk_full", level: levelError, codes: []int{20, 1021, 12640, 12899, 13133}, hints: []string{"full", "no space left", "28", "out of disk", "quota exceeded"}, phrase: words(`disk (?:is )?full|no space left on device|(?:errno|Errcode):? 28\b|operating system error number 28\b|out of disk space|disk quota exceeded`), says: "had no room left on a disk"},
	{name: "table_full", level: levelWarning, codes: []int{1114, 13132}, hints: []string{"is full"}, phrase: words(`^The table ` + aTable + ` is full`), says: "could not write to a table that is full"},
	{name: "corruption", level: levelError,
		codes: []int{10237, 10407, 11906, 12519, 12523, 12531, 12545, 12562, 12965, 13135, 13139, 13143, 13089, 13535, 14047, 14048},
		hints: []string{"marked as crashed", "corrupt", "incorrect key file", "failed read of", "failed file read", "checksum mismatch", "is damaged"}, phrase: words(`Table ` + aTable + ` is marked as crashed|Index for table ` + anotherTable + ` is corrupt|Incorrect key file for table ` + aThirdTable + `|failed (?:file )?read of file ` + aFile + `|database page corruption|page .{0,80}corrupt|corrupted? (?:page|table|index|tablespace|log record)|(?:table|index|tablespace|page)\b.{0,120}\b(?:is|was|be|are) corrupt(?:ed)?|checksum mismatch|probably corrupted|table .{0,80} is damaged`), says: "found damaged data"},
	{name: "storage_error", level: levelError, hints: []string{"when reading table"}, phrase: words(`^Got error (?P<error>\d{1,5}) when reading table ` + aTable), says: "had an error of a storage engine"},
	{name: "binlog_stopped", level: levelError, codes: []int{11072, 10816, 10861}, hints: []string{"binary logging not possible", "turning logging off"}, phrase: words(`^Binary logging not possible|Turning logging off for the whole duration`), says: "stopped writing its binary log"},
	{name: "out_of_memory", level: levelError, codes: []int{10134, 10934, 10935, 11275, 12956}, hints: []string{"memory"}, phrase: words(`out of memory|cannot allocate memory`), says: "had too little memory"},
	{name: "semaphore_wait", level: levelWarning, hints: []string{"long semaphore"}, phrase: words(`long semaphore wait`), says: "had threads that waited long for an internal lock"},
	{name: "slow_flushing", level: levelNote, codes: []int{11953}, hints: []string{"cleaner"}, phrase: words(`page_?\s?cleaner:? .{0,40}took (?P<took>\d{1,9}) ?ms`), says: "flushed pages slower than intended"},

	// Replication.
	{name: "replication_connection", level: levelWarning, codes: []int{10557, 10584}, strict: true, hints: []string{"slave i/o", "replica i/o", "reading packet"}, phrase: words(`^(?:(?:Slave|Replica) I/O(?: for channel '[^']*'|): .*(?:Error_code: (?:MY-0*)?|error code: )|Error reading packet from server.*server_errno ?= ?)(?P<error>\d{1,5})`), says: "could not follow its replication source"},
	{name: "replication_error", level: levelError, codes: []int{10584, 10586}, hints: []string{"slave", "replica"}, phrase: words(`^(?:Slave|Replica)(?: SQL)?(?: for channel '[^']*'|): .*(?:Error_code: (?:MY-0*)?|error code: )(?P<error>\d{1,5})|^Error running query, (?:slave|replica) SQL thread aborted`), says: "stopped applying replicated changes"},
	{name: "replication_thread", level: levelNote, codes: []int{10562, 10563, 10570, 10581, 10587, 10592, 10596, 10597, 11026, 14002}, hints: []string{"slave", "replica", "change master", "change replication"}, phrase: words(`^(?:Slave|Replica) (?:SQL|I/O) thread.{0,30}(?:exiting|initialized|Start asynchronous|connected to)|^'?CHANGE (?:MASTER|REPLICATION SOURCE) TO`), says: "started, stopped or changed replication"},
	{name: "group_member_lost", level: levelWarning, codes: []int{11493, 11499, 11500, 11573}, says: "lost members of its replication group"},
	{name: "group_majority_lost", level: levelError, codes: []int{11495, 11496}, says: "lost the majority of its replication group and blocked writes"},
	{name: "group_left", level: levelError, codes: []int{11504, 11505, 11620, 11711, 11712}, says: "left its replication group"},
	{name: "group_changed", level: levelNote, codes: []int{11498, 11503, 11507, 11510, 11511}, says: "saw its replication group change"},

	// Clients.
	{name: "too_many_connections", level: levelWarning, codes: []int{1040}, hints: []string{"too many connections"}, phrase: words(`Too many connections`), says: "refused logins, because it was full"},
	{name: "access_denied", level: levelNote, many: 10, codes: []int{10925, 10926, 10927, 13525, 14230, 14231}, hints: []string{"access denied"}, phrase: words(`^Access denied for user ` + anOwner), says: "denied logins"},
	{name: "host_blocked", level: levelWarning, hints: []string{"is blocked"}, phrase: words(`^Host '(?P<host>[^']*)' is blocked because of many connection errors`), says: "blocked a client host after many broken connections"},
	{name: "killed_connection", level: levelNote, hints: []string{"aborted connection", "forcing close"}, phrase: words(`^Aborted connection \d+ to db: .*` + aSession + `.*\((?:KILLED|Connection was killed|Query execution was interrupted)\)|Forcing close of thread`), codes: []int{10909}, says: "closed connections that were killed"},
	{name: "aborted_connection", level: levelNote, many: 20, codes: []int{10914}, hints: []string{"aborted connection"}, phrase: words(`^Aborted connection \d+ to db: .*?` + aSession + `.*\((?P<reason>Got an error (?:reading|writing) communication packets|Got timeout (?:reading|writing) communication packets|Got packets out of order|Unknown error|CLOSE_CONNECTION|The client was disconnected by the server because of inactivity|This connection closed normally[\w ]*)|^Aborted connection`), says: "lost connections of clients"},
	{name: "client_network", part: omitted, codes: []int{13730, 15123}, hints: []string{"could not read packet", "could not write packet", "communication packets", "was killed"}, phrase: words(`^Could not (?:read|write) packet:|^Got (?:an error|timeout) (?:reading|writing) communication packets|^Connection was killed`)},
	{name: "name_resolution", part: omitted, codes: []int{10055, 10056, 10057}, hints: []string{"resol"}, phrase: words(`^(?:IP address|Host name|Hostname) .*(?:could not be resolved|does not resolve|has been resolved)`)},

	// Statements.
	{name: "deadlock", level: levelNote, codes: []int{12468}, hints: []string{"deadlock"}, phrase: words(`Transactions deadlock detected`), says: "printed deadlocks (innodb_print_all_deadlocks)"},
	{name: "deadlock_print", part: omitted, codes: []int{12469}, hints: []string{"***", "deadlock"}, phrase: words(`^\*\*\* ?(?:\(|WAITING FOR|CONFLICTING WITH|WE ROLL BACK|HOLDS)|^Transaction was aborted due to Deadlock`)},
	{name: "event_failed", level: levelWarning, codes: []int{10045, 10448, 10449}, strict: true, hints: []string{"event scheduler"}, phrase: words(`^Event Scheduler: \[(?P<account>[^\]@]*)@(?P<host>[^\]]*)\] ?\[(?P<event>[\w$.-]{1,128})\] (?:(?P<reason>Duplicate entry|Deadlock found|Lock wait timeout exceeded|Table '[\w$./-]+' doesn't exist|Unknown column|Data too long|Query execution was interrupted))?`), says: "could not run a stored event"},
	{name: "event_scheduler", part: omitted, codes: []int{10043, 10044, 10048, 10050, 10051, 10054, 10450}, hints: []string{"event scheduler"}, phrase: words(`^Event Scheduler: `)},
	{name: "unsafe_statement", level: levelNote, codes: []int{10908}, hints: []string{"unsafe statement"}, phrase: words(`^Unsafe statement written to the binary log`), says: "logged statements that a replica may execute differently"},
	{name: "session_print", part: omitted, codes: []int{10238, 11063}, hints: []string{"thread id", "got an error from", "sort aborted"}, phrase: words(`^(?:MySQL|MariaDB) thread id \d+|^Got an error from (?:unknown thread|thread_id=)|^Sort aborted`)},

	// What every server says again and again.
	{name: "deprecated", part: omitted, codes: []int{11068, 11069, 11070}, hints: []string{"deprecated", "will be removed"}, phrase: words(`\bis deprecated\b|will be removed in a future release`)},
	{name: "habit", part: omitted, codes: []int{10068, 10604, 10897, 11810}, hints: []string{"self signed", "self-signed", "--relay-log", "storing mysql user", "insecure configuration", "ignored in", "max_open_files", "changed limits", "cleared at its", "maturity level", "is disabled", "retry in", "--log-bin"}, phrase: words(`self[- ]signed|^Neither --relay-log nor|^Storing MySQL user name or password|^Insecure configuration|ignored in --skip-name-resolve mode|^Could not increase number of max_open_files|^Changed limits:|is cleared at its binary logging|of maturity level|^Plugin .* is disabled|^Retry in \d+ secs|^You need to use --log-bin`)},
}
