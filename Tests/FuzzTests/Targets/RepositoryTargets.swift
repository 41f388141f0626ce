@testable import FleetCore
@testable import FleetRepository

/// The files of a fleet repository and of a node that people write in YAML.
extension FuzzTarget {
    static let repositoryFiles: [FuzzTarget] = [
        yaml, fleetFile, baselineFile, groupFile, nodeFile, proceedFile, agentFile, holdFile, rulesFile,
        repository,
    ]

    private static let syntax = [
        "apiVersion: plimsoll/v1\n", "\n  ", ": ", "- ", "[", "]", "{", "}", "null", "\"", "'", "|\n", ">\n",
        "#",
        "&a", "*a", "!!str", "<<: ", "---\n", "...\n", "? ", "x-note: ", "\u{FEFF}", "\u{2028}",
    ]

    /// YAML itself, and the holds that are found in any text.
    private static let yaml = FuzzTarget(bytes: "yaml", words: syntax + ["hold: ", "defaults:\n"]) { bytes in
        let holds = HoldReader(.success(bytes))
        for hold in [holds.hold, holds.defaultHold].compactMap(\.self) {
            try demand(!hold.unicodeScalars.contains(where: \.isControl), "a hold's reason is one line")
        }
        do throws(Problem) {
            _ = try DocumentParser.parse(bytes, file: "a.yaml")
        } catch {
            try check([error], of: bytes)
        }
    }

    /// What is wrong with a file stands in that file.
    private static func check(_ problems: [Problem], of bytes: [UInt8]) throws {
        let lines = bytes.count { $0 == 0x0A || $0 == 0x0D || $0 >= 0x80 } + 2
        for problem in problems {
            try demand(
                (1...lines).contains(problem.line) && (1...bytes.count + 2).contains(problem.column),
                "a problem has a place: \(problem)")
            try demand(!problem.message.unicodeScalars.contains(where: \.isControl), "a problem is one line")
        }
    }

    private static func check<Value>(_ decoded: Decoded<Value>, of bytes: [UInt8]) throws {
        try check(decoded.problems, of: bytes)
        try demand(
            decoded.value != nil || !decoded.problems.isEmpty,
            "what cannot be read has a problem that says why")
    }

    private static func name<Kind: NameKind>(_ text: String) -> Name<Kind> {
        guard let name = Name<Kind>(text) else { preconditionFailure("'\(text)' is no name") }
        return name
    }

    private static let groupKeys = [
        "gate:", "none", "after: [canary]", "healthy: ", "100%", "soak: ", "4h", "failures: ",
        "silence: hold",
        "uncovered: allow", "diversity:", "waves: ", "steps: ", "pause", "window:\n", "days: [sat, sun]",
        "start: \"01:00\"", "end: \"05:00\"", "zone: UTC", "Europe/Berlin", "freeze:\n", "from: 2026-12-20",
        "to: 2027-01-02", "reason: ", "checks:\n", "hold: ", "retry: ", "attempts: ", "budget: ",
        "supersede: ",
        "prefetch: ", "urgent: ", "missed: ", "99999999999",
    ]

    private static let fleetFile = FuzzTarget(
        bytes: "fleet-yaml",
        words: syntax + groupKeys + [
            "fleet: acme", "agent: \"0.1\"", "trust: ", "policy: first-parent", "branch: main",
            "threshold: 2", "freshness: 14d", "status: ", "remote: ", "remotes: [git://h/x]",
            "{group}", "heartbeat: 24h", "defaults:",
        ]
    ) { bytes in
        try check(FleetFile.decode(bytes), of: bytes)
        _ = FleetFile.requiredAgent(bytes)
        _ = FleetFile.trustSettings(bytes)
    }

    private static let rulesFile = FuzzTarget(
        bytes: "trust-rules",
        words: syntax + ["rules:\n", "path: ", "signers: [", "threshold: 2", "groups/", "trust/", "*@"]
    ) { bytes in
        try check(PathRules.decode(bytes), of: bytes)
    }

    private static let baselineFile = FuzzTarget(
        bytes: "baseline-yaml",
        words: syntax + [
            "description: ", "manager: apt", "for: {id: debian, version: \"12\"}", "include: [core]",
            "sources: [debian]", "packages:\n", "src:", "version: ", "install: false", "sha256: {amd64: ",
            "severity: critical", "advisories: [", "absent", "purged", "newer: replace", "checks:\n",
            "service: ", "command: [", "http: http://", "status: 200", "timeout: 10s", "reboot: never",
            "restart: [", "urgent: {until: 2026-11-30, reason: x}", "irreversible: allow", "unlisted: ",
            "updaters: stop", "debconf:\n", "kernels: 2", ":i386: ",
        ]
    ) { bytes in
        let decoded = BaselineFile.decode(bytes, name: name("debian-12"))
        try check(decoded, of: bytes)
        guard let file = decoded.value else { return }
        let merged = BaselineMerge.merge(file, known: []) { _ in nil }
        guard merged.problems.isEmpty, decoded.problems.isEmpty, let baseline = merged.value else { return }
        let form = CanonicalForm(baseline)
        try demand(CanonicalForm(json: form.json) == form, "a canonical form is read as it is written")
        let text = BaselineWriter.text(of: baseline)
        let again = BaselineFile.decode(Array(text.utf8), name: baseline.name)
        try demand(again.problems.isEmpty, "what is written of a baseline has no problem: \(again.problems)")
        let other = again.value.flatMap { BaselineMerge.merge($0, known: []) { _ in nil }.value }
        try demand(
            other.map { CanonicalForm($0).digest } == form.digest, "a written baseline has the same digest")
    }

