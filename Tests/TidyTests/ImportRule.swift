/// What the files of a target may import.
struct ImportRule {
    /// Modules that every file of the target may import.
    let everywhere: Set<String>
    /// Modules that only files with this beginning of their path, below the target's folder, may import.
    let fenced: [String: Set<String>]

    init(_ everywhere: Set<String>, fenced: [String: Set<String>] = [:]) {
        self.everywhere = everywhere
        self.fenced = fenced
    }

    func allows(_ module: String, in path: String) -> Bool {
        everywhere.contains(module)
            || fenced.contains { path.hasPrefix($0.key) && $0.value.contains(module) }
    }

    /// The rings: imports point inward, never sideways, never outward, and nothing imports Foundation.
    static let table: [String: ImportRule] = [
        "FleetCore": ImportRule([], fenced: ["Values/Digest.swift": ["Crypto"]]),
        "FleetReconciler": ImportRule(["FleetCore", "Logging"]),
        "FleetRepository": ImportRule(
            ["FleetCore", "FleetReconciler", "Crypto", "CryptoExtras", "Glibc", "Synchronization"],
            fenced: [
                "Libgit2/": ["CLibgit2", "CZlib"], "Format/YAMLEvents.swift": ["CLibyaml"],
                "Network/HTTP/": ["CCurl"],
            ]),
        "FleetPackages": ImportRule([
            "FleetCore", "FleetReconciler", "Subprocess", "SystemPackage", "Glibc", "Synchronization",
        ]),
        "FleetSimulator": ImportRule(["FleetCore", "FleetReconciler", "Logging"]),
        "FleetProgram": ImportRule(
            ["FleetCore", "FleetReconciler", "ArgumentParser", "Logging", "Glibc"],
            fenced: ["SystemClock.swift": ["CTimex"], "StopSignals.swift": ["CSignalfd"]]),
        "plimsoll-agent": ImportRule(programs),
        "plimsoll": ImportRule(programs.union(["FleetSimulator", "Synchronization"])),
        "plimsoll-simulator": ImportRule(programs.union(["FleetSimulator"])),
    ]

    private static let programs: Set<String> = [
        "FleetCore", "FleetReconciler", "FleetRepository", "FleetPackages", "FleetProgram", "ArgumentParser",
        "Logging", "Glibc",
    ]

    /// C modules, which have no Swift files.
    static let systemLibraries: Set<String> = [
        "CCurl", "CLibgit2", "CLibyaml", "CSignalfd", "CTimex", "CZlib",
    ]
}
