package import FleetCore

/// Something that a node did, as scenarios ask for it.
package struct Deed: Hashable, Sendable {
    /// Seconds since the beginning.
    package let time: Int64
    package let node: NodeName
    package let kind: Kind
    package let declaration: Declaration
    /// The number of the release that the declaration is about.
    package let release: Int?

    package enum Kind: String, Hashable, Sendable {
        /// The declaration was admitted.
        case admitted
        /// A provisional admission was given back.
        case gaveBack
        /// Packages began to change towards it.
        case changed
        /// They began to be put back.
        case undid
        /// It failed there, finally.
        case failed
    }
}

extension Simulation {
    /// A declaration as stories call it: the release, and the number of the commit.
    func words(for declaration: Declaration) -> String {
        let release =
            releases.number(of: declaration.digest).map { "release \($0)" } ?? "\(declaration.digest.short)"
        let depth = repository.commit(declaration.commit)?.depth ?? -1
        return "\(release) of commit \(depth)"
    }

    func note(_ kind: Deed.Kind, _ declaration: Declaration, by node: SimulatedNode) {
        deeds.append(
            Deed(
                time: time, node: node.name, kind: kind, declaration: declaration,
                release: releases.number(of: declaration.digest)))
    }
}
