// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target: language mode 6, the strict upcoming features, and no warning survives.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// The deciding part is optimised in tests, too: they decide millions of times. Its checks stay in force.
let quick = strict + [SwiftSetting.unsafeFlags(["-O"], .when(configuration: .debug))]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The rings of docs/architecture.md: imports point inward, never sideways, never outward.
/// SwiftPM does not enforce that; `Tests/TidyTests` does.
let package = Package(
    name: "plimsoll",
    products: [
        .executable(name: "plimsoll", targets: ["plimsoll"]),
        .executable(name: "plimsoll-agent", targets: ["plimsoll-agent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        // Ring 0
        .target(name: "FleetCore", dependencies: [crypto], swiftSettings: quick),
        // Ring 1
        .target(name: "FleetReconciler", dependencies: ["FleetCore", logging], swiftSettings: quick),
        // Ring 2
        .systemLibrary(name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CLibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Without pkg-config: its headers are used, and the library is loaded where HTTP is.
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(
            name: "FleetRepository",
            dependencies: [
                "CCurl", "CLibgit2", "CLibyaml", "CZlib", "FleetCore", "FleetReconciler", crypto,
                cryptoExtras,
            ],
            swiftSettings: strict),
        .target(
            name: "FleetPackages",
            dependencies: [
                "FleetCore", "FleetReconciler",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "FleetSimulator", dependencies: ["FleetCore", "FleetReconciler", logging],
            swiftSettings: quick),
        .systemLibrary(name: "CTimex"),
        .systemLibrary(name: "CSignalfd"),
        .target(
            name: "FleetProgram", dependencies: ["CSignalfd", "CTimex", "FleetCore", logging],
            swiftSettings: strict),
        // Ring 3
        .executableTarget(
            name: "plimsoll-agent",
            dependencies: [
                "FleetCore", "FleetReconciler", "FleetRepository", "FleetPackages", "FleetProgram", arguments,
                logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "plimsoll",
            dependencies: [
                "FleetCore", "FleetReconciler", "FleetRepository", "FleetPackages", "FleetSimulator",
                "FleetProgram", arguments, logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "plimsoll-simulator",
            dependencies: ["FleetCore", "FleetSimulator", "FleetProgram", arguments], swiftSettings: strict),
        // Tests
        .target(
            name: "FleetTesting", dependencies: ["FleetCore", "FleetReconciler"],
            path: "Tests/FleetTesting", swiftSettings: strict),
        .testTarget(
            name: "FleetCoreTests", dependencies: ["FleetCore", "FleetTesting"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "FleetReconcilerTests", dependencies: ["FleetReconciler", "FleetTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "FleetRepositoryTests", dependencies: ["FleetRepository", "FleetTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "FleetPackagesTests", dependencies: ["FleetPackages", "FleetTesting"], swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "FleetPackages", "FleetProgram", "FleetSimulator", "FleetTesting", "FleetRepository",
                "plimsoll", "plimsoll-agent",
            ],
            exclude: ["Faults/faults.c"], swiftSettings: strict),
        .testTarget(
            name: "FleetSimulatorTests", dependencies: ["FleetSimulator", "FleetTesting"],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "CLibgit2", "FleetCore", "FleetPackages", "FleetReconciler", "FleetRepository",
                "FleetTesting",
            ],
            exclude: ["Corpus", "Found", "Fuzzer"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)

// `make fuzz` builds the targets of the fuzz tests once more, as one program of libFuzzer.
if Context.environment["PLIMSOLL_FUZZER"] != nil {
    package.targets.removeAll { $0.name == "FuzzTests" }
    package.targets.append(
        .executableTarget(
            name: "plimsoll-fuzzer",
            dependencies: [
                "CLibgit2", "FleetCore", "FleetPackages", "FleetReconciler", "FleetRepository",
                "FleetTesting",
            ],
            path: "Tests/FuzzTests", exclude: ["Corpus", "Found", "FuzzTests.swift", "Mutator.swift"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
            // binutils' gold fails with the sanitizers' debug information.
            linkerSettings: [.unsafeFlags(["-Xclang-linker", "-fuse-ld=lld"])]))
}
