package binance

import (
	"context"
	"strconv"
	"time"

	binance "github.com/adshao/go-binance/v2"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// trading are purchases, sales and conversions that are cheap to ask for.
func trading() []stream {
	return []stream{
		{
			Stream: of(tradeStream, exchange.Trades, tradesEndpoint), paging: byPair, limit: 1000,
			shape: exchange.Shape{
				ID: []string{"symbol", "id"}, Time: "time", Unit: exchange.Milli, Words: []string{"symbol", "id", "isBuyer"},
				Amounts: []string{"qty", "quoteQty"}, Signed: []string{"commission"}, Maybe: []string{"price"},
			},
		},
		{
			Stream: of(dustStream, exchange.Conversions, dustEndpoint), paging: bySplit, list: []string{"userAssetDribblets"}, spans: windows(365), limit: 100,
			shape: exchange.Shape{ID: []string{"transId", "operateTime"}, Time: "operateTime", Unit: exchange.Milli, Amounts: []string{"totalTransferedAmount", "totalServiceChargeAmount"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, dustEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewListDustLogService().StartTime(a.from).EndTime(a.to).Do(ctx)
					return err
				})
			},
		},
		{
			Stream: exchange.Stream{Name: planStream, Kind: exchange.Trades, Endpoint: plansEndpoint.name(), Optional: true}, paging: byPage, limit: 100, list: []string{"list"}, spans: windows(30),
			shape: exchange.Shape{
				ID: []string{"id"}, Time: "transactionDateTime", Unit: exchange.Milli, Words: []string{"targetAsset", "sourceAsset", "transactionStatus"},
				Amounts: []string{"sourceAssetAmount", "targetAssetAmount"}, Maybe: []string{"transactionFee"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.own(ctx, plansEndpoint, a.query())
			},
		},
		{
			Stream: of(switchStream, exchange.Conversions, switchesEndpoint), paging: byPage, limit: 100, list: []string{"rows"}, spans: windows(30),
			shape: exchange.Shape{
				ID: []string{"tranId"}, Time: "time", Unit: exchange.Milli, Words: []string{"deductedAsset", "targetAsset", "status"},
				Amounts: []string{"deductedAmount", "targetAmount"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.own(ctx, switchesEndpoint, a.query())
			},
		},
	}
}

// rewards are what Binance gives.
func rewards() []stream {
	return []stream{
		{
			Stream: of(dividendStream, exchange.Rewards, dividendsEndpoint), paging: bySplit, limit: 500, list: []string{"rows"}, spans: windows(180),
			shape: exchange.Shape{ID: []string{"id", "tranId", "asset", "divTime"}, Time: "divTime", Unit: exchange.Milli, Words: []string{"asset"}, Amounts: []string{"amount"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, dividendsEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewAssetDividendService().StartTime(a.from).EndTime(a.to).Limit(a.limit).Do(ctx)
					return err
				})
			},
		},
	}
}

// heavy are the streams whose calls cost so much that walking them from the
// beginning of Binance takes many minutes: they come last.
func heavy() []stream { return append(heavyMoves(), heavyRewards()...) }

// payReach is how far back payments are told: 18 months, a little less.
const payReach = 540 * day

// rebatesBegan is the first day that rebates are told of.
var rebatesBegan = time.Date(2020, 6, 10, 0, 0, 0, 0, time.UTC)

func heavyMoves() []stream {
	return []stream{
		{
			Stream: of(withdrawalStream, exchange.Withdrawals, withdrawalsEndpoint), paging: byOffset, limit: 1000, counts: "confirmNo", spans: settling(90),
			shape: exchange.Shape{
				ID: []string{"id", "status"}, Time: "applyTime", Unit: exchange.Text, Words: []string{"coin", "status"},
				Amounts: []string{"amount"}, Maybe: []string{"transactionFee"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, withdrawalsEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewListWithdrawsService().StartTime(a.from).EndTime(a.to).Offset(a.at).Limit(a.limit).Do(ctx)
					return err
				})
			},
		},
		{
			Stream: of(orderStream, exchange.Fiat, ordersEndpoint), paging: byPage, limit: 500, list: []string{"data"},
			spans: exchange.Spans{Start: began, Back: 14 * day}, parts: []string{"0", "1"},
			shape: exchange.Shape{
				ID: []string{"orderNo", "status"}, Time: "createTime", Unit: exchange.Milli, Words: []string{"fiatCurrency", "status"},
				Amounts: []string{"amount"}, Maybe: []string{"totalFee", "indicatedAmount"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, ordersEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewFiatDepositWithdrawHistoryService().TransactionType(binance.TransactionType(a.part)).BeginTime(a.from).EndTime(a.to).
						Page(int32(a.at)).Rows(int32(a.limit)).Do(ctx) // #nosec G115 -- pages are few
					return err
				})
			},
		},
		{
			Stream: of(convertStream, exchange.Conversions, convertsEndpoint), paging: bySplit, limit: 1000, list: []string{"list"}, spans: windows(30),
			shape: exchange.Shape{
				ID: []string{"orderId", "orderStatus"}, Time: "createTime", Unit: exchange.Milli, Words: []string{"fromAsset", "toAsset", "orderStatus"},
				Amounts: []string{"fromAmount", "toAmount"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, convertsEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewConvertTradeHistoryService().StartTime(a.from).EndTime(a.to).Limit(int32(a.limit)).Do(ctx) // #nosec G115 -- a constant
					return err
				})
			},
		},
		{
			Stream: of(payStream, exchange.Other, payEndpoint), paging: bySplit, limit: 100, list: []string{"data"},
			spans: exchange.Spans{Start: began, Window: 90*day - time.Hour, Reach: payReach},
			shape: exchange.Shape{ID: []string{"transactionId", "orderType"}, Time: "transactionTime", Unit: exchange.Milli, Words: []string{"currency"}, Signed: []string{"amount"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				q := a.query()
				q.Set("limit", strconv.Itoa(a.limit))
				return b.own(ctx, payEndpoint, q)
			},
		},
	}
}

