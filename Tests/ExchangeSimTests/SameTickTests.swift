import NIOCore
import NIOEmbedded
import Testing
import TradingCore

@testable import ExchangeSim

/// The whole pipeline on a loop that does nothing by itself.
@Suite("One tick")
struct SameTickTests {
    private static func connect(
        _ exchange: Exchange,
        _ loop: EmbeddedEventLoop
    ) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        try SimServer.configure(channel, exchange)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static func output(of channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            text += String(decoding: buffer.readableBytesView, as: UTF8.self)
        }
        return text
    }

    private static func frame(_ text: String) -> ByteBuffer {
        let length = UInt16(text.utf8.count)
        let header: [UInt8] = [
            0x81, 0xFE, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 0, 0,
        ]
        return ByteBuffer(bytes: header + Array(text.utf8))
    }

    @Test func `the events of a trade are written in the tick of its answer`() throws {
        let loop = EmbeddedEventLoop()
        let exchange = FuzzTarget.exchange(on: loop)
        let user = try Self.connect(exchange, loop)
        let upgrade =
            "GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        try user.writeInbound(ByteBuffer(string: upgrade))
        loop.run()
        let key = SimConfiguration.defaultKey
        let hmac = HMACKey(secret: SimConfiguration.defaultSecret)
        func signature(_ payload: String) -> String {
            SimClient.hexadecimal(hmac.code(of: Array(payload.utf8)))
        }
        let time = FuzzTarget.time.milliseconds
        let signed = signature("apiKey=\(key)&timestamp=\(time)")
        try user.writeInbound(
            Self.frame(
                """
                {"id":1,"method":"userDataStream.subscribe.signature","params":{"apiKey":"\(key)",\
                "timestamp":\(time),"signature":"\(signed)"}}
                """
            )
        )
        loop.run()
        #expect(try Self.output(of: user).contains("subscriptionId"))

        let payload = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&timestamp=\(time)"
        let rest = try Self.connect(exchange, loop)
        try rest.writeInbound(
            ByteBuffer(
                string: "POST /api/v3/order?\(payload)&signature=\(signature(payload)) HTTP/1.1"
                    + "\r\nHost: x\r\nX-MBX-APIKEY: \(key)\r\n\r\n"
            )
        )
        // The loop's clock does not move: what is written now leaves with the answer.
        loop.run()
        #expect(try Self.output(of: rest).contains(#""status":"FILLED""#))
        let events = try Self.output(of: user)
        #expect(events.contains(#""x":"TRADE""#))
        #expect(events.contains("outboundAccountPosition"))
        _ = try user.finish(acceptAlreadyClosed: true)
        _ = try rest.finish(acceptAlreadyClosed: true)
    }
}
