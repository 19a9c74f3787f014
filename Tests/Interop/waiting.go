package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	v1 "interop/tradingv1"

	"google.golang.org/grpc/codes"
)

// exchange is the ExchangeSim behind the server.
type exchange struct{ url string }

func (e exchange) send(method, path string) {
	request, err := http.NewRequest(method, e.url+path, nil)
	must(err)
	response, err := http.DefaultClient.Do(request)
	must(err)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		panic(fmt.Sprintf("%s %s: %s", method, path, response.Status))
	}
}

var lastStep int64

// nextCode is a code of the second factor that was not used before.
func nextCode() string {
	if step := time.Now().Unix()/30 - 1; step > lastStep {
		lastStep = step
	} else {
		lastStep++
	}
	secret, err := base32.StdEncoding.DecodeString(os.Getenv("TRADING_APPROVALS_TOTP_SECRET"))
	must(err)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(lastStep))
	hash := hmac.New(sha1.New, secret)
	hash.Write(counter[:])
	sum := hash.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

func (c *caller) deadlines() {
	c.timeoutNano = -1
	_, err := c.trading.Health(withToken(c.token), &v1.HealthRequest{})
	c.timeoutNano = 0
	c.refused("a deadline that passed", err, codes.DeadlineExceeded, "")

	// The server, not the library, ends this wait: with the order's state by then.
	c.exchange.send("POST", "/sim/faults?action=delay&ms=1000&method=POST&path=/api/v3/order")
	request := limitOrder("0.0006")
	request.IdempotencyKey = "late-" + c.transport
	c.timeoutNano = int64(300 * time.Millisecond)
	late := c.place(request)
	c.timeoutNano = 0
	c.equal("an order at its deadline", late.Status, v1.OrderStatus_ORDER_STATUS_SUBMITTING)

	c.exchange.send("POST", "/sim/faults?action=delay&ms=1000&method=POST&path=/api/v3/order")
	ctx, cancel := context.WithCancel(withToken(c.token))
	request = limitOrder("0.0007")
	request.IdempotencyKey = "left-" + c.transport
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err = c.trading.PlaceOrder(ctx, request)
	c.equal("a call that its caller left", err, context.Canceled)
	left, err := c.trading.PlaceOrder(withToken(c.token), request)
	must(err)
	c.holds("was executed all the same", left.IsRepeat, left)

	for _, id := range []uint64{late.OrderId, left.Order.OrderId} {
		c.holds("its fate is known later", eventually(func() bool {
			got, err := c.trading.GetOrder(withToken(c.token), &v1.GetOrderRequest{OrderId: id})
			must(err)
			return got.Order.Status == v1.OrderStatus_ORDER_STATUS_OPEN
		}), "an order that is not open")
	}
	_, err = c.trading.CancelAll(withToken(c.token), &v1.CancelAllRequest{})
	must(err)
}

// multiplexing: answers come in any order, each to its call.
func (c *caller) multiplexing() {
	const count = 50
	var group sync.WaitGroup
	orders := make([]*v1.Order, count)
	for i := range orders {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			request := limitOrder(fmt.Sprintf("0.%04d", i+10))
			request.Tag = fmt.Sprint(i)
			if answer, err := c.trading.PlaceOrder(withToken(c.token), request); err == nil {
				orders[i] = answer.Order
			}
		}(i)
	}
	group.Wait()
	for i, order := range orders {
		if order == nil || order.Tag != fmt.Sprint(i) || order.VenueOrderId == 0 {
			c.holds("each answer belongs to its call", false, order)
			return
		}
	}
	c.holds("each answer belongs to its call", true, nil)
	answer, err := c.trading.CancelAll(withToken(c.token), &v1.CancelAllRequest{})
	must(err)
	c.equal("all are cancelled", len(answer.OrderIds), count)
	c.noneOpen()
}

// resolving comes last: for a while the gateway cannot ask about its orders.
func (c *caller) resolving() {
	c.exchange.send("POST", "/sim/faults?action=drop&count=0&path=/api/v3/order")
	defer c.exchange.send("DELETE", "/sim/faults")
	c.timeoutNano = int64(700 * time.Millisecond)
	order := c.place(limitOrder("0.0008"))
	c.timeoutNano = 0
	c.equal("status", order.Status, v1.OrderStatus_ORDER_STATUS_UNKNOWN)
	resolve := &v1.ResolveOrderRequest{
		OrderId: order.OrderId, Resolution: v1.Resolution_RESOLUTION_ABSENT, Reason: "interop",
	}
	_, err := c.admin.ResolveOrder(withToken(c.token), resolve)
	c.refused("too early", err, codes.FailedPrecondition, "order_in_doubt")
	c.holds("a person is told", eventually(func() bool {
		answer, err := c.trading.Health(withToken(c.token), &v1.HealthRequest{})
		must(err)
		for _, alert := range answer.Alerts {
			if alert.Kind == "unknown_for_long" {
				return true
			}
		}
		return false
	}), "no alert")
	answer, err := c.admin.ResolveOrder(withToken(c.token), resolve)
	must(err)
	c.equal("resolved", answer.Order.Status, v1.OrderStatus_ORDER_STATUS_NOT_PLACED)
}
