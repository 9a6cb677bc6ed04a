package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Namespace is that of the signatures of seals: one made for anything else, say for
// a commit, is none of a draft.
const Namespace = "collector"

const maxSignature = 64 << 10 // bytes, armored; an RSA key with 16,384 bits needs 6 KiB

// Sign signs a statement as `ssh-keygen -Y sign -n collector` does.
func Sign(statement []byte, signer ssh.Signer) ([]byte, error) {
	signature, err := sshsig.Sign(bytes.NewReader(statement), signer, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, fmt.Errorf("signing the seal: %w", err)
	}
	return sshsig.Armor(signature), nil
}

// Verify checks that a signature is one of this statement and returns the key that
// made it. Whose key that is, only a list of allowed signers can say.
func Verify(statement, armored []byte) (ssh.PublicKey, error) {
	if len(armored) > maxSignature {
		return nil, errors.New("the signature of the seal is too long to be one")
	}
	signature, err := sshsig.Unarmor(armored)
	if err != nil {
		return nil, fmt.Errorf("the signature of the seal cannot be read: %w", err)
	}
	key := signature.PublicKey
	if strings.HasPrefix(key.Type(), "ssh-dss") { // of certificates too
		return nil, errors.New("the seal was signed with a DSA key, which nobody can trust any more")
	}
	if signature.Signature.Format == ssh.KeyAlgoRSA {
		return nil, errors.New("the seal was signed over SHA-1, which nobody can trust any more")
	}
	if err := sshsig.Verify(bytes.NewReader(statement), signature, key, signature.HashAlgorithm, Namespace); err != nil {
		if errors.Is(err, sshsig.ErrNamespaceMismatch) {
			return nil, fmt.Errorf("the signature is for %q, not for the seal of a draft", signature.Namespace)
		}
		return nil, fmt.Errorf("the signature is not one of this seal: %w", err)
	}
	return key, nil
}
