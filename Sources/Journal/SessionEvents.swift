import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func fillSession(_ message: inout Trading__Journal__V1__Event, with event: Event) {
        switch event {
        case .sessionOpened(let session):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_SESSION_OPENED
            unsafe message.session_opened = self.session(session)
        case .sessionEnded(let name, let end, let orders):
            unsafe message.kind_case = TRADING__JOURNAL__V1__EVENT__KIND_SESSION_ENDED
            unsafe message.session_ended = self.arena.make(
                trading__journal__v1__session_ended__init
            ) {
                unsafe $0.principal = self.arena.string(name.principal.name)
                unsafe $0.name = self.arena.string(name.text)
                unsafe $0.end = UInt32(end.rawValue)
                unsafe $0.n_order_ids = orders.count
                unsafe $0.order_ids = self.arena.array(scalars: orders.map(\.raw))
            }
        default: fatalError("invariant broken: \(event) is encoded elsewhere")
        }
    }

    func session(
        _ session: CancelSession
    ) -> UnsafeMutablePointer<Trading__Journal__V1__SessionOpened> {
        unsafe self.arena.make(trading__journal__v1__session_opened__init) { message in
            unsafe message.principal = self.arena.string(session.name.principal.name)
            unsafe message.name = self.arena.string(session.name.text)
            unsafe message.grace_milliseconds = session.graceMilliseconds
            unsafe message.opened_at = session.openedAt.nanoseconds
        }
    }
}

extension EventDecoder {
    static func sessionEvent(
        _ message: Trading__Journal__V1__Event
    ) throws(DecodingProblem) -> Event {
        switch unsafe message.kind_case {
        case TRADING__JOURNAL__V1__EVENT__KIND_SESSION_OPENED:
            return .sessionOpened(try unsafe self.session(self.present(message.session_opened)))
        case TRADING__JOURNAL__V1__EVENT__KIND_SESSION_ENDED:
            let part = try unsafe self.present(message.session_ended)
            let orders = unsafe UnsafeBufferPointer(start: part.order_ids, count: part.n_order_ids)
            return unsafe .sessionEnded(
                SessionName(self.text(part.name), of: Principal(self.text(part.principal))),
                try self.known(SessionEnd.self, part.end),
                orders: orders.map { OrderID(raw: $0) }
            )
        default:
            throw DecodingProblem("event of unknown kind")
        }
    }

    static func session(
        _ message: Trading__Journal__V1__SessionOpened
    ) throws(DecodingProblem) -> CancelSession {
        let grace = unsafe message.grace_milliseconds
        guard (0...CancelSession.graceMillisecondsMax).contains(grace) else {
            throw DecodingProblem("a session with a grace time of \(grace) ms")
        }
        return unsafe CancelSession(
            name: SessionName(
                self.text(message.name),
                of: Principal(self.text(message.principal))
            ),
            graceMilliseconds: grace,
            openedAt: WallTime(nanoseconds: message.opened_at)
        )
    }
}
