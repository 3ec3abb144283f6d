package tax_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/pkg/tax/oracle"
)

// TestSplitLeavesNoShortage: the thirds that a later split of three for two
// leaves in a pool are rounded at the 38th digit, and what is then a digit
// short is no purchase that is missing.
func TestSplitLeavesNoShortage(t *testing.T) {
	t.Parallel()
	data := []byte(`{"schema":1,"jurisdiction":"GB","method":"uk-s104","currency":"GBP","timezone":"Europe/London","options":{"scope":"universal"},"events":[
		{"id":"e1","time":"2024-04-05","type":"buy","account":"A","asset":"BTC","amount":"1","value":"0"},
		{"id":"e2","time":"2024-04-05","type":"income","account":"A","asset":"BTC","amount":"1","value":"10"},
		{"id":"e4","time":"2024-04-16","type":"spouse_out","account":"A","asset":"BTC","amount":"1"},
		{"id":"e5","time":"2024-05-03","type":"split","asset":"BTC","ratio":"1.5"},
		{"id":"e6","time":"2024-05-03","type":"buy","account":"A","asset":"BTC","amount":"1","value":"0"},
		{"id":"e7","time":"2024-05-04","type":"gift_out","account":"A","asset":"BTC","amount":"2.5","value":"25"}]}`)
	want, err := oracle.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := compute(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := oracle.Diff(want, got, 1, true); d != "" {
		t.Errorf("%s\n%s", d, got)
	}
}
