package import FleetCore

extension Entry {
    /// An entry as a test writes it: a version, `absent`, `purged`, or a version with ` where installed` or `
    /// demanded`.
    package init(_ key: String, _ text: String) {
        let key = EntryKey.of(key)
        let words = text.split(separator: " ")
        let requirement: Requirement
        switch words.first {
        case "absent": requirement = .absent
        case "purged": requirement = .purged
        default:
            var presence = key.defaultPresence
            if words.last == "installed" { presence = .whereInstalled }
            if words.last == "demanded" { presence = .demanded }
            requirement = .version(
                .of(words.first ?? ""), presence: presence, sha256: [:])
        }
        self.init(key, requirement)
    }
}

extension Baseline {
    /// A baseline with entries as ``Entry`` reads them.
    package static func sample(
        _ packages: [String: String], name: String = "base", system: SystemRequirement? = nil,
        newer: NewerPolicy = .keep, checks: [Check] = [], irreversible: IrreversiblePolicy = .refuse,
        updaters: UpdatersPolicy = .report, reboot: RebootPolicy = .whenRequired, restart: [String] = [],
        kernels: Int? = nil
    ) -> Baseline {
        Baseline(
            name: .of(name), system: system, entries: packages.map { Entry($0.key, $0.value) }, newer: newer,
            checks: checks, reboot: reboot, restart: restart.map { .of($0) }, irreversible: irreversible,
            updaters: updaters, kernels: kernels)
    }
}

extension Inventory {
    /// Packages as a test writes them, such as `nginx 1.0` or `libssl3:i386 3 source=openssl held`.
    ///
    /// Without an architecture it is amd64, without a source the package's own name. The words `held`,
    /// `broken`, `config-files` and `triggers-pending` say the state.
    package static func sample(
        _ packages: [String], architectures: [String] = ["amd64"]
    ) -> Inventory {
        Inventory(
            architectures: architectures.map { .of($0) }, packages: packages.map(InstalledPackage.init(line:))
        )
    }
}

extension InstalledPackage {
    fileprivate init(line: String) {
        let words = line.split(separator: " ").map(String.init)
        let id = PackageID.of(words[0].contains(":") ? words[0] : "\(words[0]):amd64")
        let version = PackageVersion.of(words[1])
        let source = words.first { $0.hasPrefix("source=") }.map { String($0.dropFirst(7)) }
        let state = words.compactMap(PackageState.init(rawValue:)).first ?? .installed
        self.init(
            id: id, version: version, source: source.map { .of($0) } ?? id.name,
            sourceVersion: version.withoutRebuild, state: state, isHeld: words.contains("held"))
    }
}

extension DeclarationStack {
    /// The stack after a history that a test draws: a letter for each commit's baseline, `-` where it cannot
    /// be read.
    ///
    /// The commits are numbered from 1.
    package static func after(_ history: String) -> DeclarationStack {
        var stack = DeclarationStack()
        for (index, letter) in history.split(separator: " ").enumerated() {
            stack.declare(
                letter == "-" ? nil : .letter(letter), by: .number(index + 1),
                parent: index == 0 ? nil : .number(index))
        }
        return stack
    }
}

extension Instant {
    /// A moment `seconds` after a start of the machine.
    package static func at(
        _ seconds: Int64, boot: String = "boot-1", isWallKnown: Bool = true
    ) -> Instant {
        Instant(
            wall: Timestamp(seconds: 1_800_000_000 + seconds), isWallKnown: isWallKnown, bootID: boot,
            sinceBoot: TimeSpan(seconds: seconds))
    }

    /// A moment of the wall clock, as RFC 3339 writes it.
    package static func on(_ wall: String, isWallKnown: Bool = true) -> Instant {
        Instant(
            wall: .of(wall), isWallKnown: isWallKnown, bootID: "boot-1", sinceBoot: TimeSpan(seconds: 1_000))
    }
}

extension SystemFacts {
    package static let debian12 = SystemFacts(id: "debian", version: "12", kernel: "6.1.0-40-amd64")
}

extension Report {
    /// A report of a node that has `admitted` and has proven it, and others, for some seconds.
    package static func sample(
        node: String = "canary-1", group: String = "canary", admitted: Declaration?,
        proven: [Declaration: Int64] = [:], failed: [Declaration] = [], phase: Phase = .converged,
        reasons: [Reason.Code] = [], notApplicable: [String] = [], commit: CommitID = .number(1)
    ) -> Report {
        Report(
            fleet: .of("acme"), node: .of(node), group: .of(group), sequence: 7, previous: .number(0xfff),
            time: .of("2026-11-22T12:00:00Z"), bootID: "boot-1", commit: commit,
            baseline: BaselineStatement(name: .of("base"), declared: admitted, admitted: admitted),
            phase: phase,
            reasons: reasons.map { Reason($0, "for a test") },
            proven: proven.sorted { $0.key.commit < $1.key.commit }
                .map { Proof(declaration: $0.key, healthyFor: TimeSpan(seconds: $0.value)) },
            failed: failed.map {
                Failure(declaration: $0, attempts: 1, isFinal: true, reason: "for a test")
            },
            packages: PackageStatement(notApplicable: notApplicable.map { .of($0) }),
            system: SystemStatement(facts: .debian12, architectures: [.of("amd64")]))
    }
}
