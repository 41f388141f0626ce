package import FleetCore

/// The layout of a fleet repository: which file is what.
///
/// The layout is the index: what a file is, is said by its path alone.
package enum Layout {
    /// The fleet: its name, trust, reports and defaults.
    package static let fleet = "fleet.yaml"
    /// Who may change the branch.
    package static let allowedSigners = "trust/allowed_signers"
    /// The host keys of the servers.
    package static let knownHosts = "trust/known_hosts"
    /// The folder of the OpenPGP keys that may, too.
    static let openPGP = "trust/openpgp"
    /// Who may change which folder, and how many it takes.
    package static let trustRules = "trust/rules.yaml"
    static let groups = "groups"
    static let baselines = "baselines"

    static func baseline(_ name: BaselineName) -> String { "\(baselines)/\(name).yaml" }
    static func sourceList(_ name: SourceListName) -> String { "sources/\(name).sources" }
    static func group(_ name: GroupName) -> String { "\(groups)/\(name)/group.yaml" }
    /// The folder with the files of a group's nodes.
    static func nodes(of group: GroupName) -> String { "\(groups)/\(group)/nodes" }

    /// What a person has said of a group's pauses.
    package static func proceed(_ group: GroupName) -> String { "\(groups)/\(group)/proceed.yaml" }

    /// Where the file of a node is put; anywhere below the group's `nodes` is as good.
    package static func node(_ name: NodeName, in group: GroupName) -> String {
        "groups/\(group)/nodes/\(name).yaml"
    }

    /// The most that is read of a file, in bytes.
    static func limit(of kind: FileKind) -> Int {
        switch kind {
        case .baseline, .sourceList, .trust: 1_048_576
        case .fleet, .group, .proceed, .node, .misplaced, .other: 65_536
        }
    }
}

/// What a file of a fleet repository is.
enum FileKind: Hashable, Sendable {
    case fleet
    case baseline(BaselineName)
    case sourceList(SourceListName)
    case group(GroupName)
    case proceed(GroupName)
    case node(NodeName, GroupName)
    /// Belongs to `trust/`: the authentication reads it.
    case trust
    /// Stands in a folder of the format, but nothing reads it; with what is wrong.
    case misplaced(String)
    /// None of the format's business, such as `README.md`.
    case other

    /// Tells by the path.
    init(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let last = parts.last.map(String.init) ?? ""
        guard !last.hasPrefix("."), !last.ends(with: ".md"), last != "CODEOWNERS" else {
            self = .other
            return
        }
        switch (parts.first, parts.count) {
        case ("fleet.yaml", 1): self = .fleet
        case ("fleet.yml", 1): self = .misplaced("its name must be 'fleet.yaml'")
        case ("baselines", 2):
            self = Self.named(last, ".yaml", "baselines/<baseline>.yaml") { FileKind.baseline($0) }
        case ("sources", 2):
            self = Self.named(last, ".sources", "sources/<name>.sources") { FileKind.sourceList($0) }
        case ("trust", let depth): self = Self.trust(path, depth: depth)
        case ("groups", 3...): self = Self.ofGroup(parts, last)
        case ("groups", 1), ("baselines", 1), ("sources", 1): self = .misplaced("expected a folder")
        case ("baselines", 3...): self = .misplaced("expected 'baselines/<baseline>.yaml'")
        case ("sources", 3...): self = .misplaced("expected 'sources/<name>.sources'")
        case ("groups", 2): self = .misplaced("expected 'groups/<group>/group.yaml'")
        default: self = .other
        }
    }

    private static func named<Kind: NameKind>(
        _ file: String, _ ending: String, _ expected: String, _ make: (Name<Kind>) -> FileKind
    ) -> FileKind {
        guard file.ends(with: ending) else { return .misplaced("expected '\(expected)'") }
        let name = file.dropLast(ending.utf8.count)
        guard let name = Name<Kind>(name) else {
            return .misplaced("\(DocumentNode.quoted(String(name))) is not \(Name<Kind>.expected)")
        }
        return make(name)
    }

    private static func ofGroup(_ parts: [Substring], _ last: String) -> FileKind {
        guard let group = GroupName(parts[1]) else {
            return .misplaced("\(DocumentNode.quoted(String(parts[1]))) is not \(GroupName.expected)")
        }
        if parts.count == 3, last == "group.yaml" { return .group(group) }
        if parts.count == 3, last == "proceed.yaml" { return .proceed(group) }
        guard parts[2] == "nodes", parts.count > 3 else {
            return .misplaced(
                "expected 'group.yaml', 'proceed.yaml' or 'nodes/<node>.yaml' below 'groups/\(group)'")
        }
        return named(last, ".yaml", "groups/\(group)/nodes/<node>.yaml") { FileKind.node($0, group) }
    }

    private static func trust(_ path: String, depth: Int) -> FileKind {
        let isKey = path.hasPrefix("\(Layout.openPGP)/") && depth == 3 && path.ends(with: ".asc")
        let known = [Layout.allowedSigners, Layout.trustRules, Layout.knownHosts]
        guard known.contains(path) || isKey else {
            let names = known.map { "'\($0)'" }.joined(separator: ", ")
            return .misplaced("expected \(names) or 'trust/openpgp/<key>.asc'")
        }
        return .trust
    }
}
