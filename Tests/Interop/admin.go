package main

import (
	"time"

	v1 "interop/tradingv1"

	"google.golang.org/grpc/codes"
)

func (c *caller) modes() {
	set := func(mode v1.TradingMode) *v1.SetModeResponse {
		answer, err := c.trading.SetMode(withToken(c.token), &v1.SetModeRequest{
			Mode: mode, Reason: "interop " + c.transport,
			OpenOrders: v1.OpenOrdersPolicy_OPEN_ORDERS_POLICY_KEEP,
		})
		must(err)
		return answer
	}
	answer := set(v1.TradingMode_TRADING_MODE_MONITOR)
	c.equal("mode", answer.Mode, v1.TradingMode_TRADING_MODE_MONITOR)
	c.equal("mode before", answer.PreviousMode, v1.TradingMode_TRADING_MODE_TESTNET)
	set(v1.TradingMode_TRADING_MODE_TESTNET)
	mode, err := c.trading.GetMode(withToken(c.token), &v1.GetModeRequest{})
	must(err)
	c.equal("mode now", mode.Mode, v1.TradingMode_TRADING_MODE_TESTNET)
	c.equal("reason", mode.Reason, "interop "+c.transport)
	c.holds("who", mode.ChangedBy != "", mode.ChangedBy)
	c.equal("history", mode.History[1].Mode, v1.TradingMode_TRADING_MODE_MONITOR)
	_, err = c.trading.SetMode(withToken(c.token), &v1.SetModeRequest{
		Mode: v1.TradingMode_TRADING_MODE_LIVE, Reason: "no",
	})
	c.refused("live", err, codes.FailedPrecondition, "mode_gate")
}

func (c *caller) killSwitch() {
	order := c.place(limitOrder("0.0005"))
	call := func(request *v1.KillSwitchRequest) *v1.KillSwitchResponse {
		answer, err := c.trading.KillSwitch(withToken(c.token), request)
		must(err)
		return answer
	}
	engaged := call(&v1.KillSwitchRequest{
		Action: v1.KillAction_KILL_ACTION_ENGAGE, Level: v1.KillLevel_KILL_LEVEL_CANCEL,
		Reason: "interop",
	})
	c.holds("engaged, durably", engaged.IsEngaged && engaged.IsDurable, engaged)
	c.equal("ours", engaged.OpenOrderIds, []uint64{order.OrderId})
	refused := c.place(limitOrder("0.0005"))
	c.equal("an order meanwhile", refused.Refusal.Rule, "kill_switch")
	var status *v1.KillSwitchResponse
	c.holds("it is done", eventually(func() bool {
		status = call(&v1.KillSwitchRequest{Action: v1.KillAction_KILL_ACTION_STATUS})
		return status.IsDone
	}), status)
	c.equal("cancelled", status.CanceledCount, uint64(1))
	c.equal("level", status.Level, v1.KillLevel_KILL_LEVEL_CANCEL)
	released := call(&v1.KillSwitchRequest{
		Action: v1.KillAction_KILL_ACTION_RELEASE, Reason: "interop is over",
	})
	c.equal("engaged", released.IsEngaged, false)
}

