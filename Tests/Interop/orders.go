package main

import (
	"strings"

	v1 "interop/tradingv1"

	"google.golang.org/grpc/codes"
)

// limitOrder rests: its price is far below the market.
func limitOrder(quantity string) *v1.PlaceOrderRequest {
	return &v1.PlaceOrderRequest{
		Symbol: "BTCUSDT", Side: v1.Side_SIDE_BUY, Type: v1.OrderType_ORDER_TYPE_LIMIT,
		Quantity: quantity, Price: "30000.01",
		TimeInForce: v1.TimeInForce_TIME_IN_FORCE_GTC,
	}
}

func (c *caller) place(request *v1.PlaceOrderRequest) *v1.Order {
	answer, err := c.trading.PlaceOrder(withToken(c.token), request)
	must(err)
	return answer.Order
}

func (c *caller) health() {
	var health *v1.HealthResponse
	c.holds("the server becomes ready", eventually(func() bool {
		answer, err := c.trading.Health(withToken(c.token), &v1.HealthRequest{})
		must(err)
		health = answer
		return answer.IsReady
	}), health)
	c.equal("mode", health.Mode, v1.TradingMode_TRADING_MODE_TESTNET)
	c.holds("a version", strings.Count(health.Version, ".") == 2, health.Version)
	c.holds("started in this century", health.StartedAt > 1_700_000_000_000_000_000, health)
	c.holds("journal's end", health.JournalSequence > 0, health.JournalSequence)
	c.equal("reasons", len(health.NotReadyReasons), 0)
}

func (c *caller) orders() {
	request := limitOrder("0.0012")
	request.Tag, request.Strategy = "grün \"1\"", "interop"
	request.IdempotencyKey = "key-" + c.transport
	order := c.place(request)
	c.equal("status", order.Status, v1.OrderStatus_ORDER_STATUS_OPEN)
	c.equal("quantity", order.Quantity, "0.0012")
	c.equal("price", order.Price, "30000.01")
	c.equal("side", order.Side, v1.Side_SIDE_BUY)
	c.equal("tag", order.Tag, "grün \"1\"")
	c.equal("strategy", order.Strategy, "interop")
	c.holds("the venue's number", order.VenueOrderId > 0, order.VenueOrderId)
	c.holds("created before updated", 0 < order.CreatedAt && order.CreatedAt <= order.UpdatedAt, order)

	again, err := c.trading.PlaceOrder(withToken(c.token), request)
	must(err)
	c.holds("a repeat is told", again.IsRepeat, again)
	c.equal("a repeat is the same order", again.Order.OrderId, order.OrderId)
	request.Quantity = "0.0013"
	_, err = c.trading.PlaceOrder(withToken(c.token), request)
	c.refused("a key with other content", err, codes.AlreadyExists, "idempotency_key")

	got, err := c.trading.GetOrder(withToken(c.token), &v1.GetOrderRequest{OrderId: order.OrderId})
	must(err)
	c.equal("the same order again", got.Order, again.Order)

	amended, err := c.trading.Amend(withToken(c.token), &v1.AmendRequest{
		OrderId: order.OrderId, Price: "29000.5",
	})
	must(err)
	c.equal("amended price", amended.Order.Price, "29000.5")
	c.equal("its predecessor", amended.Order.PredecessorOrderId, order.OrderId)

	canceled, err := c.trading.Cancel(
		withToken(c.token), &v1.CancelRequest{OrderId: amended.Order.OrderId})
	must(err)
	c.equal("cancelled order", canceled.Order.OrderId, amended.Order.OrderId)
	c.holds("it ends", eventually(func() bool {
		got, err := c.trading.GetOrder(
			withToken(c.token), &v1.GetOrderRequest{OrderId: amended.Order.OrderId})
		must(err)
		return got.Order.Status == v1.OrderStatus_ORDER_STATUS_CANCELED
	}), "an order that is not cancelled")

	market := c.place(&v1.PlaceOrderRequest{
		Symbol: "BTCUSDT", Side: v1.Side_SIDE_BUY, Type: v1.OrderType_ORDER_TYPE_MARKET,
		Quantity: "0.001",
	})
	c.equal("a market order", market.Status, v1.OrderStatus_ORDER_STATUS_FILLED)
	c.equal("filled", market.FilledQuantity, "0.001")
	c.holds("has fills", len(market.Fills) > 0 && market.Fills[0].TradeId > 0, market.Fills)
	c.holds("at a time", market.Fills[0].Time > 1_700_000_000_000_000_000, market.Fills[0].Time)
	c.holds("with a fee", market.Fills[0].FeeAsset != "", market.Fills[0])
}

