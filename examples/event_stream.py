#!/usr/bin/env python3
"""Follows the gateway's events over restarts, with nothing but sockets; docs/rpc.md is the
description.

    event_stream.py ADDRESS [--from N] [--until N] [--kind K]... [--symbol S]... [--tag T]...

ADDRESS is the path of a Unix socket or HOST:PORT. Each event is printed as one line of JSON. Where
the connection breaks, the server restarts or the client was too slow, it connects again and asks
for what comes behind the last sequence that it heard of, so that nothing is missing and nothing
comes twice. TRADECTL_TOKEN, where set, is sent as the caller's token.
"""

import argparse
import json
import os
import socket
import struct
import sys
import time

from ttrpc_call import FRAME_BYTES_MAX, REQUEST, RESPONSE, Status, connect, field, fields
from ttrpc_call import receive, varint

DATA = 3
REMOTE_CLOSED, NO_DATA = 0x01, 0x04
HEARTBEAT_MILLISECONDS = 1000
# Statuses after which a client may simply ask again, and the code for "too slow".
RESOURCE_EXHAUSTED, UNAVAILABLE = 8, 14

SIDES = ["", "BUY", "SELL"]
KINDS = [
    "", "order", "fill", "balance", "mode", "kill", "risk", "limit", "access", "venue", "server",
]

# Of each message the fields that are shown: number, name and how to read it.
TEXT, NUMBER, SIGNED, FLAG = "text", "number", "signed", "flag"
VALUE = {1: ("name", TEXT), 2: ("value", TEXT)}
FILL = {
    1: ("trade_id", SIGNED), 2: ("price", TEXT), 3: ("quantity", TEXT), 4: ("fee", TEXT),
    5: ("fee_asset", TEXT), 6: ("is_maker", FLAG), 7: ("time", SIGNED),
}
REFUSAL = {
    1: ("rule", TEXT), 2: ("limit", TEXT), 3: ("actual", TEXT), 4: ("message", TEXT),
    5: ("permitted", TEXT),
}
EVENT = {
    1: ("kind", KINDS), 2: ("name", TEXT), 3: ("order_id", NUMBER), 4: ("client_order_id", TEXT),
    6: ("symbol", TEXT), 7: ("side", SIDES), 8: ("strategy", TEXT), 9: ("tag", TEXT),
    12: ("fill", FILL), 13: ("refusal", REFUSAL), 14: ("values", [VALUE]),
}


def decode(message, table):
    """A dictionary of the fields that the table names; others are passed over."""
    result = {}
    for number, value in fields(message):
        if number not in table:
            continue
        name, how = table[number]
        if how == TEXT:
            result[name] = value.decode()
        elif how == NUMBER:
            result[name] = value
        elif how == SIGNED:
            result[name] = value - (1 << 64) if value >= 1 << 63 else value
        elif how == FLAG:
            result[name] = value != 0
        elif isinstance(how, dict):
            result[name] = decode(value, how)
        elif isinstance(how[0], dict):
            result.setdefault(name, []).append(decode(value, how[0]))
        else:
            # A kind that is newer than this program keeps its number.
            result[name] = how[value] if value < len(how) else value
    return result


def request(sequence, options):
    """A SubscribeRequest."""
    message = varint(1 << 3) + varint(sequence)
    for kind in options.kind:
        message += varint(2 << 3) + varint(KINDS.index(kind))
    for symbol in options.symbol:
        message += field(3, symbol.encode())
    for tag in options.tag:
        message += field(5, tag.encode())
    return message + varint(6 << 3) + varint(HEARTBEAT_MILLISECONDS)


def messages(connection, payload):
    """Opens the stream and yields its messages; ends with a Status or an error of the socket."""
    opening = field(1, b"trading.v1.TradingService") + field(2, b"Subscribe") + field(3, payload)
    token = os.environ.get("TRADECTL_TOKEN", "").strip()
    if token:
        opening += field(5, field(1, b"authorization") + field(2, b"Bearer " + token.encode()))
    connection.sendall(struct.pack(">IIBB", len(opening), 1, REQUEST, REMOTE_CLOSED) + opening)
    # The protocol has no ping: silence for several heartbeats means that nobody is there.
    connection.settimeout(5 * HEARTBEAT_MILLISECONDS / 1000)
    while True:
        length, stream, kind, flags = struct.unpack(">IIBB", receive(connection, 10))
        if length > FRAME_BYTES_MAX or stream != 1 or kind not in (RESPONSE, DATA):
            raise ValueError(f"unexpected frame: type {kind}, stream {stream}, {length} bytes")
        data = receive(connection, length)
        if kind == RESPONSE:
            status = dict(fields(dict(fields(data)).get(1, b"")))
            raise Status(status.get(1, 0), status.get(2, b"").decode())
        if not flags & NO_DATA:
            yield data
        if flags & REMOTE_CLOSED:
            raise EOFError("the server ended the stream")


def follow(options):
    """Yields (sequence, time, event) for ever; in a heartbeat the event is None."""
    sequence, pause = options.first, 0.05
    was_connected = False
    while True:
        try:
            with connect(options.address) as connection:
                for message in messages(connection, request(sequence, options)):
                    response = dict(fields(message))
                    reached = response.get(1, 0)
                    event = response.get(3)
                    if event is not None and reached < sequence:
                        raise ValueError(f"event {reached} came twice")
                    sequence, pause, was_connected = max(sequence, reached + 1), 0.05, True
                    yield reached, response.get(2, 0), event
        except Status as status:
            if status.code not in (UNAVAILABLE, RESOURCE_EXHAUSTED):
                raise
            print(f"{status}; going on from {sequence}", file=sys.stderr)
        except (OSError, EOFError) as error:
            if not was_connected:
                raise
            print(f"{error or 'the connection broke'}; going on from {sequence}", file=sys.stderr)
        time.sleep(pause)
        pause = min(2 * pause, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("address")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first event")
    parser.add_argument("--until", type=int, default=1 << 63, help="the last event")
    parser.add_argument("--kind", action="append", default=[], choices=KINDS[1:])
    parser.add_argument("--symbol", action="append", default=[])
    parser.add_argument("--tag", action="append", default=[])
    options = parser.parse_args()
    try:
        for sequence, when, event in follow(options):
            if event is not None and sequence <= options.until:
                line = {"sequence": sequence, "time": when, **decode(event, EVENT)}
                print(json.dumps(line), flush=True)
            if sequence >= options.until:
                return
    except (Status, OSError, EOFError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
