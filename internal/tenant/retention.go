package tenant

import "time"

// keepYears is for how many years after the year of its making a financial
// record is kept, where the law of a country asks for more than the usual
// seven: § 147 Abgabenordnung, s. 128 Companies Act 2013.
var keepYears = map[string]int{"DE": 10, "IN": 8}

// usualYears is what most laws ask for at most, and what has been promised.
const usualYears = 7

// KeptUntil returns until when a financial record that was made at a time is
// kept by the law of a country, ISO 3166 alpha-2: to the end of the year, and
// then as many years as that law says.
func KeptUntil(country string, made time.Time) time.Time {
	years, ok := keepYears[country]
	if !ok {
		years = usualYears
	}
	return time.Date(made.UTC().Year()+years+1, 1, 1, 0, 0, 0, 0, time.UTC)
}
