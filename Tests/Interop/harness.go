package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"reflect"
	"sync"
	"time"

	v1 "interop/tradingv1"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// checks counts what held and tells what did not.
type checks struct {
	transport      string
	passed, failed int
}

// holds is the one place where a check passes or fails.
func (c *checks) holds(what string, ok bool, found interface{}) {
	if ok {
		c.passed++
		return
	}
	c.failed++
	fmt.Fprintf(os.Stderr, "FAILED %s: %s: found %v\n", c.transport, what, found)
}

func (c *checks) equal(what string, found, expected interface{}) {
	c.holds(fmt.Sprintf("%s is %v", what, expected), reflect.DeepEqual(found, expected), found)
}

// section runs checks that build on each other; an answer that is missing ends it as a failure.
func (c *checks) section(name string, body func()) {
	defer func() {
		if problem := recover(); problem != nil {
			c.holds(name, false, problem)
		}
	}()
	body()
}

// must ends a section whose call failed.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// refused checks the status of an error, and the rule of the refusal in its details where one is
// expected.
func (c *checks) refused(what string, err error, code codes.Code, rule string) *v1.Refusal {
	found, ok := status.FromError(err)
	if !ok || err == nil {
		c.holds(what, false, err)
		return nil
	}
	c.equal(what+": code", found.Code(), code)
	c.holds(what+": has a message", found.Message() != "", found.Message())
	if rule == "" {
		return nil
	}
	refusal := &v1.Refusal{}
	for _, detail := range found.Proto().Details {
		if detail.TypeUrl == "type.googleapis.com/trading.v1.Refusal" {
			must(refusal.Unmarshal(detail.Value))
		}
	}
	c.equal(what+": rule", refusal.Rule, rule)
	return refusal
}

// connection is a client of the library, and the methods that were answered over it.
type connection struct {
	client  *ttrpc.Client
	trading v1.TradingServiceService
	admin   v1.AdminServiceService
	audit   v1.AuditServiceService
	// Sent in place of the time that the context leaves, where it is not zero.
	timeoutNano int64

	mutex    sync.Mutex
	answered map[string]bool
}

func connect(network, address string) *connection {
	socket, err := net.Dial(network, address)
	must(err)
	c := &connection{answered: map[string]bool{}}
	c.client = ttrpc.NewClient(socket, ttrpc.WithUnaryClientInterceptor(c.intercept))
	c.trading = v1.NewTradingServiceClient(c.client)
	c.admin = v1.NewAdminServiceClient(c.client)
	c.audit = v1.NewAuditServiceClient(c.client)
	return c
}

func (c *connection) intercept(
	ctx context.Context,
	request *ttrpc.Request,
	response *ttrpc.Response,
	info *ttrpc.UnaryClientInfo,
	invoke ttrpc.Invoker,
) error {
	if c.timeoutNano != 0 {
		request.TimeoutNano = c.timeoutNano
	}
	err := invoke(ctx, request, response)
	if err == nil && (response.Status == nil || response.Status.Code == int32(codes.OK)) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.answered[info.FullMethod] = true
	}
	return err
}

// withToken is a call's context with a bearer token; without one where it is empty.
func withToken(token string) context.Context {
	ctx, _ := context.WithTimeout(context.Background(), 20*time.Second)
	if token == "" {
		return ctx
	}
	metadata := ttrpc.MD{}
	metadata.Set("authorization", "Bearer "+token)
	return ttrpc.WithMetadata(ctx, metadata)
}

// eventually asks until the answer is yes, at most ten seconds.
func eventually(body func() bool) bool {
	for i := 0; i < 200; i++ {
		if body() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
