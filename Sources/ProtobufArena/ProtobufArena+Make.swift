extension ProtobufArena {
    /// A message set up by its own `…__init` function, then by the body.
    @inlinable
    package func make<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
        _ body: (inout Message) -> Void
    ) -> UnsafeMutablePointer<Message> {
        let memory = unsafe self.allocate(bytes: MemoryLayout<Message>.size)
        let message = unsafe memory.assumingMemoryBound(to: Message.self)
        unsafe initialize(message)
        unsafe body(&message.pointee)
        return unsafe message
    }
}
