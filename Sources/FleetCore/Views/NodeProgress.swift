/// How far a node has come with what is declared, for people who watch a rollout.
package enum ProgressStanding: String, Sendable, CaseIterable {
    /// Well on it, for as long as anybody asks.
    case healthy
    /// On it, and not yet for long enough.
    case soaking
    /// On its way: admitted, and not wholly installed or in effect; or about to go back to it.
    case changing
    /// Not admitted yet.
    case waiting
    /// Not admitted, and a person has put it on hold.
    case held
    /// It failed there.
    case failed
    /// Nothing new of it for two heartbeats.
    case silent
    /// It has never reported, or its report is not to be believed.
    case unknown

    /// A sign that stands for it in a bar: colour alone must not tell.
    package var sign: Character {
        switch self {
        case .healthy: "#"
        case .soaking: "+"
        case .changing: "~"
        case .waiting: "."
        case .held: "="
        case .failed: "x"
        case .silent: "?"
        case .unknown: "!"
        }
    }
}

/// A node in a rollout.
package struct NodeProgress: Hashable, Sendable {
    package let node: NodeName
    package let standing: ProgressStanding
    /// When it has been well for as long as anybody asks, at the earliest; nil where it is not on it.
    package let settles: Timestamp?
    /// What a person does about it; nil where it gets on by itself.
    package let person: PersonStep?

    package init(
        node: NodeName, standing: ProgressStanding, settles: Timestamp? = nil, person: PersonStep? = nil
    ) {
        self.node = node
        self.standing = standing
        self.settles = settles
        self.person = person
    }

    /// Whether nothing but a person gets it further.
    package var needsPerson: Bool { person?.isOnlyWay ?? false }

    /// - Parameters:
    ///   - soak: the longest soak that a gate or a wave asks of this node.
    ///   - isOutdated: whether its report may be older than what a person has done about it since.
    package init(
        _ canary: CanaryEvidence, on declaration: Declaration, soak: TimeSpan, in evidence: Evidence,
        isOutdated: Bool = false, now: Timestamp
    ) {
        let standing = canary.progress(on: declaration, soak: soak, in: evidence)
        let isOnTheWay = standing == .soaking || standing == .changing
        self.init(
            node: canary.node, standing: standing,
            settles: isOnTheWay ? canary.settles(on: declaration, soak: soak, now: now) : nil,
            person: canary.personStep(standing, on: declaration, isOutdated: isOutdated))
    }
}

extension CanaryEvidence {
    fileprivate func progress(
        on declaration: Declaration, soak: TimeSpan, in evidence: Evidence
    ) -> ProgressStanding {
        let standing = standing(to: declaration, soak: soak, in: evidence)
        // An old proof opens gates; after the branch went back to it the node still has what was withdrawn.
        if report?.baseline.admitted != declaration, [.healthy, .soaking].contains(standing) {
            return isSilent(in: evidence) ? .silent : isHeld ? .held : .waiting
        }
        switch standing {
        case .healthy: return .healthy
        case .failed: return .failed
        case .silent: return .silent
        case .soaking, .unfit:
            // Who waits for the budget has admitted it provisionally, and changes nothing yet.
            if report?.reasons.contains(where: { $0.code == .budget }) == true {
                return isHeld ? .held : .waiting
            }
            let isProven = report?.proven.contains { $0.declaration == declaration } ?? false
            return isProven || report?.progress == .reached ? .soaking : .changing
        case .behind:
            if isHeld { return .held }
            return report == nil ? .unknown : .waiting
        case .peerAhead: return isHeld ? .held : .waiting
        case .rejected, .fork: return .unknown
        }
    }
}

extension [NodeProgress] {
    package var counts: [ProgressStanding: Int] {
        reduce(into: [:]) { $0[$1.standing, default: 0] += 1 }
    }
}
