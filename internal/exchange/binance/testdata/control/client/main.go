// Command client hands a client to code that may call anything by its name:
// the control of a check that must find all services in it.
package main

import (
	"os"
	"text/template"

	binance "github.com/adshao/go-binance/v2"
)

func main() {
	_ = template.Must(template.New("").Parse("{{.}}")).Execute(os.Stdout, any(binance.NewClient("", "")))
}
