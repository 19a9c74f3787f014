# The commands of the README; each installs what it needs first.
SHELL := /bin/bash
SWIFT_FLAGS ?=

PAIRS ?=

.PHONY: help deps build test test-clients test-example test-interop test-faults test-kill test-properties fuzz demo check release bench clean

help: ## Lists the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

deps: ## Installs the C libraries through apt, or prints how
	@scripts/deps

build: deps ## Builds everything
	swift build $(SWIFT_FLAGS)

test: deps ## Runs all tests
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build --no-parallel --skip SystemTests $(SWIFT_FLAGS)
	swift test --skip-build --no-parallel --filter SystemTests $(SWIFT_FLAGS)

test-clients: deps ## Drives ExchangeSim with ccxt and other clients from PyPI
	swift build --product ExchangeSim $(SWIFT_FLAGS)
	scripts/test-clients

test-interop: deps ## Calls RPCServer with containerd's ttrpc library for Go
	swift build --product RPCServer $(SWIFT_FLAGS)
	swift build --product ExchangeSim $(SWIFT_FLAGS)
	SWIFT_FLAGS="$(SWIFT_FLAGS)" scripts/test-interop

test-example: deps ## Builds the example strategy as a user would and lets it trade
	swift build --product RPCServer $(SWIFT_FLAGS)
	swift build --product ExchangeSim $(SWIFT_FLAGS)
	swift build --product tradectl $(SWIFT_FLAGS)
	SWIFT_FLAGS="$(SWIFT_FLAGS)" scripts/test-example

test-properties: deps ## A million random orders against a naive book; ORDERS, SEED and SEEDS choose
	swift build -c release --product properties $(SWIFT_FLAGS)
	.build/release/properties $(or $(ORDERS),1000000) $(or $(SEED),1) $(or $(SEEDS),1)

fuzz: ## Feeds the parsers of both servers arbitrary bytes with libFuzzer; SECONDS_EACH, TARGETS choose
	SWIFT_FLAGS="$(SWIFT_FLAGS)" scripts/fuzz $(or $(SECONDS_EACH),60) $(TARGETS)

test-faults: deps ## Breaks what is around a gateway, compares both sides (PAIRS=1: all of it)
	swift build --product RPCServer $(SWIFT_FLAGS)
	swift build --product ExchangeSim $(SWIFT_FLAGS)
	swift build --product faults $(SWIFT_FLAGS)
	bin=$$(swift build --show-bin-path $(SWIFT_FLAGS)) \
	    && clang -shared -fPIC -O1 -Wall -Wextra -Werror -o $$bin/fault-shim.so \
	        Tests/Faults/shim.c \
	    && $$bin/faults --shim $$bin/fault-shim.so $(if $(PAIRS),--pairs)

test-kill: deps ## Pulls the kill switch on real processes and prints how long it took
	swift build --product RPCServer $(SWIFT_FLAGS)
	swift build --product ExchangeSim $(SWIFT_FLAGS)
	swift build --product killswitch $(SWIFT_FLAGS)
	bin=$$(swift build --show-bin-path $(SWIFT_FLAGS)) \
	    && clang -shared -fPIC -O1 -Wall -Wextra -Werror -o $$bin/fault-shim.so \
	        Tests/Faults/shim.c \
	    && $$bin/killswitch --shim $$bin/fault-shim.so

demo: deps ## Runs an order through the whole system and shows it
	swift build $(SWIFT_FLAGS)
	scripts/demo

check: deps ## Lint, generated code, imports, warnings
	scripts/check

release: deps ## Builds the programs for use: optimised, and to run where no Swift is installed
	swift build -c release --static-swift-stdlib --product RPCServer $(SWIFT_FLAGS)
	swift build -c release --static-swift-stdlib --product tradectl $(SWIFT_FLAGS)
	swift build -c release --static-swift-stdlib --product ExchangeSim $(SWIFT_FLAGS)

bench: release ## Measures, beside the floors of the same run
	swift build -c release --static-swift-stdlib --product benchmarks $(SWIFT_FLAGS)
	scripts/build-peers
	.build/release/benchmarks

clean: ## Removes what was built
	rm -rf .build
