#!/usr/bin/env bash
# Trades on ExchangeSim with curl and openssl.
#
#     ExchangeSim --port 8080 &
#     examples/exchange-sim-curl.sh http://127.0.0.1:8080
set -euo pipefail

rest=${1:-http://127.0.0.1:8080}
key=simkey0000000000000000000000000000000000000000000000000000000001
secret=simsecret0000000000000000000000000000000000000000000000000000001

# A signed request: the signature covers the query exactly as it is sent.
signed() { # method, path, query
    local query signature
    query="$3${3:+&}timestamp=$(date +%s%3N)"
    signature=$(printf '%s' "$query" | openssl dgst -sha256 -hmac "$secret" | sed 's/^.* //')
    curl --silent --show-error --request "$1" --header "X-MBX-APIKEY: $key" \
        "$rest$2?$query&signature=$signature"
    echo
}

echo "# the order book"
curl --silent --show-error "$rest/api/v3/depth?symbol=BTCUSDT&limit=5"
echo

echo "# an order that rests, and its end"
signed POST /api/v3/order \
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=50000&newClientOrderId=by-curl"
signed DELETE /api/v3/order "symbol=BTCUSDT&origClientOrderId=by-curl"

echo "# an order that fills, and one that is refused"
signed POST /api/v3/order "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5"
signed POST /api/v3/order "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=50"

echo "# what is left"
signed GET /api/v3/account "omitZeroBalances=true"