func (c *caller) listings() {
	first, second := c.place(limitOrder("0.0003")), c.place(limitOrder("0.0004"))
	list, err := c.trading.ListOrders(withToken(c.token), &v1.ListOrdersRequest{
		Symbol: "BTCUSDT", IncludeClosed: true, Limit: 2,
	})
	must(err)
	c.equal("a page", len(list.Orders), 2)
	c.equal("newest first", list.Orders[0].OrderId, second.OrderId)
	c.equal("then older", list.Orders[1].OrderId, first.OrderId)
	next, err := c.trading.ListOrders(withToken(c.token), &v1.ListOrdersRequest{
		IncludeClosed: true, Limit: 1, BeforeOrderId: first.OrderId,
	})
	must(err)
	c.holds("the page before", next.Orders[0].OrderId < first.OrderId, next.Orders[0].OrderId)

	positions, err := c.trading.Positions(withToken(c.token), &v1.PositionsRequest{})
	must(err)
	c.equal("positions", len(positions.Positions), 1)
	position := positions.Positions[0]
	c.equal("symbol", position.Symbol, "BTCUSDT")
	c.holds("decimals are text", strings.HasPrefix(position.Quantity, "0.00"), position.Quantity)
	c.holds("fills behind it", position.FillCount > 0, position.FillCount)
	assets := map[string]bool{}
	for _, balance := range positions.Balances {
		assets[balance.Asset] = balance.Total != "" && balance.Available != ""
	}
	c.holds("balances", assets["BTC"] && assets["USDT"], assets)

	account, err := c.trading.Balances(withToken(c.token), &v1.BalancesRequest{})
	must(err)
	c.equal("the account's mode", account.Mode, positions.Mode)
	c.equal("its balances", account.Balances, positions.Balances)

	var trades uint64
	before := uint64(0)
	for {
		page, err := c.trading.ListFills(withToken(c.token), &v1.ListFillsRequest{
			Symbol: "BTCUSDT", Limit: 1, BeforeSequence: before,
		})
		must(err)
		for _, fill := range page.Fills {
			c.equal("a trade's symbol", fill.Symbol, "BTCUSDT")
			c.holds("its order", fill.OrderId > 0 && fill.ClientOrderId != "", fill)
			c.holds("newest first", before == 0 || fill.Sequence < before, fill.Sequence)
			trades++
		}
		if before = page.NextBeforeSequence; before == 0 {
			break
		}
	}
	c.equal("trades", trades, position.FillCount)

	session, err := c.trading.CancelOnDisconnect(
		withToken(c.token),
		&v1.CancelOnDisconnectRequest{Session: "interop", GraceMilliseconds: 60_000})
	must(err)
	c.equal("a new session", session.IsResumed, false)
	sessions, err := c.trading.ListSessions(withToken(c.token), &v1.ListSessionsRequest{})
	must(err)
	c.equal("sessions", len(sessions.Sessions), 1)
	listed := sessions.Sessions[0]
	c.equal("its name", listed.Session, "interop")
	c.equal("its grace time", listed.GraceMilliseconds, uint32(60_000))
	c.equal("its connections", listed.ConnectionCount, uint32(1))
	c.equal("none of the time is running", listed.GraceLeftMilliseconds, uint32(0))
	session, err = c.trading.CancelOnDisconnect(
		withToken(c.token), &v1.CancelOnDisconnectRequest{Session: "interop", End: true})
	must(err)
	c.equal("it was there", session.IsResumed, true)

	all, err := c.trading.CancelAll(
		withToken(c.token), &v1.CancelAllRequest{Symbol: "BTCUSDT"})
	must(err)
	c.equal("cancelled", all.OrderIds, []uint64{first.OrderId, second.OrderId})
	c.noneOpen()
}

