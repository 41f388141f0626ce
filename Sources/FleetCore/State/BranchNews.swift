/// When a node last heard something new of its fleet's branch: when its mark moved.
package struct BranchNews: Hashable, Sendable {
    /// When that was, by the node's running time.
    package var at: TimeSpan
    /// Whether the node has found that too long ago. It stays so until the mark moves, whatever the clocks
    /// say meanwhile.
    package var isTooOld: Bool

    package init(at: TimeSpan, isTooOld: Bool = false) {
        self.at = at
        self.isTooOld = isTooOld
    }
}

extension NodeState {
    /// Remembers whether the mark has moved.
    ///
    /// A state of an agent that did not ask for news begins to count now.
    ///
    /// - Parameter before: the mark before.
    package mutating func noteNews(after before: CommitID?, at now: Instant) {
        guard mark != nil, mark != before || news == nil else { return }
        news = BranchNews(at: running.total(at: now))
    }

    /// For how long this node has heard nothing new of the branch: by its own running time since the mark
    /// moved, and by a wall clock that is known to be right since it was committed. The larger counts: who
    /// holds a clock back, or shows a new node an old branch, is found by the other.
    ///
    /// - Parameter markDate: by the committer's clock; nil where it is not known.
    package func silence(since markDate: Timestamp?, at now: Instant) -> TimeSpan {
        let heard = news.map { running.total(at: now) - $0.at } ?? TimeSpan.zero
        guard now.isWallKnown, let markDate else { return heard }
        return max(heard, TimeSpan(seconds: now.wall.seconds - markDate.seconds))
    }

    /// Why the branch, as far as this node knows it, is too old to be the newest; nil if it is not, or nobody
    /// asks. It changes nothing that the node does.
    package func staleness(in desired: Desired, since markDate: Timestamp?, at now: Instant) -> Reason? {
        guard case .member(let membership) = desired.standing, let limit = membership.fleet.freshness,
            let mark
        else { return nil }
        let silence = silence(since: markDate, at: now)
        guard silence >= limit || news?.isTooOld ?? false else { return nil }
        return Reason(
            .stale,
            "nothing newer than \(mark.short) was heard of the branch for \(silence.rough), and the fleet "
                + "asks for a commit each \(limit): it was quiet for too long, or somebody withholds what is "
                + "new; compare that commit with the branch as another clone has it")
    }
}
