package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"collector/lab/incidents"
)

// parse reads flags that may stand before or after the arguments.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	var names []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				os.Exit(0)
			}
			return nil, err
		}
		if args = flags.Args(); len(args) > 0 {
			names, args = append(names, args[0]), args[1:]
		}
	}
	return names, nil
}

// flavours splits a list of flavours and checks it.
func flavours(list string) ([]string, error) {
	chosen := strings.Split(list, ",")
	for _, f := range chosen {
		if !slices.Contains(incidents.Flavours(), f) {
			return nil, fmt.Errorf("there is no flavour %q; there are: %s", f, strings.Join(incidents.Flavours(), ", "))
		}
	}
	return chosen, nil
}
