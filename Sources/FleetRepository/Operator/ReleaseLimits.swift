internal import FleetCore

/// Finds what the format has and this release's agents do not do yet: nodes would wait for it for ever, and
/// nobody should learn that from a report.
struct ReleaseLimits {
    private let files: FleetFiles
    private(set) var problems: [Problem] = []

    init(files: FleetFiles) { self.files = files }

    mutating func run() throws(FileTreeError) {
        for path in try files.tree.paths(below: "") {
            switch FileKind(path: path) {
            case .fleet:
                if let root = try root(path) { checkPolicy(root, path) }
            case .baseline, .group, .node, .proceed, .sourceList, .trust, .misplaced, .other: continue
            }
        }
    }

    private mutating func checkPolicy(_ root: DocumentNode, _ path: String) {
        guard let trust = Self.value("trust", in: root),
            let policy = Self.value("policy", in: trust.value)?.value,
            case .text(TrustPolicy.everyCommit.rawValue, isPlain: _) = policy.content
        else { return }
        problems.append(
            Problem(
                path, policy.place,
                "'\(TrustPolicy.everyCommit.rawValue)' needs a newer agent than "
                    + "\(AgentVersion.current), whose nodes "
                    + "would stay with the commit before; use '\(TrustPolicy.firstParent.rawValue)'"))
    }

    /// The document in a file; nil where there is none to be read, which the validation of the format says.
    private func root(_ path: String) throws(FileTreeError) -> DocumentNode? {
        guard case .success(let bytes) = try files.bytes(path) else { return nil }
        return try? DocumentParser.parse(bytes, file: path)
    }

    private static func value(_ key: String, in node: DocumentNode) -> DocumentNode.Pair? {
        guard case .mapping(let pairs) = node.content else { return nil }
        return pairs.first { $0.key == key }
    }
}
