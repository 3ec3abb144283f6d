// Command order places an order: the control of a check that must find it.
package main

import (
	"context"

	binance "github.com/adshao/go-binance/v2"
)

func main() {
	_, _ = binance.NewClient("", "").NewCreateOrderService().Do(context.Background())
}
