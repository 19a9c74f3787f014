// swift-tools-version: 6.3
import PackageDescription

// A strategy as its own package: what it needs of the gateway is the product TradingAPI. Elsewhere
// the dependency is the repository's address in the place of the path.
let package = Package(
    name: "moving-average-crossover",
    dependencies: [
        .package(name: "RPCServer", path: "../..")
    ],
    targets: [
        // Decides: pure values.
        .target(
            name: "Crossover",
            dependencies: [.product(name: "TradingAPI", package: "RPCServer")]
        ),
        // Talks to the gateway.
        .executableTarget(
            name: "moving-average-crossover",
            dependencies: ["Crossover", .product(name: "TradingAPI", package: "RPCServer")]
        ),
        // Ends a trading day: closes positions, and says what the day was.
        .executableTarget(
            name: "end-of-day",
            dependencies: [.product(name: "TradingAPI", package: "RPCServer")]
        ),
        .testTarget(
            name: "CrossoverTests",
            dependencies: ["Crossover", .product(name: "TradingAPI", package: "RPCServer")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
