// Package ui draws the pages: layouts and the parts that they are made of,
// with the stylesheet, the scripts and the fonts. It knows no request and no
// use case.
package ui

// Page is the frame of a page: what stands around its content.
type Page struct {
	Title   string
	Theme   string // light, dark or system
	Nonce   string // of the scripts of this answer
	Token   string // of the forms of this page
	Assets  string // the address below which the assets lie
	Version string
	Path    string // the page's own address, to come back to
	Hidden  bool   // amounts are not shown

	Person Person
	Book   Book
	Books  []Book // to switch to
	Nav    []Link
	More   []Link // at the bottom of the sidebar
	Years  []Link
	Demo   bool
	// Refresh loads the page again after so many seconds where no scripts run.
	Refresh int
	Notice  Notice
}

// amounts says for the stylesheet whether amounts are shown.
func (p *Page) amounts() string {
	if p.Hidden {
		return "hidden"
	}
	return "shown"
}

// Person is who is signed in; zero on public pages.
type Person struct {
	Name, Email string
	Operator    bool
}

// Initials are what the avatar shows.
func (p Person) Initials() string { return initials(p.Name, p.Email) }

// Book is a firm or one of its entities, as the switch of the sidebar shows it.
type Book struct {
	Name, Note, Href string
	Current          bool
}

// title is what the switch says; on pages of no book it asks for one.
func (b Book) title() string {
	if b.Name == "" {
		return "Choose books"
	}
	return b.Name
}

// Link is one entry of a navigation.
type Link struct {
	Text, Href, Icon string
	Count            string
	Current          bool
	Bar              bool // also in the bar at the bottom of a narrow screen
}

// Notice is said once, after a form was sent.
type Notice struct {
	Kind string // gain, warn, loss; else neutral
	Text string
	Undo string // the address of a form that takes it back
}

// initials takes the first letters of two words, or of the address.
func initials(name, email string) string {
	if name == "" {
		name = email
	}
	var out []rune
	start := true
	for _, r := range name {
		if r == '@' {
			break
		}
		if r == ' ' || r == '.' || r == '-' || r == '_' {
			start = true
			continue
		}
		if start && len(out) < 2 {
			out = append(out, upper(r))
		}
		start = false
	}
	return string(out)
}
