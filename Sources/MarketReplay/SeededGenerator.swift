/// A small generator with a known sequence for each seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { self.state = seed }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number in a range; the tiny bias of the remainder does not matter here.
    package mutating func next(in range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(self.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
}