func (c *caller) positions() {
	adjusted, err := c.trading.AdjustPosition(withToken(c.token), &v1.AdjustPositionRequest{
		Symbol: "BTCUSDT", TargetQuantity: "0.01", Tag: "adjusted",
	})
	must(err)
	c.equal("adjusted", adjusted.Order.Status, v1.OrderStatus_ORDER_STATUS_FILLED)
	c.equal("its tag", adjusted.Order.Tag, "adjusted")
	request := &v1.ClosePositionRequest{
		Symbol: "BTCUSDT", IdempotencyKey: "close-" + c.transport,
	}
	closed, err := c.trading.ClosePosition(withToken(c.token), request)
	must(err)
	c.equal("closed", closed.Order.Status, v1.OrderStatus_ORDER_STATUS_FILLED)
	c.equal("by a sale", closed.Order.Side, v1.Side_SIDE_SELL)
	again, err := c.trading.ClosePosition(withToken(c.token), request)
	must(err)
	c.holds("once", again.IsRepeat && again.Order.OrderId == closed.Order.OrderId, again)
	nothing, err := c.trading.ClosePosition(
		withToken(c.token), &v1.ClosePositionRequest{Symbol: "ETHUSDT"})
	must(err)
	c.holds("nothing to do", nothing.Order == nil && nothing.NothingToDo != nil, nothing)
	c.equal("no position", nothing.NothingToDo.PositionQuantity, "0")
	_, err = c.trading.ClosePosition(withToken(c.token), &v1.ClosePositionRequest{
		Symbol: "BTCUSDT", Share: "1.5",
	})
	c.refused("a share above one", err, codes.InvalidArgument, "")
}

func (c *caller) noneOpen() {
	c.holds("none is open", eventually(func() bool {
		open, err := c.trading.ListOrders(withToken(c.token), &v1.ListOrdersRequest{})
		must(err)
		return len(open.Orders) == 0
	}), "open orders")
}

func (c *caller) refusals() {
	_, err := c.trading.GetOrder(withToken(c.token), &v1.GetOrderRequest{OrderId: 1 << 40})
	c.refused("an unknown order", err, codes.NotFound, "order_not_found")
	order := c.place(limitOrder("40"))
	c.equal("refused", order.Status, v1.OrderStatus_ORDER_STATUS_REFUSED)
	c.equal("by rule", order.Refusal.Rule, "order_notional")
	c.equal("limit", order.Refusal.Limit, "1000000")
	c.equal("actual", order.Refusal.Actual, "1200000.4")
	_, err = c.trading.PlaceOrder(withToken(c.token), limitOrder("much"))
	c.refused("a quantity that is no number", err, codes.InvalidArgument, "")
	broken := limitOrder("1")
	broken.Tag = "\xff"
	_, err = c.trading.PlaceOrder(withToken(c.token), broken)
	c.refused("text that is not UTF-8", err, codes.InvalidArgument, "")

	err = c.client.Call(
		withToken(c.token), "trading.v1.TradingService", "Nothing",
		&v1.HealthRequest{}, &v1.HealthResponse{})
	c.refused("an unknown method", err, codes.Unimplemented, "")
	err = c.client.Call(
		withToken(c.token), "trading.v2.TradingService", "Health",
		&v1.HealthRequest{}, &v1.HealthResponse{})
	c.refused("an unknown service", err, codes.Unimplemented, "")
}
