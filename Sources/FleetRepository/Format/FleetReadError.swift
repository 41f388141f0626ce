package import FleetCore

/// Why a commit of the fleet repository cannot be followed by a node.
package enum FleetReadError: Error, Hashable, Sendable {
    /// Something that the node needs is wrong. Only another commit can mend it.
    case unreadable([Problem])
    /// The repository asks for an agent of this version or a newer one.
    case needsNewerAgent(AgentVersion)
    /// No file says that the node is in the fleet; `awaited` is the path of the one that would, with
    /// `<group>` for the group.
    case notInFleet(awaited: String)
    /// This machine could not read it now.
    case inaccessible(FileTreeError)
}

extension FleetReadError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let problems):
            problems.count > 1
                ? "\(problems[0]) (and \(problems.count - 1) more)"
                : problems.first?.description ?? "the fleet repository cannot be read"
        case .needsNewerAgent(let version):
            "the fleet repository needs agent \(version) or newer; this is \(AgentVersion.current)"
        case .notInFleet(let awaited): "the fleet repository has no file '\(awaited)'"
        case .inaccessible(let error): error.description
        }
    }
}
