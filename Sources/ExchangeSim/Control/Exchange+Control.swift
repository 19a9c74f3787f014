import MatchingEngine
import TradingCore

/// A request to the control API that cannot be done, with the reason.
struct ControlError: Error {
    let message: String
}

extension Exchange {
    /// Answers a request to the control API under `/sim/`; unsigned, reachable by loopback only.
    func control(_ request: HTTPRequest) -> HTTPReply {
        var parameters = Parameters()
        for field in Form.fields(of: request.query) + Form.fields(of: request.body) {
            _ = parameters.add(Form.decode(field.name), Form.decode(field.value))
        }
        var writer = JSONWriter()
        do {
            switch "\(request.method) \(request.path)" {
            case "POST /sim/deposit": try self.depositByControl(&parameters, &writer)
            case "POST /sim/faults": try self.addFault(&parameters, &writer)
            case "GET /sim/faults": self.listFaults(&writer)
            case "DELETE /sim/faults":
                self.faults.clear()
                self.listFaults(&writer)
            case "POST /sim/streams": try self.disturbStreams(&parameters, &writer)
            case "POST /sim/trading": try self.switchTrading(&parameters, &writer)
            case "POST /sim/market/step":
                self.liquidity?.step(self)
                writer.raw("{}")
            case "GET /sim/clock":
                try self.controlClock(advances: false, &parameters, &writer)
            case "POST /sim/clock/advance":
                try self.controlClock(advances: true, &parameters, &writer)
            case "POST /sim/fills": try self.addFills(&parameters, &writer)
            case "POST /sim/lock": try self.lockByControl(&parameters, &writer)
            case "GET /sim/limits": self.tellLimits(&writer)
            case "POST /sim/limits": try self.switchLimits(&parameters, &writer)
            case "POST /sim/clock/skew": try self.skewClock(&parameters, &writer)
            case "GET /sim/replay":
                try self.controlReplay(advances: false, &parameters, &writer)
            case "POST /sim/replay/advance":
                try self.controlReplay(advances: true, &parameters, &writer)
            default:
                return Self.controlFailure(404, "no such control: \(request.path)")
            }
            try parameters.requireAllRead()
        } catch let error as ControlError {
            return Self.controlFailure(400, error.message)
        } catch let error as APIError {
            return Self.controlFailure(400, error.message)
        } catch {
            return Self.controlFailure(500, "\(error)")
        }
        return HTTPReply(body: writer.bytes)
    }

    static func controlFailure(_ status: Int, _ message: String) -> HTTPReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("error", message)
        writer.endObject()
        return HTTPReply(status: status, body: writer.bytes)
    }

    // MARK: Money

    /// `POST /sim/deposit?asset=..&amount=..[&key=..]`; a negative amount withdraws.
    private func depositByControl(
        _ parameters: inout Parameters,
        _ writer: inout JSONWriter
    ) throws {
        let customer = try self.customerByControl(&parameters)
        let name = try parameters.mandatory("asset")
        guard let asset = self.engine.ledger.index(of: Asset(name)) else {
            throw ControlError(message: "no such asset: \(name)")
        }
        let text = try parameters.mandatory("amount")
        guard let amount = try? Amount(text), !amount.isZero else {
            throw ControlError(message: "not an amount: \(text)")
        }
        let balance = self.engine.ledger[customer.account, asset]
        guard balance.free + amount >= .zero else {
            throw ControlError(message: "only \(balance.free) is free")
        }
        self.engine.ledger.deposit(amount, of: asset, to: customer.account)
        let time = self.now
        customer.updateTime = time
        self.send(to: customer) { event in
            event.beginObject()
            event.field("e", "balanceUpdate")
            event.field("E", time)
            event.field("a", name)
            event.field("d", amount)
            event.field("T", time)
            event.endObject()
        }
        self.sendPosition(of: customer, assets: [asset], at: time)
        let after = self.engine.ledger[customer.account, asset]
        writer.beginObject()
        writer.field("asset", name)
        writer.field("free", after.free)
        writer.field("locked", after.locked)
        writer.endObject()
    }

    /// `POST /sim/lock?asset=..&amount=..[&key=..]`: another system locks a part of a balance, or
    /// unlocks it where the amount is negative.
    private func lockByControl(
        _ parameters: inout Parameters,
        _ writer: inout JSONWriter
    ) throws {
        let customer = try self.customerByControl(&parameters)
        let name = try parameters.mandatory("asset")
        guard let asset = self.engine.ledger.index(of: Asset(name)) else {
            throw ControlError(message: "no such asset: \(name)")
        }
        let text = try parameters.mandatory("amount")
        guard let amount = try? Amount(text), !amount.isZero else {
            throw ControlError(message: "not an amount: \(text)")
        }
        let held = customer.externalLocks[name] ?? .zero
        guard held + amount >= .zero else {
            throw ControlError(message: "only \(held) is locked from outside")
        }
        if amount > .zero {
            guard self.engine.ledger.lock(amount, of: asset, by: customer.account) else {
                throw ControlError(message: "so much is not free")
            }
        } else {
            self.engine.ledger.unlock(.zero - amount, of: asset, by: customer.account)
        }
        customer.externalLocks[name] = held + amount
        let time = self.now
        self.send(to: customer) { event in
            event.beginObject()
            event.field("e", "externalLockUpdate")
            event.field("E", time)
            event.field("a", name)
            event.field("d", amount)
            event.field("T", time)
            event.endObject()
        }
        self.sendPosition(of: customer, assets: [asset], at: time)
        let after = self.engine.ledger[customer.account, asset]
        writer.beginObject()
        writer.field("asset", name)
        writer.field("free", after.free)
        writer.field("locked", after.locked)
        writer.endObject()
    }

    /// The customer of the `key` parameter; the first one where none is sent.
    func customerByControl(_ parameters: inout Parameters) throws -> Customer {
        guard let key = parameters.text("key") else { return self.customers[0] }
        guard let entry = self.keys[key] else { throw ControlError(message: "no such key") }
        return entry.customer
    }

    /// `POST /sim/trading?symbol=..&enabled=true|false`.
    private func switchTrading(
        _ parameters: inout Parameters,
        _ writer: inout JSONWriter
    ) throws {
        let listing = try self.listing(parameters.mandatory("symbol"))
        guard let isTrading = try parameters.flag("enabled") else {
            throw ControlError(message: "enabled is missing")
        }
        self.engine.setTrading(isTrading, on: listing.market)
        writer.beginObject()
        writer.field("symbol", listing.name)
        writer.field("status", self.status(of: listing))
        writer.endObject()
    }
}
