// Package logging makes the one logger. Only listed keys are printed, each
// record is one line whatever somebody typed, and the request that caused it
// is named.
package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const withheld = "[withheld]"

// New returns a logger that writes records from a level on ("debug", "info",
// "warn", "error") as "text" or "json".
func New(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: %w", level, err)
	}
	options := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(&handler{slog.NewTextHandler(w, options)}), nil
	case "json":
		return slog.New(&handler{slog.NewJSONHandler(w, options)}), nil
	}
	return nil, fmt.Errorf("log format %q: it is text or json", format)
}

// requestKey is where a context keeps the id of its request.
type requestKey struct{}

// WithRequest marks a context with the id of the request or the job that it
// serves; every record that is logged with it names it.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request returns the id that WithRequest set, or "".
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// handler keeps to the list of keys.
type handler struct{ next slog.Handler }

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time.UTC(), r.Level, line(r.Message), 0)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(clean(a))
		return true
	})
	if id := Request(ctx); id != "" {
		out.AddAttrs(slog.String("request_id", line(id)))
	}
	return h.next.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	own := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		own[i] = clean(a)
	}
	return &handler{h.next.WithAttrs(own)}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler { return &handler{h.next.WithGroup(line(name))} }

// clean withholds what is not listed and keeps the rest on one line.
func clean(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		inside := slices.Clone(v.Group())
		for i := range inside {
			inside[i] = clean(inside[i])
		}
		return slog.Attr{Key: line(a.Key), Value: slog.GroupValue(inside...)}
	}
	if !listed(a.Key) {
		return slog.String(line(a.Key), withheld)
	}
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, line(v.String()))
	case slog.KindAny:
		return slog.String(a.Key, line(fmt.Sprint(v.Any())))
	default:
		return slog.Attr{Key: a.Key, Value: v}
	}
}

// maxValue is the longest text of one value.
const maxValue = 2000

// line keeps a text on one line: what a terminal or a reader of lines would
// act on is shown as its code.
func line(s string) string {
	cut := ""
	if len(s) > maxValue {
		s, cut = strings.ToValidUTF8(s[:maxValue], ""), "…"
	}
	if !strings.ContainsFunc(s, acts) && utf8.ValidString(s) {
		return s + cut
	}
	var b strings.Builder
	for _, r := range s {
		if acts(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String() + cut
}

// acts reports whether a character does something instead of being shown:
// control characters, ANSI escapes, other line breaks, marks of direction.
func acts(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == utf8.RuneError
}
