package import FleetCore

/// The fleet repository: every commit that anybody ever made, on the branch or beside it.
package final class SimulatedRepository {
    package private(set) var commits: [CommitID: SimulatedCommit] = [:]
    package let introduction: SimulatedCommit
    /// What the branch really points at.
    package private(set) var tip: SimulatedCommit
    /// The newest authentic commit of the branch: where operators work on.
    package private(set) var head: SimulatedCommit

    package init(_ content: FleetContent, signer: Signer) {
        introduction = SimulatedCommit(
            id: .simulated(1, kind: 0xC), parent: nil, signer: signer, content: content, time: 0, changing: []
        )
        tip = introduction
        head = introduction
        commits[introduction.id] = introduction
    }

    /// Puts a commit on top of `parent`, and makes it the branch's tip.
    package func commit(
        _ content: FleetContent, on parent: SimulatedCommit, by signer: Signer, at time: Int64
    ) {
        let commit = commit(beside: content, on: parent, by: signer, at: time)
        tip = commit
        if commit.isAuthentic { head = commit }
    }

    /// Makes a commit that the branch does not point at.
    func commit(
        beside content: FleetContent, on parent: SimulatedCommit, by signer: Signer, at time: Int64
    ) -> SimulatedCommit {
        let names = Set(content.baselines.keys).filter { name in
            content.baselines[name] != parent.content.baselines[name]
                || content.broken.contains(name) != parent.content.broken.contains(name)
        }
        let commit = SimulatedCommit(
            id: .simulated(commits.count + 1, kind: 0xC), parent: parent, signer: signer, content: content,
            time: time, changing: names)
        commits[commit.id] = commit
        return commit
    }

    package func commit(_ id: CommitID?) -> SimulatedCommit? { id.flatMap { commits[$0] } }
}

extension CommitID {
    /// The id of the n-th object of a kind.
    static func simulated(_ number: Int, kind: UInt8) -> CommitID {
        var bytes = [UInt8](repeating: 0x30, count: 40)
        var rest = number
        var place = 39
        while rest > 0 {
            bytes[place] = hexDigits[rest & 15]
            rest >>= 4
            place -= 1
        }
        bytes[0] = hexDigits[Int(kind)]
        guard let id = CommitID(String(decoding: bytes, as: UTF8.self)) else {
            preconditionFailure("40 hexadecimal digits are a commit id")
        }
        return id
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}
