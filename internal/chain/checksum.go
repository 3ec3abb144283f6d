package chain

import (
	"crypto/sha256"
	"strings"
)

const (
	descriptorInput  = "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ "
	descriptorOutput = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	descriptorLen    = 8
)

// descriptorSum returns the checksum of a descriptor (BIP380), or false if a
// character has no place in one.
func descriptorSum(body string) (string, bool) {
	c, class, n := uint64(1), uint64(0), 0
	for _, r := range body {
		at := strings.IndexRune(descriptorInput, r)
		if at < 0 {
			return "", false
		}
		c = polymod(c, uint64(at)&31)
		class = class*3 + uint64(at)>>5
		if n++; n == 3 {
			c, class, n = polymod(c, class), 0, 0
		}
	}
	if n > 0 {
		c = polymod(c, class)
	}
	for range descriptorLen {
		c = polymod(c, 0)
	}
	c ^= 1
	out := make([]byte, descriptorLen)
	for i := range out {
		out[i] = descriptorOutput[c>>(5*(descriptorLen-1-i))&31]
	}
	return string(out), true
}

func polymod(c, value uint64) uint64 {
	top := c >> 35
	c = (c&0x7ffffffff)<<5 ^ value
	for i, g := range [...]uint64{0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd} {
		if top>>i&1 == 1 {
			c ^= g
		}
	}
	return c
}

func hash256(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
