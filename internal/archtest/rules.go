package archtest

import "strconv"

// rule is one thing that the shape of the code keeps.
type rule struct {
	name  string
	check func(*tree) []finding
}

// rules are all of them; each has cases in testdata under its name.
var rules = []rule{
	{"arrows", checkArrows},
	{"owners", checkOwners},
	{"pure", checkPure},
	{"bans", checkBans},
	{"panics", checkPanics},
	{"globals", checkGlobals},
	{"sizes", checkSizes},
	{"docs", checkDocs},
	{"fuzz", checkFuzz},
	{"names", checkNames},
	{"words", checkWords},
	{"tests", checkTests},
}

// place names a line of a file.
func place(name string, line int) string { return name + ":" + strconv.Itoa(line) }
