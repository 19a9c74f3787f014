package import TradingCore

extension DecimalError {
    /// What is wrong with a number, to follow the number itself.
    package var explanation: String {
        switch self {
        case .missingDigits: "is not a number"
        case .illegalCharacter: "is not a plain decimal number"
        case .tooPrecise(let digits): "has more than \(digits) digits after the point"
        case .outOfRange: "is out of range"
        }
    }
}
