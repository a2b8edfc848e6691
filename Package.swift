// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// For what takes no time that anybody measures. The optimiser takes three quarters of such a target's compile time: of
/// `Stacks` 32 of 43 s of CPU, on one machine.
let coldSettings = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// For what is done with every request. The compiler proves of nearly every access that no other is under way; the check of
/// the few others, as they happen, takes a twelfth of the load generator's own time over HTTP/2.
let hotSettings = settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// A room of the house: a target whose dependencies are the arrows of the plan.
/// - Parameter settings: `coldSettings` of what works a few times a second at the most.
func room(_ name: String, _ dependencies: [Target.Dependency], isCold: Bool = false, isHot: Bool = false) -> Target {
    .target(
        name: name, dependencies: dependencies,
        swiftSettings: isCold ? coldSettings : isHot ? hotSettings : settings)
}

/// A room's tests.
/// - Parameter fixtures: a folder of files that tests read by themselves.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], fixtures: String? = nil) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
        exclude: fixtures.map { [$0] } ?? [], swiftSettings: coldSettings)
}

let package = Package(
    name: "storelab",
    products: [
        .executable(name: "storelab", targets: ["storelab"]),
        .executable(name: "store", targets: ["store"]),
    ],
    dependencies: [
        // Only for tests: the oracle of the latency histogram.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        // Without its traits, which read configuration files: they would cost half a minute of each first build.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // The program that measures.
        .executableTarget(
            name: "storelab", dependencies: ["Commands"], swiftSettings: settings),
        room(
            "Commands",
            [
                "Web", "Orchestrator", "Experiments", "Imports", "Analysis", "Results", "Reporting", "Stacks", "Agents",
                "LoadGenerator", "TestTarget", "FaultProxy", "Threads", "Model", argumentParser,
            ], isCold: true),
        room(
            "Web",
            [
                "Orchestrator", "Experiments", "Results", "Reporting", "Model",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"), logging, nioCore, nioPosix, serviceLifecycle,
            ]),
        room("Agents", ["Threads", "Model", "COpenSSL"]),
        room("Orchestrator", ["Stacks", "Threads", "Prometheus", "Analysis", "Results", "Model"], isCold: true),
        room("Experiments", ["Model", .product(name: "Yams", package: "Yams")], isCold: true),
        // Recordings have tens of MB.
        room("Imports", ["Model", .product(name: "Yams", package: "Yams")]),
        room(
            "Stacks",
            [
                "Model", mustache, .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ], isCold: true),
        room("LoadGenerator", ["Threads", "Model", "CBrotli", "CLinux", "CNghttp2", "COpenSSL", "CZlib"], isHot: true),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CBrotli", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        room("TestTarget", ["Threads", "Model", "CLinux", "CNghttp2", nioCore, nioPosix]),
        room("FaultProxy", ["Threads", "Model", "CLinux"]),
        room("Threads", ["Model", "CLinux"]),
        room("Prometheus", ["Model"], isCold: true),
        room("Analysis", ["Model"]),
        room("Reporting", ["Analysis", "Threads", "Model", mustache]),
        room("Results", ["Threads", "Model", "CZlib"]),
        room("Model", []),

        // The program that is measured.
        .executableTarget(
            name: "store",
            dependencies: [
                "StoreServer", "StoreBackends", argumentParser, logging, nioCore, serviceLifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        room(
            "StoreServer",
            [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                logging, nioCore, nioPosix,
            ]),
        room(
            "StoreBackends",
            ["StoreServer", "CLinux", "CMariaDB", "CHiredis", logging, nioConcurrencyHelpers, nioCore, nioPosix]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),

        // Tests stand beside their fixtures, one target per room.
        .target(
            name: "TestSupport", dependencies: ["Results"], path: "Tests/TestSupport", swiftSettings: settings),
        tests(of: "Model"),
        tests(of: "Analysis", ["Model"]),
        tests(of: "Reporting", ["Analysis", "Model", "Results"], fixtures: "Fixtures"),
        tests(of: "Experiments", ["Model", "Results"], fixtures: "Fixtures"),
        tests(of: "Imports", ["Experiments", "LoadGenerator", "Model"], fixtures: "Fixtures"),
        tests(of: "Results", ["Model"]),
        tests(of: "Orchestrator", ["SimulatedLaboratory", "Prometheus", "Stacks", "Analysis", "Model"]),
        tests(of: "Commands", ["Experiments", "Orchestrator", "Model", argumentParser]),
        tests(of: "Web", ["Orchestrator", "Experiments", "Results", "Reporting", "Model", nioCore, nioPosix]),
        tests(of: "Stacks", ["Model"]),
        tests(of: "Prometheus", ["Model"]),
        tests(of: "Threads", ["CLinux"]),
        tests(of: "FaultProxy", ["Threads", "Model", "CLinux"]),
        tests(of: "Agents", ["LoadGenerator", "Threads", "Model"]),
        tests(of: "TestTarget", ["Threads", "Model", nioCore, nioPosix]),
        tests(
            of: "LoadGenerator",
            [
                "Analysis", "TestTarget", "Model", "CNghttp2", nioCore, nioPosix,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),
        .executableTarget(
            name: "load-benchmark", dependencies: ["LoadGenerator", "Model"], path: "Tests/Benchmarks/load-benchmark",
            swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "storelab", "store", "TestTarget", "TestSupport", "Reporting", "Results", "Analysis", "Model",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: coldSettings),
        .target(
            name: "SimulatedLaboratory", dependencies: ["Orchestrator", "LoadGenerator", "Analysis", "Model"],
            path: "Tests/SimulatedLaboratory", swiftSettings: settings),
        tests(of: "SimulatedLaboratory", ["Analysis", "Model"]),
        .executableTarget(
            name: "search-benchmark", dependencies: ["SimulatedLaboratory", "Analysis", "Model", argumentParser],
            path: "Tests/Benchmarks/Search", swiftSettings: settings),
        .executableTarget(
            name: "store-benchmark",
            dependencies: [
                "Stacks", "Model", argumentParser, logging, .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/Benchmarks/Store", swiftSettings: coldSettings),
        tests(
            of: "StoreServer",
            [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"), nioEmbedded, logging, nioCore,
                serviceLifecycle,
            ]),
        tests(
            of: "StoreBackends",
            ["StoreServer", "store", "CHiredis", logging, nioCore, nioConcurrencyHelpers, nioPosix, serviceLifecycle]),
    ],
    swiftLanguageModes: [.v6]
)
