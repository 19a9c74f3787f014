/// A large value that is handed on by reference: a copy of it costs one count, however large it is.
///
/// It behaves as the value itself would: a change makes a value of its own.
package struct Shared<Value: Sendable>: Sendable {
    private final class Storage: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var storage: Storage

    package init(_ value: Value) { self.storage = Storage(value) }

    package var value: Value {
        _read { yield self.storage.value }
        set { self.storage = Storage(newValue) }
    }

    /// Whether both hold the same copy; equal values that were made apart do not.
    package func isSame(as other: Shared<Value>) -> Bool { self.storage === other.storage }
}

extension Shared: Equatable where Value: Equatable {
    package static func == (left: Shared<Value>, right: Shared<Value>) -> Bool {
        left.isSame(as: right) || left.value == right.value
    }
}

extension Shared: Hashable where Value: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(self.value) }
}
