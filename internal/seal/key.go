package seal

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// maxKey is how many bytes a file with a key may have.
const maxKey = 256 << 10

// Keys says where a key to seal with may be found.
type Keys struct {
	File       string                 // a private key, or the public half of one that an agent holds
	Agent      string                 // the socket of an ssh-agent, SSH_AUTH_SOCK; "" is none
	Passphrase func() ([]byte, error) // asks for the passphrase of File; nil when nobody can be asked
}

// key is what a file holds.
type key struct {
	signer  ssh.Signer    // nil when the file has no private key that can be read without more
	public  ssh.PublicKey // nil when the file does not tell
	comment string
	private []byte // what needs a passphrase
}

// Signer opens the key and returns it with its comment, which is "" where nobody
// gave it one, and a function that ends the connection to the agent.
func (k Keys) Signer() (signer ssh.Signer, comment string, done func(), err error) {
	done = func() {}
	found, err := readKey(k.File)
	if err != nil {
		return nil, "", done, err
	}
	if found.signer != nil {
		return found.signer, found.comment, done, nil
	}
	if found.public != nil && k.Agent != "" {
		signer, comment, end, err := fromAgent(k.Agent, found.public)
		if err == nil {
			if found.comment != "" {
				comment = found.comment
			}
			return signer, comment, end, nil
		}
		if found.private == nil {
			return nil, "", done, err
		}
	}
	switch {
	case found.private == nil:
		return nil, "", done, fmt.Errorf("%s is a public key: give the private one, or have ssh-agent hold it and set SSH_AUTH_SOCK", k.File)
	case k.Passphrase == nil:
		return nil, "", done, fmt.Errorf("%s needs its passphrase and nobody can be asked: add it to ssh-agent with ssh-add", k.File)
	}
	phrase, err := k.Passphrase()
	if err != nil {
		return nil, "", done, fmt.Errorf("asking for the passphrase of %s: %w", k.File, err)
	}
	signer, err = ssh.ParsePrivateKeyWithPassphrase(found.private, phrase)
	if err != nil {
		return nil, "", done, fmt.Errorf("%s cannot be opened with that passphrase: %w", k.File, err)
	}
	return signer, found.comment, done, nil
}

// readKey reads a file with a private or a public key. The comment of a private key
// is that of the public one beside it.
func readKey(file string) (key, error) {
	var k key
	text, err := readSmall(file)
	if err != nil {
		return k, fmt.Errorf("reading the key: %w", err)
	}
	if public, comment, _, _, err := ssh.ParseAuthorizedKey(text); err == nil {
		return key{public: public, comment: comment}, nil
	}
	if beside, err := readSmall(file + ".pub"); err == nil {
		if public, comment, _, _, err := ssh.ParseAuthorizedKey(beside); err == nil {
			k.public, k.comment = public, comment
		}
	}
	signer, err := ssh.ParsePrivateKey(text)
	if locked := (*ssh.PassphraseMissingError)(nil); errors.As(err, &locked) {
		k.private = text
		if locked.PublicKey != nil {
			k.public = locked.PublicKey
		}
		return k, nil
	}
	if err != nil {
		return key{}, fmt.Errorf("%s is no key that can sign: %w", file, err)
	}
	if k.public != nil && !same(k.public, signer.PublicKey()) {
		k.comment = "" // the file beside it is another key's
	}
	k.signer = signer
	return k, nil
}

func readSmall(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxKey {
		return nil, fmt.Errorf("%s is no file with a key", file)
	}
	return os.ReadFile(file) //nolint:gosec // the file that the user named
}

// fromAgent finds a key in an agent.
func fromAgent(socket string, public ssh.PublicKey) (ssh.Signer, string, func(), error) {
	connection, err := net.Dial("unix", socket) //nolint:noctx // a local socket
	if err != nil {
		return nil, "", nil, fmt.Errorf("asking ssh-agent: %w", err)
	}
	client := agent.NewClient(connection)
	held, err := client.List()
	if err != nil {
		_ = connection.Close()
		return nil, "", nil, fmt.Errorf("asking ssh-agent: %w", err)
	}
	signers, err := client.Signers()
	if err != nil {
		_ = connection.Close()
		return nil, "", nil, fmt.Errorf("asking ssh-agent: %w", err)
	}
	for _, s := range signers {
		if !same(s.PublicKey(), public) {
			continue
		}
		comment := ""
		for _, h := range held {
			if bytes.Equal(h.Blob, public.Marshal()) {
				comment = strings.TrimSpace(h.Comment)
			}
		}
		return s, comment, func() { _ = connection.Close() }, nil
	}
	_ = connection.Close()
	return nil, "", nil, fmt.Errorf("ssh-agent does not hold the key %s: add it with ssh-add", ssh.FingerprintSHA256(public))
}
