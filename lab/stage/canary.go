package stage

// The canaries are planted in the workload's SQL, as a literal or in a comment.
// None may ever be found in collector's store, drafts, logs or metrics.
const (
	CanaryOrderNote      = "canary-literal-order-note-8d1f"
	CanaryOrderComment   = "canary-comment-order-41c7"
	CanaryLineComment    = "canary-line-comment-e05b"
	CanaryBlockedLiteral = "canary-literal-status-77aa"
	CanaryReport         = "canary-literal-report-2f90"
	CanaryReportComment  = "canary-comment-report-b3e4"
	CanaryReportQuoted   = "canary-double-quoted-5c6d"
	CanaryDDLDefault     = "canary-ddl-default-19f2"
	CanaryDDLComment     = "canary-ddl-comment-c8d3"
	CanaryDeadlock       = "canary-literal-deadlock-6ab1"
	CanaryNumber         = "731904286655"
	CanaryHex            = "63616e6172792d686578" // "canary-hex"
	CanaryPassword       = "canary-password-f41d" // the application's
)

// Canaries lists all of them.
func Canaries() []string {
	return []string{
		CanaryOrderNote, CanaryOrderComment, CanaryLineComment, CanaryBlockedLiteral, CanaryReport, CanaryReportComment,
		CanaryReportQuoted, CanaryDDLDefault, CanaryDDLComment, CanaryDeadlock, CanaryNumber, CanaryHex, CanaryPassword,
	}
}
