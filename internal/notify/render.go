package notify

import (
	_ "embed" // the frame of all mails
	"fmt"
	"html/template"
	"strings"
)

//go:embed frame.html
var frame string

// render fills a letter: plain text, and the same in one column of HTML. Both
// are made of the same paragraphs.
func (p *Post) render(l *Letter, m Mail, k kind, pairs []any) error {
	locale := m.Locale
	if locale == "" {
		locale = p.Locale
	}
	say := p.Catalogue.For(locale)
	key := "mail." + string(m.Kind)
	l.Subject = say.Say(key+".subject", pairs...)
	body := say.Say(key+".body", pairs...)
	if l.Subject == key+".subject" || body == key+".body" {
		return fmt.Errorf("notify: mail %q has no words", m.Kind)
	}
	view := struct {
		Lang, Subject, Action, Link, Footer, Settings string
		Paragraphs                                    []string
	}{Lang: locale, Subject: l.Subject, Paragraphs: strings.Split(body, "\n\n"), Footer: say.Say("mail.footer", pairs...)}
	if m.Path != "" {
		view.Link = p.Link(m.Path)
		view.Action = say.Say(key+".action", pairs...)
		if view.Action == key+".action" {
			view.Action = say.Say("mail.action")
		}
	}
	if k.optional {
		view.Settings = p.Link(settingsPath)
	}
	var plain strings.Builder
	for _, paragraph := range view.Paragraphs {
		plain.WriteString(paragraph + "\n\n")
	}
	if view.Link != "" {
		plain.WriteString(view.Action + ":\n" + view.Link + "\n\n")
	}
	plain.WriteString("-- \n" + view.Footer + "\n")
	if view.Settings != "" {
		plain.WriteString(say.Say("mail.settings") + ": " + view.Settings + "\n")
	}
	l.Text = plain.String()
	t, err := template.New("mail").Parse(frame)
	if err != nil {
		return fmt.Errorf("notify: frame: %w", err)
	}
	var html strings.Builder
	if err := t.Execute(&html, view); err != nil {
		return fmt.Errorf("notify: %s: %w", m.Kind, err)
	}
	l.HTML = html.String()
	return nil
}
