package binance

import (
	"net/http"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

// endpoint is one call: what it costs and what its query may have besides time
// and signature.
type endpoint struct {
	method, path string
	keys         []string
	cost         []exchange.Cost
	public       bool
}

func (e endpoint) name() string { return e.method + " " + e.path }

// Three kinds of counters: one for all of /api by address, one by address and
// one by account for each call of /sapi.
func api(weight int, path string, keys ...string) endpoint {
	return endpoint{http.MethodGet, path, keys, []exchange.Cost{{Bucket: "api", Weight: weight}}, false}
}

func byAddress(weight int, path string, keys ...string) endpoint {
	return endpoint{http.MethodGet, path, keys, []exchange.Cost{{Bucket: "ip " + path, Weight: weight}}, false}
}

func byAccount(weight int, path string, keys ...string) endpoint {
	return endpoint{http.MethodGet, path, keys, []exchange.Cost{{Bucket: "uid " + path, Weight: weight}}, false}
}

func (e endpoint) open() endpoint {
	e.public = true
	return e
}

func (e endpoint) posted() endpoint {
	e.method = http.MethodPost
	return e
}

// The calls, with the weights of the documents.
var (
	timeEndpoint    = api(1, "/api/v3/time").open()
	pairsEndpoint   = api(20, "/api/v3/exchangeInfo", "showPermissionSets").open()
	accountEndpoint = api(20, "/api/v3/account", "omitZeroBalances")
	tradesEndpoint  = api(20, "/api/v3/myTrades", "symbol", "limit", "fromId")

	rightsEndpoint   = byAddress(1, "/sapi/v1/account/apiRestrictions")
	fundingEndpoint  = byAddress(1, "/sapi/v1/asset/get-funding-asset").posted()
	flexiblePosition = byAddress(150, "/sapi/v1/simple-earn/flexible/position", "current", "size")
	lockedPosition   = byAddress(150, "/sapi/v1/simple-earn/locked/position", "current", "size")

	depositsEndpoint    = byAddress(1, "/sapi/v1/capital/deposit/hisrec", "startTime", "endTime", "offset", "limit")
	withdrawalsEndpoint = byAccount(18000, "/sapi/v1/capital/withdraw/history", "startTime", "endTime", "offset", "limit")
	dividendsEndpoint   = byAddress(10, "/sapi/v1/asset/assetDividend", "startTime", "endTime", "limit")
	convertsEndpoint    = byAccount(3000, "/sapi/v1/convert/tradeFlow", "startTime", "endTime", "limit")
	dustEndpoint        = byAddress(1, "/sapi/v1/asset/dribblet", "startTime", "endTime")
	switchesEndpoint    = byAccount(5, "/sapi/v1/asset/convert-transfer/queryByPage", "startTime", "endTime", "current", "size")
	flexibleEndpoint    = byAddress(150, "/sapi/v1/simple-earn/flexible/history/rewardsRecord", "type", "startTime", "endTime", "current", "size")
	lockedEndpoint      = byAddress(150, "/sapi/v1/simple-earn/locked/history/rewardsRecord", "startTime", "endTime", "current", "size")
	ordersEndpoint      = byAccount(90000, "/sapi/v1/fiat/orders", "transactionType", "beginTime", "endTime", "page", "rows")
	paymentsEndpoint    = byAddress(1, "/sapi/v1/fiat/payments", "transactionType", "beginTime", "endTime", "page", "rows")
	peersEndpoint       = byAddress(1, "/sapi/v1/c2c/orderMatch/listUserOrderHistory", "tradeType", "startTimestamp", "endTimestamp", "page", "rows")
	payEndpoint         = byAccount(3000, "/sapi/v1/pay/transactions", "startTime", "endTime", "limit")
	rebatesEndpoint     = byAccount(12000, "/sapi/v1/rebate/taxQuery", "startTime", "endTime", "page")
	plansEndpoint       = byAddress(1, "/sapi/v1/lending/auto-invest/history/list", "startTime", "endTime", "current", "size")
)

func endpoints() []endpoint {
	return []endpoint{
		timeEndpoint, pairsEndpoint, accountEndpoint, tradesEndpoint, rightsEndpoint, fundingEndpoint, flexiblePosition, lockedPosition,
		depositsEndpoint, withdrawalsEndpoint, dividendsEndpoint, convertsEndpoint, dustEndpoint, switchesEndpoint, flexibleEndpoint,
		lockedEndpoint, ordersEndpoint, paymentsEndpoint, peersEndpoint, payEndpoint, rebatesEndpoint, plansEndpoint,
	}
}

// passes lists every call. The one POST among them reads: it asks for the
// balances of the funding wallet.
func passes() []egress.Pass {
	var list []egress.Pass
	for _, e := range endpoints() {
		query := e.keys
		if !e.public {
			query = append([]string{"timestamp", "recvWindow", "signature"}, e.keys...)
		}
		list = append(list, egress.Pass{Method: e.method, Host: host, Path: e.path, Query: query})
	}
	return list
}

// limits are the documented ones: 6000 a minute for /api by address, 12000 by
// address and 180000 by account for each call of /sapi.
func limits() []exchange.Limit {
	list := []exchange.Limit{{Bucket: "api", Weight: 6000, Per: time.Minute}}
	for _, e := range endpoints() {
		for _, c := range e.cost {
			switch c.Bucket {
			case "ip " + e.path:
				list = append(list, exchange.Limit{Bucket: c.Bucket, Weight: 12000, Per: time.Minute})
			case "uid " + e.path:
				list = append(list, exchange.Limit{Bucket: c.Bucket, Weight: 180000, Per: time.Minute, ByKey: true})
			}
		}
	}
	return list
}
