package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

// statement makes n rows of 16 columns, about 120 bytes each, like the export
// of an exchange.
func statement(n int, quote string) []byte {
	var b bytes.Buffer
	for i := range n {
		q := quote
		fmt.Fprintf(&b, "%[1]sT%08[2]d%[1]s,%[1]s2024-%02[3]d-%02[4]dT10:%02[5]d:00Z%[1]s,%[1]strade%[1]s,%[1]s0.%08[2]d%[1]s,%[1]sBTC%[1]s,%[1]s%[6]d.55%[1]s,%[1]sEUR%[1]s,%[1]s1.25%[1]s,%[1]sEUR%[1]s,,,%[1]sKraken%[1]s,,%[1]s%016x%[1]s,,%[1]snone%[1]s\n",
			q, i, i%12+1, i%28+1, i%60, 1000+i%9000, i*7919)
	}
	return b.Bytes()
}

func BenchmarkReader(b *testing.B) {
	for _, c := range []struct {
		name  string
		quote string
	}{{"plain", ""}, {"quoted", `"`}} {
		data := statement(100_000, c.quote)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewReader(bytes.NewReader(data), ',', Limits{})
				n := 0
				for {
					row, err := r.Read()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil || len(row.Cells) != 16 {
						b.Fatal(row, err)
					}
					n++
				}
				if n != 100_000 {
					b.Fatal(n)
				}
			}
		})
	}
}
