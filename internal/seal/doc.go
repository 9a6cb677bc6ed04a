// Package seal says who vouches for a finished draft, and since when by their own
// word: a statement with the sum of every file, and an SSH signature of it.
//
// The statement is the file SEAL, the signature SEAL.sig. Nothing but the tools of
// every system is needed to check them:
//
//	ssh-keygen -Y verify -f allowed_signers -I who -n collector -s SEAL.sig < SEAL
//	sha256sum --check SEAL
//
// The signature shows whose key signed. The name and the time in the statement are
// claims of whoever held that key: the name is checked against a list of allowed
// signers, in the format of ssh-keygen(1), and the time can only be narrowed by what
// others know, such as when the file arrived.
package seal