    private static let groupFile = FuzzTarget(
        bytes: "group-yaml", words: syntax + groupKeys + ["baseline: debian-12"]
    ) {
        bytes in
        let decoded = GroupFile.decode(bytes, name: name("stores"), fleet: nil)
        try check(decoded, of: bytes)
        try check(decoded.value?.gateProblems ?? [], of: bytes)
        guard let group = decoded.value?.group(gate: GateSetting.none) else { return }
        let calendar = ChangeCalendar(group, zones: [:])
        for seconds in [-62_135_596_800, 0, 1_800_000_000, 253_402_300_799] as [Int64] {
            let moment = Timestamp(seconds: seconds)
            _ = calendar.isWindowOpen(at: moment)
            _ = calendar.freeze(at: moment)
        }
    }

    private static let nodeFile = FuzzTarget(
        bytes: "node-yaml",
        words: syntax + [
            "key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "labels: {site: berlin-3}", "except:\n",
            "src:nginx: ",
            "reason: ", "until: 2027-01-31", "hold: ", "retry: ",
        ]
    ) { bytes in
        try check(
            NodeFile.decode(bytes, name: name("atm-1"), group: name("stores"), path: "a.yaml"), of: bytes)
    }

    private static let proceedFile = FuzzTarget(
        bytes: "proceed-yaml", words: syntax + ["declaration:\n", "  digest: ", "  commit: ", "step: 1"]
    ) { bytes in
        let decoded = ProceedFile.decode(bytes, group: name("stores"))
        try check(decoded, of: bytes)
        guard let proceed = decoded.value, decoded.problems.isEmpty else { return }
        let again = ProceedFile.decode(Array(ProceedFile.text(proceed).utf8), group: name("stores"))
        try demand(again.problems.isEmpty && again.value == proceed, "what is written is read as it")
    }

    private static let agentFile = FuzzTarget(
        bytes: "agent-yaml",
        words: syntax + [
            "node: atm-1", "remote: ", "remotes: [/x]", "ssh://git@host/path", "branch: main",
            "introduction: 0123456789abcdef0123456789abcdef01234567", "sshKey: /", "knownHosts: /",
            "networkUser: ", "http:\n  - url: https://host/a", "caFile: /c", "token: {file: /t}", "state: /",
            "root: /", "holds: /", "interval: 5m", "clock: trusted",
            "searchPath: ", "deadlines: {connect: 1s}", "managerDeadline: 1h", "keptPackages: 1GiB",
        ]
    ) { bytes in
        do {
            let file = try AgentConfiguration(parsing: bytes, file: "agent.yaml")
            try demand((try? RemoteURL(file.remote)) != nil, "a remote that is read can be reached")
            let text = AgentFileWriter.text(
                remote: file.remote, introduction: file.introduction, node: file.node, state: file.state)
            let again = try AgentConfiguration(parsing: Array(text.utf8), file: "agent.yaml")
            try demand(
                again.remote == file.remote && again.node == file.node && again.state == file.state
                    && again.introduction == file.introduction,
                "what is written of a configuration is read as it")
        } catch let error as ProblemList {
            try demand(!error.problems.isEmpty, "what cannot be read has a problem that says why")
            try check(error.problems, of: bytes)
        }
    }

    /// A file in `hold.d`: whatever it says, it holds.
    private static let holdFile = FuzzTarget(
        bytes: "hold-file", words: syntax + ["reason: ", "until: 2026-11-30T17:00:00Z"]
    ) {
        bytes in
        for isYAML in [true, false] {
            let hold = HoldFile(lenient: bytes, isYAML: isYAML)
            try demand(
                hold.reason.unicodeScalars.count <= HoldFile.longestReason
                    && !hold.reason.unicodeScalars.contains(where: \.isControl),
                "a reason is one short line")
            let again = HoldFile(lenient: Array(hold.text.utf8), isYAML: true)
            try demand(again == hold, "what is written of a hold is read as it")
        }
    }

    /// A whole repository: files, each after a line `=== path`.
    private static let repository = FuzzTarget(
        bytes: "repository", longest: 16_384,
        words: syntax + groupKeys + ["\n=== groups/", "/nodes/", "\n=== baselines/", "include: [", "=== "]
    ) { bytes in
        let tree = MemoryTree(bytes)
        let validation = try FleetValidator.validate(tree)
        let reader = FleetReader(tree)
        let index = FleetIndex(paths: try tree.paths(below: ""))
        for group in index.groupsWithNodes.sorted() {
            for (node, path) in index.nodes(of: group) {
                do {
                    let view = try reader.view(of: node)
                    if case .broken(let why) = view.group.gate, validation.problems.isEmpty {
                        throw BrokenProperty(description: "validate finds what breaks a gate: \(why)")
                    }
                } catch let error as FleetReadError {
                    try demand(!validation.problems.isEmpty, "validate finds why \(path) is unread: \(error)")
                }
                _ = try reader.holds(on: node)
            }
        }
    }
}

/// The files of one input.
private struct MemoryTree: FileTree {
    private var files: [String: [UInt8]] = [:]

    init(_ bytes: [UInt8]) {
        let mark = Array("=== ".utf8)
        var path: String?
        var content: [UInt8] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard line.starts(with: mark) else {
                content += line + [0x0A]
                continue
            }
            if let path { files[path] = content }
            path = String(decoding: line.dropFirst(mark.count), as: UTF8.self)
            content = []
        }
        if let path { files[path] = content }
    }

    func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? { files[path] }

    func paths(below folder: String) throws(FileTreeError) -> [String] {
        files.keys.filter { folder.isEmpty || $0.hasPrefix("\(folder)/") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
