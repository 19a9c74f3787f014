// Interop calls a running RPCServer with containerd's ttrpc library: every unary method of the
// .proto, over a Unix socket and over TCP with a token. Arguments: the socket's path, host:port,
// and the base URL of the ExchangeSim behind the server. TRADING_APPROVALS_TOTP_SECRET is the
// secret of the server's second factor.
package main

import (
	"fmt"
	"os"

	v1 "interop/tradingv1"

	"github.com/sirupsen/logrus"
)

// caller is one way to the server, and what the sections share.
type caller struct {
	*checks
	*connection
	// Empty on the Unix socket, where the server knows its own user.
	token    string
	exchange exchange
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: interop SOCKET HOST:PORT EXCHANGE-URL")
		os.Exit(2)
	}
	// A call that was given up is answered all the same, which the library tells the log.
	logrus.SetLevel(logrus.PanicLevel)
	passed, failed := 0, 0
	token := makeToken(os.Args[1])
	for _, way := range []struct{ network, address, token string }{
		{"unix", os.Args[1], ""},
		{"tcp", os.Args[2], token},
	} {
		c := &caller{
			checks:     &checks{transport: way.network},
			connection: connect(way.network, way.address),
			token:      way.token,
			exchange:   exchange{os.Args[3]},
		}
		c.everything(way.address)
		c.client.Close()
		passed, failed = passed+c.passed, failed+c.failed
	}
	fmt.Printf("test-interop: %d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

// makeToken makes the token of the TCP caller where the server trusts its own user.
func makeToken(socket string) string {
	c := connect("unix", socket)
	defer c.client.Close()
	answer, err := c.admin.CreateToken(withToken(""), &v1.CreateTokenRequest{
		Name: "interop", Role: v1.Role_ROLE_ADMIN, Reason: "the other transport",
	})
	must(err)
	return answer.BearerToken
}

func (c *caller) everything(address string) {
	c.section("health", c.health)
	c.section("orders", c.orders)
	c.section("listings", c.listings)
	c.section("positions", c.positions)
	c.section("refusals", c.refusals)
	c.section("modes", c.modes)
	c.section("kill switch", c.killSwitch)
	c.section("limits", c.limits)
	c.section("risk", c.risk)
	c.section("approvals", c.approvals)
	c.section("tokens", func() { c.tokens(address) })
	c.section("deadlines and cancelled calls", c.deadlines)
	c.section("many calls at once", c.multiplexing)
	c.section("a doubtful order", c.resolving)
	for _, method := range unaryMethods() {
		c.holds(method+" was answered", c.answered[method], "no answer with OK")
	}
}