func (c *caller) limits() {
	notional := func() *v1.Limit {
		answer, err := c.admin.GetLimits(withToken(c.token), &v1.GetLimitsRequest{})
		must(err)
		for _, limit := range answer.Limits {
			if limit.Name == "order_notional_max" && limit.Symbol == "" {
				return limit
			}
		}
		return &v1.Limit{}
	}
	c.equal("limit", notional().Value, "1000000")
	set := func(action v1.LimitAction, value string) *v1.LimitStep {
		answer, err := c.admin.SetLimits(withToken(c.token), &v1.SetLimitsRequest{
			Assignments: []*v1.LimitAssignment{
				{Name: "order_notional_max", Action: action, Value: value},
			},
			Reason: "interop",
		})
		must(err)
		return answer.Steps[0]
	}
	step := set(v1.LimitAction_LIMIT_ACTION_SET, "900000.00000001")
	c.equal("old", step.OldValue, "1000000")
	c.equal("new", step.NewValue, "900000.00000001")
	c.equal("direction", step.Direction, v1.LimitDirection_LIMIT_DIRECTION_TIGHTENS)
	c.holds("is changed", notional().IsChanged && notional().Reason == "interop", notional())
	set(v1.LimitAction_LIMIT_ACTION_RESET, "")
	c.equal("is changed", notional().IsChanged, false)
	_, err := c.admin.SetLimits(withToken(c.token), &v1.SetLimitsRequest{
		Assignments: []*v1.LimitAssignment{
			{Name: "order_notional_max", Action: v1.LimitAction_LIMIT_ACTION_SET, Value: "much"},
		},
		Reason: "interop",
	})
	c.refused("a limit that is no number", err, codes.InvalidArgument, "limit_value")
}

func (c *caller) risk() {
	stopped, err := c.admin.DisableTrading(
		withToken(c.token), &v1.DisableTradingRequest{Reason: "interop"})
	must(err)
	c.equal("breaches", len(stopped.Breaches), 1)
	number := stopped.Breaches[0].Number
	refused := c.place(limitOrder("0.001"))
	c.equal("an order meanwhile", refused.Refusal.Rule, "trading_disabled")
	summary, err := c.admin.RiskSummary(withToken(c.token), &v1.RiskSummaryRequest{})
	must(err)
	c.equal("disabled", summary.IsTradingDisabled, true)
	c.equal("kill level", summary.KillLevel, v1.KillLevel_KILL_LEVEL_UNSPECIFIED)
	c.holds("gauges", len(summary.Gauges) > 0 && summary.Gauges[0].Name != "", summary.Gauges)
	c.equal("breach", summary.Breaches[0].Number, number)
	rest, err := c.admin.AcknowledgeBreach(withToken(c.token), &v1.AcknowledgeBreachRequest{
		Number: number, Reason: "interop is over",
	})
	must(err)
	c.equal("breaches left", len(rest.Breaches), 0)
	breaches, err := c.admin.RiskBreaches(withToken(c.token), &v1.RiskBreachesRequest{})
	must(err)
	last := breaches.Breaches[len(breaches.Breaches)-1]
	c.equal("the last breach", last.Number, number)
	c.equal("acknowledged because", last.AcknowledgementReason, "interop is over")
	decisions, err := c.admin.RiskDecisions(withToken(c.token), &v1.RiskDecisionsRequest{
		Rule: "trading_disabled", Limit: 1,
	})
	must(err)
	c.equal("decision", decisions.Decisions[0].OrderId, refused.OrderId)
	c.equal("verdict", decisions.Decisions[0].Verdict, v1.DecisionVerdict_DECISION_VERDICT_REFUSED)
	c.equal("its rule", decisions.Decisions[0].Refusal.Rule, "trading_disabled")
	again, err := c.audit.RiskDecisions(withToken(c.token), &v1.RiskDecisionsRequest{
		Rule: "trading_disabled", Limit: 1,
	})
	must(err)
	c.equal("the audit's decisions", again, decisions)
	audited, err := c.audit.RiskBreaches(withToken(c.token), &v1.RiskBreachesRequest{})
	must(err)
	c.equal("the audit's breaches", audited, breaches)
	mode, err := c.audit.GetMode(withToken(c.token), &v1.GetModeRequest{})
	must(err)
	c.holds("the mode's history", len(mode.History) > 0, mode)
	fills, err := c.audit.ListFills(withToken(c.token), &v1.ListFillsRequest{Limit: 1})
	must(err)
	c.equal("the audit's trades", len(fills.Fills), 1)
	_, err = c.admin.AcknowledgeBreach(withToken(c.token), &v1.AcknowledgeBreachRequest{
		Number: 1 << 40, Reason: "none",
	})
	c.refused("an unknown breach", err, codes.NotFound, "breach_not_found")
}

