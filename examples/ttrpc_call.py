#!/usr/bin/env python3
"""One unary ttrpc call with nothing but sockets; docs/rpc.md is the description.

    ttrpc_call.py ADDRESS SERVICE/METHOD [PAYLOAD-AS-HEX] [TIMEOUT-SECONDS]

ADDRESS is the path of a Unix socket or HOST:PORT. The payload is a packed protobuf message, and so
is what is printed, as hex. A status other than OK goes to standard error and exits with 1.
"""

import socket
import struct
import sys

FRAME_BYTES_MAX = 4 << 20
REQUEST, RESPONSE = 1, 2


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def fields(message):
    """Yields (number, value) of a message: integers, or bytes for whatever has a length."""

    def take_varint(at):
        number = shift = 0
        while True:
            byte = message[at]
            number |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return number, at

    at = 0
    while at < len(message):
        tag, at = take_varint(at)
        if tag & 7 == 0:
            value, at = take_varint(at)
        elif tag & 7 == 2:
            length, at = take_varint(at)
            value, at = message[at : at + length], at + length
        else:
            raise ValueError(f"the envelope has no fields of wire type {tag & 7}")
        yield tag >> 3, value


def connect(address):
    if "/" in address:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(address)
    else:
        host, _, port = address.rpartition(":")
        connection = socket.create_connection((host.strip("[]"), int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def receive(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError("the connection ended without an answer: it may have been executed")
        data += piece
    return bytes(data)


class Status(Exception):
    def __init__(self, code, message):
        super().__init__(f"status {code}: {message}")
        self.code = code


def call(connection, stream, service, method, payload=b"", timeout=None):
    """Makes a call on an odd `stream` above all earlier ones; returns the packed answer."""
    request = field(1, service.encode()) + field(2, method.encode()) + field(3, payload)
    if timeout is not None:
        request += varint(4 << 3) + varint(max(1, int(timeout * 1e9)))
        # The server answers at the deadline; leave it a moment.
        connection.settimeout(timeout + 0.25)
    connection.sendall(struct.pack(">IIBB", len(request), stream, REQUEST, 0) + request)

    length, answered, kind, _ = struct.unpack(">IIBB", receive(connection, 10))
    if length > FRAME_BYTES_MAX or kind != RESPONSE or answered != stream:
        raise ValueError(f"unexpected frame: type {kind}, stream {answered}, {length} bytes")
    answer = b""
    for number, value in fields(receive(connection, length)):
        if number == 1:
            status = dict(fields(value))
            if status.get(1, 0) != 0:
                raise Status(status[1], status.get(2, b"").decode())
        elif number == 2:
            answer = value
    return answer


def main():
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    service, _, method = sys.argv[2].rpartition("/")
    try:
        payload = bytes.fromhex(sys.argv[3]) if len(sys.argv) > 3 else b""
        timeout = float(sys.argv[4]) if len(sys.argv) > 4 else None
        with connect(sys.argv[1]) as connection:
            print(call(connection, 1, service, method, payload, timeout).hex(" "))
    except (Status, OSError, EOFError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
