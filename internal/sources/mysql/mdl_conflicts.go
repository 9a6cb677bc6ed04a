package mysql

// A metadata lock is refused while somebody holds a lock that it does not go with,
// and also while somebody waits for a stronger one that goes before it: that is why
// an ALTER that waits for one old transaction stops everybody. The tables are those
// of sql/mdl.cc, equal in MySQL 8.0 to 9.7 and MariaDB 10.6 to 11.8 as far as the
// types are: "object" locks (tables, routines ...) and "scoped" ones (schema,
// global, commit).

// waitsForGranted reports whether a request waits for a lock that is held.
func waitsForGranted(request, held string) bool {
	switch request {
	case "SHARED", "SHARED_HIGH_PRIO":
		return held == "EXCLUSIVE"
	case "SHARED_READ":
		return oneOf(held, "EXCLUSIVE", "SHARED_NO_READ_WRITE")
	case "SHARED_WRITE", "SHARED_WRITE_LOW_PRIO":
		return oneOf(held, "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_READ_ONLY")
	case "SHARED_UPGRADABLE":
		return oneOf(held, "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_UPGRADABLE")
	case "SHARED_READ_ONLY":
		return oneOf(held, "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_WRITE", "SHARED_WRITE_LOW_PRIO")
	case "SHARED_NO_WRITE":
		return oneOf(held, "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_UPGRADABLE", "SHARED_WRITE", "SHARED_WRITE_LOW_PRIO")
	case "SHARED_NO_READ_WRITE":
		return !oneOf(held, "SHARED", "SHARED_HIGH_PRIO")
	case "INTENTION_EXCLUSIVE":
		return oneOf(held, "EXCLUSIVE", "SHARED")
	}
	return true // EXCLUSIVE, and MariaDB's BACKUP_...: what is not known is said to wait
}

// waitsForPending reports whether a request waits for one that waits itself.
func waitsForPending(request, pending string) bool {
	switch request {
	case "SHARED", "SHARED_UPGRADABLE", "SHARED_NO_WRITE", "SHARED_NO_READ_WRITE":
		return pending == "EXCLUSIVE"
	case "SHARED_READ":
		return oneOf(pending, "EXCLUSIVE", "SHARED_NO_READ_WRITE")
	case "SHARED_WRITE":
		return oneOf(pending, "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE")
	case "SHARED_WRITE_LOW_PRIO", "SHARED_READ_ONLY":
		return oneOf(pending, "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_READ_ONLY", "SHARED_WRITE")
	case "INTENTION_EXCLUSIVE":
		return oneOf(pending, "EXCLUSIVE", "SHARED")
	}
	return false
}

func oneOf(s string, list ...string) bool {
	for _, x := range list {
		if s == x {
			return true
		}
	}
	return false
}
