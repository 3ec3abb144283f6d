package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// gather puts the files behind the flags, in their order, so that flags may
// stand anywhere: the parser takes the arguments of a verb in one piece only.
func gather(n *kong.Node, args []string) []string {
	verbs := 0
	for verbs < len(args) {
		i := slices.IndexFunc(n.Children, func(c *kong.Node) bool { return c.Type == kong.CommandNode && c.Name == args[verbs] })
		if i < 0 {
			break
		}
		n = n.Children[i]
		verbs++
	}
	if slices.ContainsFunc(n.Positional, func(p *kong.Positional) bool { return p.Passthrough }) {
		return args
	}
	out := slices.Clone(args[:verbs])
	var files []string
	for i := verbs; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--":
			files = append(append([]string{a}, files...), args[i+1:]...)
			i = len(args)
		case a == "-" || !strings.HasPrefix(a, "-"):
			files = append(files, a)
		default:
			out = append(out, a)
			if !takesNext(n, a) {
				continue
			}
			if i++; i == len(args) {
				return args // it has no value: the parser says so
			}
			out = append(out, args[i])
		}
	}
	return append(out, files...)
}

// takesNext reports whether the value of a flag is the argument behind it.
func takesNext(n *kong.Node, arg string) bool {
	name, long := strings.CutPrefix(arg, "--")
	if strings.Contains(name, "=") || !long && len(arg) > 2 {
		return false
	}
	for _, group := range n.AllFlags(false) {
		for _, f := range group {
			if long && f.Name == name || !long && f.Short != 0 && "-"+string(f.Short) == arg {
				return !f.IsBool()
			}
		}
	}
	return false
}