func (c *caller) approvals() {
	// Above the sensitive value of the configuration.
	approved, denied := c.place(limitOrder("10")), c.place(limitOrder("11"))
	c.equal("held", approved.Status, v1.OrderStatus_ORDER_STATUS_HELD)
	list, err := c.admin.ListApprovals(withToken(c.token), &v1.ListApprovalsRequest{})
	must(err)
	c.equal("held orders", len(list.Orders), 2)
	c.equal("oldest first", list.Orders[0].Order.OrderId, approved.OrderId)
	c.holds("they expire", list.Orders[0].ExpiresAt > approved.CreatedAt, list.Orders[0].ExpiresAt)
	_, err = c.admin.Approve(withToken(c.token), &v1.ApproveRequest{
		OrderId: approved.OrderId, Code: "000000x",
	})
	refusal := c.refused("a wrong code", err, codes.PermissionDenied, "second_factor")
	c.equal("actual", refusal.Actual, "a wrong code")
	answer, err := c.admin.Approve(withToken(c.token), &v1.ApproveRequest{
		OrderId: approved.OrderId, Code: nextCode(),
	})
	must(err)
	c.equal("approved", answer.Order.Status, v1.OrderStatus_ORDER_STATUS_OPEN)
	ended, err := c.admin.Deny(withToken(c.token), &v1.DenyRequest{
		OrderId: denied.OrderId, Reason: "interop",
	})
	must(err)
	c.equal("denied", ended.Order.Status, v1.OrderStatus_ORDER_STATUS_REFUSED)
	c.equal("by", ended.Order.Refusal.Rule, "approval_denied")
	_, err = c.trading.Cancel(withToken(c.token), &v1.CancelRequest{OrderId: approved.OrderId})
	must(err)
}

func (c *caller) tokens(address string) {
	made, err := c.admin.CreateToken(withToken(c.token), &v1.CreateTokenRequest{
		Name: "viewer-" + c.transport, Role: v1.Role_ROLE_VIEWER, Reason: "interop",
		OrderRateMax: 5, OrderNotionalMax: "1000.5",
	})
	must(err)
	c.equal("role", made.Token.Role, v1.Role_ROLE_VIEWER)
	c.equal("rate", made.Token.OrderRateMax, uint32(5))
	c.equal("notional", made.Token.OrderNotionalMax, "1000.5")
	_, err = c.trading.Positions(withToken(made.BearerToken), &v1.PositionsRequest{})
	must(err)
	_, err = c.trading.PlaceOrder(withToken(made.BearerToken), limitOrder("0.001"))
	refusal := c.refused("a viewer's order", err, codes.PermissionDenied, "role")
	c.equal("limit", refusal.Limit, "trader")
	list, err := c.admin.ListTokens(withToken(c.token), &v1.ListTokensRequest{})
	must(err)
	c.equal("the newest", list.Tokens[len(list.Tokens)-1].TokenId, made.Token.TokenId)
	revoked, err := c.admin.RevokeToken(withToken(c.token), &v1.RevokeTokenRequest{
		Token: made.Token.TokenId, Reason: "interop",
	})
	must(err)
	c.equal("revoked", revoked.Revoked[0].Name, "viewer-"+c.transport)
	c.holds("at a time", revoked.Revoked[0].RevokedAt > 0, revoked.Revoked[0].RevokedAt)

	start := time.Now()
	_, err = c.trading.Health(withToken(made.BearerToken), &v1.HealthRequest{})
	c.refused("a revoked token", err, codes.Unauthenticated, "")
	c.holds("told late", time.Since(start) > 400*time.Millisecond, time.Since(start))
	if c.token != "" {
		_, err = c.trading.Health(withToken(""), &v1.HealthRequest{})
		c.refused("no token", err, codes.Unauthenticated, "")
	}
	health, err := c.trading.Health(withToken(c.token), &v1.HealthRequest{})
	must(err)
	c.holds("failures are counted", health.AuthenticationFailureCount > 0, health)
}
