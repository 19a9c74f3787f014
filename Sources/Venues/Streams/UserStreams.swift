import NIOCore
import TradingCore

/// Performs what a ``StreamRotation`` decides, on the gateway loop.
final class UserStreams {
    /// What makes the connections, and takes what they bring.
    struct Shell {
        /// - Parameters:
        ///   - ending: Called when the venue announces the connection's end.
        ///   - deliver: Takes what the connection brings.
        var connect:
            (
                _ ending: @escaping () -> Void,
                _ deliver: @escaping ([VenueInput]) -> Void
            ) -> StreamConnection
        var deliver: ([VenueInput]) -> Void
    }

    private let loop: any EventLoop
    private let shell: Shell
    private var rotation: StreamRotation
    private var connections: [Int: StreamConnection] = [:]
    private var timer: Scheduled<Void>?

    init(_ timing: StreamTiming, loop: any EventLoop, shell: Shell) {
        self.rotation = StreamRotation(timing: timing)
        self.loop = loop
        self.shell = shell
    }

    func start() { self.perform(self.rotation.start()) }

    /// Gives the present connection up and opens another.
    func renew(_ reason: String) { self.perform(self.rotation.renew(reason)) }

    func stop() {
        self.timer?.cancel()
        for connection in self.connections.values { connection.stop() }
        self.connections = [:]
    }

    private func receive(_ inputs: [VenueInput], from number: Int) {
        // What a connection says that was closed says nothing of the present one.
        guard self.connections[number] != nil else { return }
        let now = VenueClock.monotonic()
        self.perform(inputs.flatMap { self.rotation.receive($0, from: number, at: now) })
    }

    private func perform(_ actions: [RotationAction]) {
        var inputs: [VenueInput] = []
        for action in actions {
            switch action {
            case .open(let number): self.open(number)
            case .close(let number): self.connections.removeValue(forKey: number)?.stop()
            case .deliver(let input): inputs.append(input)
            }
        }
        if !inputs.isEmpty { self.shell.deliver(inputs) }
        self.schedule()
    }

    private func open(_ number: Int) {
        let connection = self.shell.connect(
            { [weak self] in
                guard let self else { return }
                self.perform(self.rotation.ending(number))
            },
            { [weak self] inputs in self?.receive(inputs, from: number) }
        )
        self.connections[number] = connection
        connection.start()
    }

    private func schedule() {
        self.timer?.cancel()
        self.timer = nil
        guard let time = self.rotation.wakeAt, !self.connections.isEmpty else { return }
        let deadline = NIODeadline.uptimeNanoseconds(time.nanoseconds)
        self.timer = self.loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.perform(self.rotation.tick(at: VenueClock.monotonic()))
        }
    }
}
