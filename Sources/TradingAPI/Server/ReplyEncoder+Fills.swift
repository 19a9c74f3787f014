import CTradingProto
import ProtobufArena
import TradingCore

extension ReplyEncoder {
    /// A page of fills; answers ListFills.
    package func encode(_ page: FillPage) -> [UInt8] {
        self.arena.reset()
        return unsafe self.pack(trading__v1__list_fills_response__init) { message in
            unsafe message.n_fills = page.fills.count
            unsafe message.fills = self.arena.array(page.fills.map { unsafe self.entry($0) })
            unsafe message.next_before_sequence = page.next ?? 0
        }
    }

    private func entry(
        _ entry: FillPage.Entry
    ) -> UnsafeMutablePointer<Trading__V1__OrderFill> {
        let subject = entry.subject
        return unsafe self.arena.make(trading__v1__order_fill__init) { message in
            unsafe message.sequence = entry.sequence
            unsafe message.order_id = subject.orderID?.raw ?? 0
            unsafe message.client_order_id = self.arena.string(subject.clientOrderID?.text ?? "")
            if let mode = subject.mode { unsafe message.mode = self.mode(mode) }
            unsafe message.symbol = self.arena.string(subject.symbol?.name ?? "")
            if let side = subject.side {
                unsafe message.side = Trading__V1__Side(UInt32(side.rawValue))
            }
            unsafe message.strategy = self.arena.string(subject.strategy)
            unsafe message.tag = self.arena.string(subject.tag)
            unsafe message.fill = self.fill(entry.fill)
        }
    }
}
