// Package config reads the one YAML file: defaults, strict decoding, validation.
//
// Every error names the file, the line and the fix, and all of them are reported
// at once. Secrets come from files or the environment and print as <secret>.
package config