func heavyRewards() []stream {
	return []stream{
		{
			Stream: of(rebateStream, exchange.Rewards, rebatesEndpoint), paging: byPage, list: []string{"data", "data"},
			spans: exchange.Spans{Start: rebatesBegan, Window: 30*day - time.Hour},
			shape: exchange.Shape{ID: []string{"updateTime", "asset", "type", "amount"}, Time: "updateTime", Unit: exchange.Milli, Words: []string{"asset"}, Amounts: []string{"amount"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, rebatesEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewSpotRebateHistoryService().StartTime(a.from).EndTime(a.to).Page(int32(a.at)).Do(ctx) // #nosec G115 -- pages are few
					return err
				})
			},
		},
		{
			Stream: of(flexibleStream, exchange.Rewards, flexibleEndpoint), paging: byPage, limit: 100, list: []string{"rows"}, spans: windows(30),
			parts: []string{"BONUS", "REALTIME", "REWARDS"},
			shape: exchange.Shape{ID: []string{"time", "asset", "projectId", "type", "rewards"}, Time: "time", Unit: exchange.Milli, Words: []string{"asset"}, Amounts: []string{"rewards"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.own(ctx, flexibleEndpoint, a.query())
			},
		},
		{
			Stream: of(lockedStream, exchange.Rewards, lockedEndpoint), paging: byPage, limit: 100, list: []string{"rows"}, spans: windows(30),
			shape: exchange.Shape{ID: []string{"time", "asset", "positionId", "type", "amount"}, Time: "time", Unit: exchange.Milli, Words: []string{"asset"}, Amounts: []string{"amount"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.own(ctx, lockedEndpoint, a.query())
			},
		},
	}
}
