package money

import (
	"testing"

	"github.com/quagmt/udecimal"
)

// What the hot path of the engine does, against the library that was the
// other candidate. udecimal keeps 19 decimals at most, which is less than the
// 28 digits that the computation asks for; the figures say what the extra
// digits cost.
var (
	benchA, benchB, benchC = MustParse("12345.67"), MustParse("0.12345678"), MustParse("1.23456789")
	sink                   Amount
	sinkUnit               Unit
	sinkU                  udecimal.Decimal
)

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink, _ = Parse("12345.12345678")
	}
}

func BenchmarkAdd(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = benchA.Add(benchB)
	}
}

func BenchmarkAddLong(b *testing.B) {
	x, y := benchA.Share(benchB, benchC), benchB.Share(benchA, benchC)
	b.ReportAllocs()
	for b.Loop() {
		sink = x.Add(y)
	}
}

func BenchmarkShare(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = benchA.Share(benchB, benchC)
	}
}

func BenchmarkPerUnit(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkUnit = PerUnit(benchA, benchB)
	}
}

func BenchmarkRound(b *testing.B) {
	x := benchA.Share(benchB, benchC)
	b.ReportAllocs()
	for b.Loop() {
		sink = x.Round(2, HalfEven)
	}
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = benchA.AppendTo(buf[:0])
	}
}

func BenchmarkUdecimalParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkU, _ = udecimal.Parse("12345.12345678")
	}
}

func BenchmarkUdecimalAdd(b *testing.B) {
	x, y := udecimal.MustParse("12345.67"), udecimal.MustParse("0.12345678")
	b.ReportAllocs()
	for b.Loop() {
		sinkU = x.Add(y)
	}
}

func BenchmarkUdecimalShare(b *testing.B) {
	x, y, z := udecimal.MustParse("12345.67"), udecimal.MustParse("0.12345678"), udecimal.MustParse("1.23456789")
	b.ReportAllocs()
	for b.Loop() {
		sinkU, _ = x.Mul(y).Div(z)
	}
}
