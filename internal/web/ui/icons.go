package ui

// iconPaths are the strokes of each icon on a square of 24.
var iconPaths = map[string][]string{
	"home":     {"M3 11l9-7 9 7v9H3z"},
	"inbox":    {"M4 4h16v16H4z", "M4 14h5l1 2h4l1-2h5"},
	"list":     {"M4 6h16M4 12h16M4 18h10"},
	"wallet":   {"M3 7h18v12H3z", "M15 12h6v3h-6z"},
	"layers":   {"M12 3l9 5-9 5-9-5z", "M3 13l9 5 9-5"},
	"report":   {"M6 3h9l4 4v14H6z", "M9 12h7M9 16h7"},
	"rules":    {"M4 7h10M4 17h16", "M17 4a3 3 0 1 0 0 6a3 3 0 1 0 0-6"},
	"clock":    {"M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M12 7v5l3 2"},
	"settings": {"M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6", "M12 3v3M12 18v3M3 12h3M18 12h3"},
	"people":   {"M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7", "M3 20c0-4 2.5-6 6-6s6 2 6 6", "M16 5.5a3.2 3.2 0 0 1 0 6M18 14.5c2 .8 3 2.7 3 5.5"},
	"upload":   {"M12 16V4M7 9l5-5 5 5", "M4 16v4h16v-4"},
	"download": {"M12 4v12M7 11l5 5 5-5", "M4 20h16"},
	"shield":   {"M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6z", "M9 12l2 2 4-4"},
	"key":      {"M8 11a4 4 0 1 0 0 8a4 4 0 1 0 0-8", "M11 12l8-8M16 7l3 3"},
	"device":   {"M4 5h16v11H4z", "M9 20h6M12 16v4"},
	"phone":    {"M7 3h10v18H7z", "M11 18h2"},
	"help":     {"M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1 .9-1 1.7M12 16.5v.1"},
	"out":      {"M14 4H5v16h9", "M10 12h10M16 8l4 4-4 4"},
	"sun":      {"M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8", "M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19"},
	"eye":      {"M2 12c3-5 6.500-7 10-7s7 2 10 7c-3 5-6.500 7-10 7s-7-2-10-7z", "M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6"},
	"eyeoff":   {"M2 12c3-5 6.500-7 10-7s7 2 10 7c-3 5-6.500 7-10 7s-7-2-10-7z", "M4 20L20 4"},
	"moon":     {"M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.500 10.500z"},
	"auto":     {"M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M12 3v18M12 8h7M12 13h8.500M12 17h6.500"},
	"more":     {"M5 12h.1M12 12h.1M19 12h.1", "M3 6h18M3 18h18"},
	"down":     {"M6 9l6 6 6-6"},
	"plus":     {"M12 5v14M5 12h14"},
	"mail":     {"M3 5h18v14H3z", "M3 6l9 7 9-7"},
	"building": {"M5 21V4h10v17M15 9h4v12M3 21h18", "M8 8h.1M12 8h.1M8 12h.1M12 12h.1M8 16h.1M12 16h.1"},
	"card":     {"M3 6h18v12H3z", "M3 10h18M6 15h4"},
	"link":     {"M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700L12 7", "M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700L12 17"},
	"trash":    {"M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13"},
	"play":     {"M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M10 8.500v7l6-3.500z"},
	"lost":     {"M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13", "M15.500 15.500L21 21M8 10.500h5"},
}

// theme is one of the choices of the theme switch.
type theme struct{ value, text, short, icon string }

func themes() []theme {
	return []theme{{"system", "Theme of the system", "Auto", "auto"}, {"light", "Light", "Light", "sun"}, {"dark", "Dark", "Dark", "moon"}}
}
