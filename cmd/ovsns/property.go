package main

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
)

// flagOf returns the flag of a property, whose name, help and words are said in
// package model. What there is on the host completes it by words; nil: the
// property's own.
func flagOf[V any](p model.Property[V], words cmdline.Words) cmdline.Value {
	if words == nil && p.Words != nil {
		words = cmdline.Fixed(p.Words...)
	}
	about := helpOf(p.About)
	if p.Form == model.FormNumber {
		about += fmt.Sprintf(" (%d to %d)", p.Least, p.Most)
	}
	return cmdline.Value{Name: p.Name, About: about, Placeholder: p.Placeholder, Words: words}
}

// switchOf returns the flag of a property that is there or not.
func switchOf(p model.Property[bool]) *cli.BoolFlag { return cmdline.Bool(p.Name, helpOf(p.About)) }

// helpOf turns a sentence into what stands beside a flag.
func helpOf(about string) string {
	letters := []rune(strings.TrimSuffix(about, "."))
	if len(letters) > 1 && !unicode.IsUpper(letters[1]) {
		letters[0] = unicode.ToLower(letters[0])
	}
	return string(letters)
}

// given returns what the flag of a property holds; the zero value when it was not
// given.
func given[V any](c *cli.Context, p model.Property[V]) (V, error) {
	return cmdline.Read(c, p.Name, p.Parse)
}

// allGiven returns what the flag of a property with several values holds.
func allGiven[V any](c *cli.Context, p model.List[V]) ([]V, error) {
	return model.ParseAll(c.StringSlice(p.Name), p.Item.Parse)
}
