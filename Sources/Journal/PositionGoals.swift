import CTradingProto
import TradingCore

/// How the journal names what a caller wanted of a position.
struct StoredPositionGoal {
    var kind: UInt32
    var value: Int64

    init(_ goal: PositionGoal?) {
        switch goal {
        case nil: (self.kind, self.value) = (0, 0)
        case .close: (self.kind, self.value) = (1, 0)
        case .closeShare(let share): (self.kind, self.value) = (2, share.raw)
        case .closeQuantity(let quantity): (self.kind, self.value) = (3, quantity.raw)
        case .reach(let quantity): (self.kind, self.value) = (4, quantity.raw)
        }
    }

    init(_ message: Trading__Journal__V1__Intent) {
        self.kind = unsafe message.position_goal
        self.value = unsafe message.position_goal_value
    }

    init(_ message: Trading__Journal__V1__ExitsClosing) {
        self.kind = unsafe message.position_goal
        self.value = unsafe message.position_goal_value
    }

    func goal() throws(DecodingProblem) -> PositionGoal? {
        switch self.kind {
        case 0: nil
        case 1: .close
        case 2: .closeShare(PositionShare(raw: self.value))
        case 3: .closeQuantity(Quantity(raw: self.value))
        case 4: .reach(Quantity(raw: self.value))
        default: throw DecodingProblem("a position goal of unknown kind \(self.kind)")
        }
    }
}
