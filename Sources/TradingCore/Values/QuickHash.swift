/// Finds the place of a key in a table by a few instructions, where `Hasher` takes hundreds.
///
/// For keys of whole words that nobody outside can fill a table with. Every table has a seed of its
/// own, so that one that is copied into another does not fill it place after place.
@usableFromInline
enum QuickHash {
    /// Every bit of both words has a part in every bit of the answer.
    @inlinable
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        // Bits of no pattern, so that words of zeros are mixed, too.
        let (one, other) = (left ^ 0x9E37_79B9_7F4A_7C15, right ^ 0xD1B5_4A32_D192_ED03)
        let (high, low) = one.multipliedFullWidth(by: other)
        return high ^ low
    }
}
