import CProtobufC
import CTradingProto
import ProtobufArena
import TradingCore

extension EventEncoder {
    func breach(
        _ breach: RiskBreach
    ) -> UnsafeMutablePointer<Trading__Journal__V1__RiskBreached> {
        unsafe self.arena.make(trading__journal__v1__risk_breached__init) { message in
            unsafe message.number = breach.number
            unsafe message.rule = UInt32(breach.rule.rawValue)
            unsafe message.venue = UInt32(breach.venue.rawValue)
            unsafe message.asset = self.arena.string(breach.asset?.name ?? "")
            unsafe message.strategy = self.arena.string(breach.strategy)
            unsafe message.limit = self.arena.string(breach.limit)
            unsafe message.actual = self.arena.string(breach.actual)
            unsafe message.message = self.arena.string(breach.message)
            unsafe message.action = UInt32(breach.action.rawValue)
            unsafe message.at = breach.at.nanoseconds
            if let acknowledgement = breach.acknowledgement {
                unsafe message.acknowledgement = self.acknowledgement(
                    acknowledgement,
                    of: breach.number
                )
            }
        }
    }

    func acknowledgement(
        _ acknowledgement: RiskBreach.Acknowledgement,
        of number: UInt64
    ) -> UnsafeMutablePointer<Trading__Journal__V1__BreachAcknowledged> {
        unsafe self.arena.make(trading__journal__v1__breach_acknowledged__init) { message in
            unsafe message.number = number
            unsafe message.principal = self.arena.string(acknowledgement.principal.name)
            unsafe message.reason = self.arena.string(acknowledgement.reason)
            unsafe message.at = acknowledgement.at.nanoseconds
        }
    }
}
