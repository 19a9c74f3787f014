import Testing

@testable import TradingCore
@testable import Venues

@Suite struct ReceiptTests {
    static let key = "an-api-key-that-nobody-may-see"

    static func receipt(answering body: String) -> Receipt {
        Receipt(
            of: OrderID(raw: 7),
            BinanceRequest(
                method: .post,
                path: "/api/v3/order",
                query: QueryText([("symbol", "BTCUSDT")]),
                security: .timestamped
            ),
            answer: HTTPAnswer(status: 200, body: Array(body.utf8)),
            failure: "",
            sentAt: nil,
            apiKey: Self.key
        )
    }

    @Test func `request and answer are kept word for word, without a signature (G1)`() {
        let receipt = Self.receipt(answering: #"{"orderId":1}"#)
        #expect(receipt.request == "POST /api/v3/order\nsymbol=BTCUSDT")
        #expect(receipt.answer == Array(#"{"orderId":1}"#.utf8))
        #expect(receipt.status == 200)
        #expect(receipt.subject == .order(OrderID(raw: 7)))
    }

    @Test(arguments: [
        "<p>POST /api/v3/order?symbol=BTCUSDT&signature=abc</p>",
        "key an-api-key-that-nobody-may-see",
        #"{"listenKey":"x"}"#, #"{"listenToken":"x"}"#,
    ])
    func `an answer that repeats what must not be kept is withheld (H2)`(body: String) {
        let answer = String(decoding: Self.receipt(answering: body).answer, as: UTF8.self)
        #expect(answer.hasPrefix("(withheld"))
        let message = Receipt(of: "x", message: Array(body.utf8), apiKey: Self.key)
        #expect(String(decoding: message.answer, as: UTF8.self).hasPrefix("(withheld"))
    }
}
