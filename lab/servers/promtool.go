package servers

// Promtools are the versions of promtool that are installed, by the version of the
// Prometheus they belong to.
func Promtools() map[string]string {
	found := map[string]string{}
	for version, of := range map[string]struct {
		kind    Kind
		program string
	}{Prometheus242: {KindPromtool, "promtool"}, Prometheus35: {KindPromtool3, sidPath("usr/bin/promtool")}} {
		if Available(of.kind) == nil {
			found[version] = of.program
		}
	}
	return found
}
