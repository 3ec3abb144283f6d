package config

import (
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// choice is a boolean with words of its own.
type choice struct {
	to      *bool
	yes, no string
}

// entry is one key of a map.
type entry struct {
	m    *map[string]string
	name string
}

// put reads a value into the place whose type says how.
func put(to any, v string) (err error) {
	switch to := to.(type) {
	case *string:
		*to = v
	case *bool:
		*to, err = boolean(v)
	case choice:
		*to.to = v == to.yes
	case *time.Duration:
		*to, err = ParseDuration(v)
	case *Size:
		*to, err = ParseSize(v)
	case *keyring.Secret:
		*to = keyring.NewSecret([]byte(v))
	case *[]string:
		*to = list(v)
	case *[]netip.Prefix:
		*to, err = prefixes(v)
	case entry:
		if *to.m == nil {
			*to.m = make(map[string]string)
		}
		if v != "" {
			(*to.m)[to.name] = v
		}
	default:
		return fmt.Errorf("%T has no reader", to)
	}
	return err
}

func boolean(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "1", "yes", "true", "on":
		return true, nil
	case "0", "no", "false", "off":
		return false, nil
	}
	return false, errors.New("it is on or off (also 1/0, yes/no, true/false)")
}

// list splits a value at commas.
func list(v string) []string {
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// prefixes reads addresses and networks.
func prefixes(v string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, part := range list(v) {
		if a, err := netip.ParseAddr(part); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, errors.New("it is a list of addresses or networks, such as 10.0.0.2,172.17.0.0/16")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

var daysFirst = regexp.MustCompile(`^(\d{1,4})([dw])`)

// ParseDuration reads a duration that is not negative, with days and weeks
// besides Go's own units: 90d, 1d12h, 30m.
func ParseDuration(v string) (time.Duration, error) {
	bad := errors.New("it is a duration such as 90d, 12h or 30m")
	var sum time.Duration
	if m := daysFirst.FindStringSubmatch(v); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, bad
		}
		day := 24 * time.Hour
		if m[2] == "w" {
			day *= 7
		}
		sum = time.Duration(n) * day
		if v = v[len(m[0]):]; v == "" {
			return sum, nil
		}
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > math.MaxInt64-sum {
		return 0, bad
	}
	return sum + d, nil
}

var sizeForm = regexp.MustCompile(`^(\d{1,12}) ?([KMGT]?)(i?)B?$`)

// ParseSize reads a number of bytes: 100MiB, 5 GB, 4096.
func ParseSize(v string) (Size, error) {
	m := sizeForm.FindStringSubmatch(v)
	if m == nil || m[2] == "" && m[3] != "" {
		return 0, errors.New("it is a size such as 100MiB, 5GB or 4096")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, err
	}
	unit := int64(1000)
	if m[3] != "" {
		unit = 1024
	}
	for range max(0, strings.Index(" KMGT", m[2])) { // "" is found at 0
		if n > math.MaxInt64/unit {
			return 0, errors.New("it is too large")
		}
		n *= unit
	}
	return Size(n), nil
}

// What a value must be. Each is called only with a value that is not empty.

func oneOf(words ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(words, v) {
			return fmt.Errorf("it is one of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

func hostPort(v string) error {
	host, port, ok := cutPort(v)
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil || strings.Contains(host, "/") || n == 0 && port != "0" {
		return errors.New("it is host:port, such as 127.0.0.1:8080")
	}
	return nil
}

// cutPort splits host:port at the last colon and takes the brackets off.
func cutPort(v string) (host, port string, ok bool) {
	i := strings.LastIndexByte(v, ':')
	if i < 0 {
		return "", "", false
	}
	host, port = v[:i], v[i+1:]
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1], port, true
	}
	return host, port, !strings.Contains(host, ":")
}

func hostPortOrOff(v string) error {
	if v == "off" {
		return nil
	}
	return hostPort(v)
}

func hostPorts(v string) error {
	for _, part := range list(v) {
		if host, _, _ := cutPort(part); host == "" || hostPort(part) != nil {
			return errors.New("it is a list of host:port, such as 127.0.0.1:8332,btcpay.lan:443")
		}
	}
	return nil
}

func webAddress(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
		return errors.New("it is an address such as https://books.example.org") // the parser's error would quote it
	}
	return nil
}

// percent checks a rate of tax.
func percent(v string) error {
	whole, part, _ := strings.Cut(v, ".")
	digits := func(s string, most int) bool {
		return len(s) <= most && strings.Trim(s, "0123456789") == ""
	}
	if whole == "" || !digits(whole, 2) || !digits(part, 3) || strings.HasSuffix(v, ".") {
		return errors.New("it is a number of percent from 0 to below 100, such as 19 or 7.7")
	}
	return nil
}

func mailServer(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" {
		return errors.New("it is smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	return nil
}

func mailAddress(v string) error {
	if _, err := mail.ParseAddress(v); err != nil || strings.ContainsAny(v, "\r\n") {
		return errors.New("it is a mail address")
	}
	return nil
}

func zone(v string) error {
	if _, err := time.LoadLocation(v); err != nil || v == "Local" {
		return errors.New("it is a time zone such as Europe/London")
	}
	return nil
}

func language(v string) error {
	if !regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`).MatchString(v) {
		return errors.New("it is a language tag such as en, en-GB or de")
	}
	return nil
}

func region(v string) error {
	if !regexp.MustCompile(`^[a-z][a-z0-9-]{1,15}$`).MatchString(v) {
		return errors.New("it is a short word such as eu, uk or us")
	}
	return nil
}

func kmsKeys(v string) error {
	for arn := range strings.SplitSeq(v, ",") {
		if !regexp.MustCompile(`^arn:aws(-[a-z-]+)?:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+$`).MatchString(strings.TrimSpace(arn)) {
			return errors.New("it is the ARN of a key, as arn:aws:kms:eu-central-1:111122223333:key/…")
		}
	}
	return nil
}

func idle(v string) error {
	d, err := ParseDuration(v)
	if err == nil && (d < time.Minute || d > 12*time.Hour) {
		return errors.New("it is between 1m and 12h")
	}
	return err
}

func readable(v string) error {
	f, err := os.Open(v) // #nosec G304 -- the operator names it
	if err != nil {
		return errors.New("this file cannot be read: " + fileReason(err))
	}
	return f.Close()
}

// fileReason is the reason without the path, which the caller names.
func fileReason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
