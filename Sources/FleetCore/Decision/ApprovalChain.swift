/// How far a chain of authentic commits is approved.
///
/// The *ground* is the newest commit that has had its approvals: nodes follow it, and what it says of keys
/// and thresholds holds for the commits after it. It depends on the chain alone, commit by commit, so that
/// each node finds the same one however often it looks.
///
/// `Voice` is what tells one signature's key from another's.
package struct ApprovalChain<Voice: Sendable>: Sendable {
    package private(set) var ground: CommitID
    /// What came after the ground, oldest first.
    package private(set) var pending: [Link] = []
    /// The newest commit at which nothing waited for approval. From here the rest can be found anew.
    package private(set) var settled: CommitID
    /// What was said of the pending commits after they came.
    private var approvals: [CommitID: [Voice]] = [:]

    /// A commit of the chain.
    package struct Link: Sendable {
        package let commit: CommitID
        /// Whose signatures stand for the commit itself.
        package let voices: [Voice]
        /// Which commits before it are approved by it, and by whom.
        package let approvals: [(target: CommitID, voice: Voice)]
        /// Whether it does nothing else.
        package let isApproval: Bool

        package init(
            _ commit: CommitID, voices: [Voice], approvals: [(target: CommitID, voice: Voice)] = [],
            isApproval: Bool = false
        ) {
            self.commit = commit
            self.voices = voices
            self.approvals = approvals
            self.isApproval = isApproval
        }
    }

    /// What a commit needs if it is to become the ground.
    ///
    /// - Parameters:
    ///   - ground: the present ground, whose rules count.
    ///   - commit: the commit that is asked about.
    ///   - voices: all that have signed or approved it, some of them perhaps more than once.
    /// - Returns: what each rule asks for that the difference of the two touches, empty where nothing is
    ///   asked; nil for a commit that cannot become the ground, because its own rules cannot be read.
    package typealias Judge<Failure: Error> =
        (_ ground: CommitID, _ commit: CommitID, _ voices: [Voice]) throws(Failure) -> [ApprovalDemand]?

    /// - Parameter settled: the introduction, or another commit at which nothing waited.
    package init(from settled: CommitID) {
        self.settled = settled
        ground = settled
    }

    /// Takes the next commit of the chain.
    ///
    /// - Returns: the commits that became the ground by it, oldest first.
    package mutating func append<Failure: Error>(
        _ link: Link, judge: Judge<Failure>
    ) throws(Failure) -> [CommitID] {
        pending.append(link)
        for (target, voice) in link.approvals { approvals[target, default: []].append(voice) }
        // Nothing that was pending has got a voice more, but these.
        var isAsked: (Link) -> Bool = { other in
            other.commit == link.commit || link.approvals.contains { $0.target == other.commit }
        }
        var passed: [CommitID] = []
        while let place = try newestApproved(isAsked, judge) {
            ground = pending[place].commit
            passed.append(ground)
            pending.removeFirst(place + 1)
            // Under the rules of another ground all that waits is asked anew.
            isAsked = { _ in true }
        }
        if pending.isEmpty {
            settled = ground
            approvals = [:]
        }
        return passed
    }

    /// What the newest of the pending commits still needs; nil where none of them can become the ground.
    package func demands<Failure: Error>(
        of link: Link, judge: Judge<Failure>
    ) throws(Failure) -> [ApprovalDemand]? {
        try judge(ground, link.commit, link.voices + approvals[link.commit, default: []])
    }

    private func newestApproved<Failure: Error>(
        _ isAsked: (Link) -> Bool, _ judge: Judge<Failure>
    ) throws(Failure) -> Int? {
        for (place, link) in pending.enumerated().reversed() where isAsked(link) {
            if let demands = try demands(of: link, judge: judge), demands.allSatisfy(\.isMet) { return place }
        }
        return nil
    }
}

/// What one rule asks of a commit before nodes follow it, and what it has of that.
package struct ApprovalDemand: Hashable, Sendable {
    /// A path that the commit changes and the rule is about; nil for what the fleet asks of every commit.
    package let path: String?
    /// How many different persons' keys must have signed or approved it.
    package let needed: Int
    /// Who has, of those that count. A person with two keys counts once.
    package let by: Set<String>

    package init(path: String?, needed: Int, by: Set<String>) {
        self.path = path
        self.needed = needed
        self.by = by
    }

    package var isMet: Bool { by.count >= needed }
}
