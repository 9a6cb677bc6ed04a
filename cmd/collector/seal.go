package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"collector/internal/report"
	"collector/internal/seal"
)

// sealFlags are the flags of `collector seal`.
type sealFlags struct {
	key, identity string
	replace       bool
	unsigned      bool
}

func (a app) sealCommand() *cobra.Command {
	var f sealFlags
	cmd := &cobra.Command{
		Use:   "seal DIR --key FILE",
		Short: "vouch for a finished draft with an SSH key",
		Long: `Seal writes SEAL, a list of the sums of every file in the draft's directory with
your name and the time, and SEAL.sig, its signature by your SSH key. After that
any change shows, also of the document, of SHA256SUMS and of files that people
added. A draft whose evidence is not intact is not sealed.

--key is a private key, or the public half of one that ssh-agent holds (security
keys work that way). --identity is your name as the list of allowed signers has
it; default the comment of the key. The name and the time are your word: the
signature shows only whose key it was.

Anybody can check it: collector verify --allowed-signers FILE DIR, or without
collector, in DIR:
  ssh-keygen -Y verify -f allowed_signers -I NAME -n collector -s SEAL.sig < SEAL
  sha256sum --check SEAL

--unsigned writes SEAL alone, to be signed elsewhere with
  ssh-keygen -Y sign -f KEY -n collector SEAL`,
		Example: `  collector seal postmortems/2024-07-12T0900Z-db1-down --key ~/.ssh/id_ed25519 --identity anna@example.org
  collector bundle postmortems/2024-07-12T0900Z-db1-down`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("name one draft directory: collector seal DIR --key FILE"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.seal(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.key, "key", "", "sign with the SSH key in this `file`")
	flags.StringVar(&f.identity, "identity", "", "your `name` in the list of allowed signers; default the key's comment")
	flags.BoolVar(&f.replace, "replace", false, "write over the seal that the draft has")
	flags.BoolVar(&f.unsigned, "unsigned", false, "write SEAL without a signature; needs --identity, no --key")
	return cmd
}

func (a app) seal(ctx context.Context, dir string, f sealFlags) error {
	switch {
	case f.unsigned && (f.key != "" || f.identity == ""):
		return usage(errors.New("--unsigned takes --identity and no --key"))
	case !f.unsigned && f.key == "":
		return usage(errors.New("give the key to sign with: --key ~/.ssh/id_ed25519"))
	}
	if report.Sealed(dir) && !f.replace {
		return fmt.Errorf("%s is sealed already (collector verify says by whom); --replace writes over that seal", dir)
	}
	if err := a.sealable(ctx, dir); err != nil {
		return err
	}
	var signer ssh.Signer
	if !f.unsigned {
		keys := seal.Keys{File: f.key, Agent: os.Getenv("SSH_AUTH_SOCK"), Passphrase: passphrase(ctx, f.key)}
		found, comment, done, err := keys.Signer()
		if err != nil {
			return err
		}
		defer done()
		if signer = found; f.identity == "" {
			f.identity = comment
		}
		if f.identity == "" {
			return usage(errors.New("the key has no comment: give your name in the list of allowed signers with --identity"))
		}
	}
	return a.writeSeal(ctx, dir, f.identity, signer)
}

// sealable refuses a draft that is not intact: a seal would make faults look meant.
func (a app) sealable(ctx context.Context, dir string) error {
	found, err := interruptible(ctx, func() ([]report.Difference, error) { return report.Verify(dir, deriveAnew) })
	if err != nil {
		return err
	}
	for _, d := range found {
		if !d.Edited {
			return fmt.Errorf("%s is not intact, and is not sealed (collector verify names everything): %s", dir, printable(d.String()))
		}
		if strings.HasSuffix(d.File, ".html") { // a page that is older than its document
			fmt.Fprintf(a.stderr, "note: %s\n", printable(d.String()))
		}
	}
	return nil
}

// writeSeal makes the statement and its signature.
func (a app) writeSeal(ctx context.Context, dir, identity string, signer ssh.Signer) error {
	sums, err := report.FileSums(ctx, dir)
	if err != nil {
		return fmt.Errorf("sealing %s: %w", dir, err)
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("sealing %s: %w", dir, err)
	}
	statement := seal.Statement{
		Draft: filepath.Base(whole), Identity: identity, At: a.now().UTC().Truncate(time.Second), Version: version(), Files: sealedFiles(sums),
	}
	text, err := statement.Marshal()
	if err != nil {
		return err
	}
	signaturePath := filepath.Join(dir, report.SealSignatureFile)
	if signer == nil {
		if err := errors.Join(removeIfThere(signaturePath), writeWhole(whole, report.SealFile, text)); err != nil {
			return fmt.Errorf("sealing %s: %w", dir, err)
		}
		fmt.Fprintf(a.stderr, "%s names %s; sign it: ssh-keygen -Y sign -f KEY -n %s %s\n", report.SealFile, plural(len(sums), "file"), seal.Namespace, filepath.Join(dir, report.SealFile))
		fmt.Fprintln(a.stdout, filepath.Join(dir, report.SealFile))
		return nil
	}
	signature, err := seal.Sign(text, signer)
	if err != nil {
		return err
	}
	if _, err := seal.Verify(text, signature); err != nil {
		return fmt.Errorf("sealing %s: %w", dir, err)
	}
	if err := errors.Join(writeWhole(whole, report.SealSignatureFile, signature), writeWhole(whole, report.SealFile, text)); err != nil {
		return fmt.Errorf("sealing %s: %w", dir, err)
	}
	fmt.Fprintf(a.stderr, "sealed %s as %s with the key %s\n", plural(len(sums), "file"), identity, seal.Fingerprint(signer.PublicKey()))
	fmt.Fprintln(a.stdout, filepath.Join(dir, report.SealFile))
	return nil
}

// passphrase asks for a passphrase on the terminal; nil when there is none. Who
// interrupts it gets a terminal back that shows what is typed.
func passphrase(ctx context.Context, key string) func() ([]byte, error) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	return func() ([]byte, error) {
		defer func() { _ = terminal.Close() }()
		fd := int(terminal.Fd())
		before, err := term.GetState(fd)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(terminal, "passphrase of %s: ", printable(strings.ToValidUTF8(key, "?")))
		phrase, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
		fmt.Fprintln(terminal)
		return phrase, errors.Join(err, term.Restore(fd, before))
	}
}

// writeWhole writes a file of the seal, into a draft by its absolute path, as a whole or
// not at all: it is made beside the draft.
func writeWhole(dir, name string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(dir), ".collector-seal-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it is gone when it was renamed
	_, err = file.Write(data)
	if err = errors.Join(err, file.Chmod(0o640), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(dir, name))
}

func removeIfThere(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
