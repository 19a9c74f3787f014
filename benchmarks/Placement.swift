/// Which process runs on which CPU; unpinned runs switch between two speeds on small machines.
enum Placement: String, CaseIterable {
    /// Everything on CPU 0: no wake-up crosses cores, nothing runs at the same time.
    case same
    /// The gateway on CPU 0; its client and the exchange on CPU 1.
    case spread

    /// The gateway, and what stands in for it in a floor.
    var gatewayCPU: CInt { 0 }

    /// The client, the exchange, and what stands in for them.
    var othersCPU: CInt { self == .same ? 0 : 1 }

    var title: String {
        switch self {
        case .same: "same: everything on CPU 0"
        case .spread: "spread: gateway on CPU 0, client and exchange on CPU 1"
        }
    }
}
