// swift-tools-version: 6.3
import PackageDescription

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let nioHTTP: [Target.Dependency] = [
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
]
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let arguments: Target.Dependency = .product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "RPCServer",
    products: [
        .executable(name: "RPCServer", targets: ["RPCServer"]),
        .executable(name: "tradectl", targets: ["tradectl"]),
        .executable(name: "ExchangeSim", targets: ["ExchangeSim"]),
        .library(name: "TradingAPI", targets: ["TradingAPI"]),
        .library(name: "TTRPC", targets: ["TTRPC"]),
        .library(name: "MatchingEngine", targets: ["MatchingEngine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // The C libraries of the system.
        .systemLibrary(
            name: "CProtobufC",
            pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CRocksDB",
            pkgConfig: "rocksdb",
            providers: [.apt(["librocksdb-dev"])]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Messages: C made by protoc-c from proto/, and the arena they live in.
        .target(name: "CTTRPCProto", dependencies: ["CProtobufC"]),
        .target(name: "CTradingProto", dependencies: ["CProtobufC"]),
        .target(name: "ProtobufArena", dependencies: ["CProtobufC"]),

        // Decisions: pure values, no I/O.
        .target(name: "TradingCore"),
        .target(name: "MatchingEngine", dependencies: ["TradingCore"]),
        .target(name: "MarketReplay", dependencies: ["TradingCore", "MatchingEngine", "CZlib"]),

        // Secrets that show up in no text, and one-time codes.
        .target(name: "Credentials", dependencies: ["COpenSSL"]),

        // Edges.
        .target(
            name: "TTRPC",
            dependencies: [
                "CTTRPCProto", "CProtobufC", "ProtobufArena", nioSSL,
                .product(name: "NIOTLS", package: "swift-nio"),
            ] + nio
        ),
        .target(
            name: "TradingAPI",
            dependencies: ["TradingCore", "TTRPC", "CTradingProto", "CProtobufC", "ProtobufArena"]
                + nio
        ),
        .target(
            name: "Journal",
            dependencies: [
                "TradingCore", "CTradingProto", "CProtobufC", "ProtobufArena", "CRocksDB",
                "COpenSSL",
            ]
        ),
        .target(
            name: "Venues",
            dependencies: [
                "Credentials", "TradingCore", "MatchingEngine", "MarketReplay", "CCurl", "COpenSSL",
                "CZlib", nioSSL,
            ] + nio + nioHTTP
        ),

        // Programs.
        .executableTarget(
            name: "RPCServer",
            dependencies: [
                "Credentials", "TradingCore", "TTRPC", "TradingAPI", "Journal", "Venues",
                "MarketReplay", arguments, logging, yams,
            ] + nio
        ),
        .executableTarget(
            name: "tradectl",
            dependencies: [
                "Credentials", "TradingCore", "TTRPC", "TradingAPI", "Journal", arguments,
            ] + nio
        ),
        .executableTarget(
            name: "ExchangeSim",
            dependencies: [
                "TradingCore", "MatchingEngine", "MarketReplay", "COpenSSL", arguments,
                collections,
            ] + nio + nioHTTP
        ),

        // Measurements; `make bench` builds and runs them.
        .target(name: "CFloors", dependencies: ["COpenSSL"], path: "benchmarks/floors"),
        .executableTarget(
            name: "benchmarks",
            dependencies: ["CFloors", "Journal", "MatchingEngine", "TradingCore"] + nio,
            path: "benchmarks",
            exclude: ["floors", "budgets", "peers"]
        ),

        // Real processes under faults; `make test-faults` builds and runs them.
        .target(
            name: "SystemTestSupport",
            dependencies: ["TradingAPI", "TradingCore", "COpenSSL"],
            path: "Tests/SystemTestSupport"
        ),
        .executableTarget(
            name: "faults",
            dependencies: ["SystemTestSupport", "TradingAPI", "TradingCore", arguments],
            path: "Tests/Faults",
            exclude: ["shim.c"]
        ),
        .executableTarget(
            name: "killswitch",
            dependencies: ["SystemTestSupport", "TradingAPI", "TradingCore", arguments],
            path: "Tests/KillSwitch"
        ),

        // Tests.
        .testTarget(name: "CredentialsTests", dependencies: ["Credentials"]),
        .testTarget(name: "TradingCoreTests", dependencies: ["TradingCore", "Journal"]),
        .executableTarget(
            name: "properties",
            dependencies: ["MatchingEngine", "TradingCore"],
            path: "Tests/Properties"
        ),
        .testTarget(
            name: "MatchingEngineTests",
            dependencies: ["MatchingEngine", "TradingCore", "properties"]
        ),
        .testTarget(
            name: "TTRPCTests",
            dependencies: [
                "TTRPC", "ProtobufArena", "CTTRPCProto", "CProtobufC", "SystemTestSupport",
                nioEmbedded,
            ] + nio
        ),
        .testTarget(
            name: "JournalTests",
            dependencies: ["Journal", "TradingCore", "ProtobufArena"],
            exclude: ["Corpus"]
        ),
        .testTarget(
            name: "VenuesTests",
            dependencies: [
                "Credentials", "Venues", "MatchingEngine", "MarketReplay", "TradingCore", nioSSL,
            ] + nio + nioHTTP
        ),
        .testTarget(
            name: "ExchangeSimTests",
            dependencies: [
                "ExchangeSim", "MatchingEngine", "MarketReplay", "ProtobufArena", "TTRPC",
                "TradingAPI", "TradingCore", "CZlib", nioEmbedded,
            ] + nio + nioHTTP,
            exclude: ["Fuzzing/Program.swift", "Fuzzing/Corpus"]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Credentials", "RPCServer", "tradectl", "ExchangeSim", "SystemTestSupport",
                "TradingAPI", "TTRPC", "TradingCore", "Journal", "Venues", "MarketReplay", "CZlib",
                logging,
            ] + nio
        ),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6]
)

// `make fuzz` builds one program more, from the tests' own harness and in place of the tests.
if Context.environment["TRADING_FUZZ"] != nil {
    package.targets.removeAll { $0.type == .test }
    // The fuzzer brings a main of its own, so the exchange is linked without its program.
    package.products.removeAll { $0.name == "ExchangeSim" }
    for (index, target) in package.targets.enumerated() where target.name == "ExchangeSim" {
        package.targets[index] = .target(
            name: target.name,
            dependencies: target.dependencies,
            exclude: ["Program.swift"]
        )
    }
    package.targets.append(
        .executableTarget(
            name: "fuzzers",
            dependencies: [
                "ExchangeSim", "MatchingEngine", "MarketReplay", "ProtobufArena", "TTRPC",
                "TradingAPI", "TradingCore", nioEmbedded,
            ] + nio + nioHTTP,
            path: "Tests/ExchangeSimTests/Fuzzing",
            exclude: ["Corpus"]
        )
    )
}

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
]
for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + settings
}
