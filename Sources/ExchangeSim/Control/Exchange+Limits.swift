extension Exchange {
    /// `POST /sim/limits?enforced=true`: from now on limits are enforced, or not; all counts begin
    /// anew.
    func switchLimits(_ parameters: inout Parameters, _ writer: inout JSONWriter) throws {
        guard let isEnforced = try parameters.flag("enforced") else {
            throw ControlError(message: "enforced is missing")
        }
        self.limits = AddressLimits(isEnforced: isEnforced)
        for customer in self.customers { customer.orderCount = OrderCount() }
        self.tellLimits(&writer)
    }

    /// `GET /sim/limits`: whether they are enforced, what is used, and how often one refused.
    func tellLimits(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("enforced", self.limits.isEnforced)
        writer.field("weight", Int64(self.limits.weight.used))
        writer.field("refused", self.limits.refusedCount)
        writer.endObject()
    }
}
