/// Whether a node may move to a declaration whose gate is open: every wave before its own must have done
/// well, and no pause may be left.
///
/// A wave is judged by its own thresholds and by its first nodes alone, at most ``WavePlan/mostWitnesses``:
/// whatever the size of the fleet, a node reads few reports. One that adds nobody, or only nodes on hold, is
/// passed. The failures of those that have left the group since the declaration stay in their waves.
package struct WaveRule {
    private let waves: Waves
    private let plan: WavePlan
    private let group: GroupName
    private let node: NodeName
    private let declaration: Declaration
    private let proceed: Proceed?
    private let isReturn: Bool
    private let leavers: WaveLeavers
    private let leaversUnknown: String?

    /// - Parameter left: what the node would leave: if the branch has gone back from it, the waves before the
    ///   node must have gone back, too; their old proofs alone would let all go at once.
    /// - Returns: nil for a group without waves.
    package init?(_ membership: Membership, declaration: Declaration, leaving left: Declaration?) {
        guard let waves = membership.group(for: declaration).waves,
            let plan = membership.wavePlan(for: declaration)
        else { return nil }
        self.waves = waves
        self.plan = plan
        self.declaration = declaration
        group = membership.group.name
        node = membership.node.name
        proceed = membership.proceed
        leavers = membership.waveLeavers(for: declaration)
        leaversUnknown = membership.leaversUnknown
        isReturn = left.map { membership.stack.withdrawal(of: $0) != nil } ?? false
    }

    /// What the waves say to a node.
    package struct Answer: Hashable, Sendable {
        /// The wave that adds the node, from 0.
        package let wave: Int
        /// Why the node does not move yet; empty if it may.
        package let refusals: [Reason]
        /// How the witnesses of the waves before it stand.
        package let witnesses: [GateAnswer.Witness]
        /// Whether the witnesses were not read yet.
        package let isUnread: Bool
    }

    package func answer(on evidence: Evidence) -> Answer {
        guard let own = plan.wave(of: node) else {
            let reason = Reason(.wave, "the node is in no wave of '\(group)': its nodes are not known")
            return Answer(wave: 0, refusals: [reason], witnesses: [], isUnread: false)
        }
        if let pause = pause(upTo: own) {
            return Answer(wave: own, refusals: [pause], witnesses: [], isUnread: false)
        }
        if let why = leaversUnknown ?? evidence.unasked(group, for: declaration)?.message {
            let reason = Reason(
                .wave,
                "\(title(own)) waits: whether one that has left '\(group)' failed cannot be told: \(why)")
            return Answer(wave: own, refusals: [reason], witnesses: [], isUnread: false)
        }
        let judged = max(own, leavers.waves.count)
        let isFirst = (0..<own).allSatisfy { plan.wave($0).isEmpty } && leavers.waves.isEmpty
        guard !isFirst else { return Answer(wave: own, refusals: [], witnesses: [], isUnread: false) }
        guard let read = evidence.waves[declaration], read.count >= judged else {
            let reason = Reason(.wave, "\(title(own)) waits: the reports of those before it were not read")
            return Answer(wave: own, refusals: [reason], witnesses: [], isUnread: true)
        }
        var refusals: [Reason] = []
        var witnesses: [GateAnswer.Witness] = []
        for index in 0..<judged {
            let count = GroupCount(
                of: group, nodes: read[index], thresholds: waves.thresholds, declaration: declaration,
                evidence: evidence, isReturn: isReturn)
            witnesses += count.witnesses
            if let refusal = refusal(own, wave: index, count: count) { refusals.append(refusal) }
        }
        return Answer(wave: own, refusals: refusals, witnesses: witnesses, isUnread: false)
    }

    /// The first pause up to a step, from 0, that nobody has ended.
    func pause(upTo last: Int) -> Reason? {
        let passed = proceed?.declaration == declaration ? proceed?.step ?? 0 : 0
        guard let step = waves.pauses.filter({ $0 <= last && $0 >= passed }).min() else { return nil }
        return Reason(
            .wavePause,
            "\(title(step)) waits for a person: 'plimsoll proceed \(group) --step \(step + 1)' lets it begin")
    }

    private func refusal(_ own: Int, wave index: Int, count: GroupCount) -> Reason? {
        // Of the wave as it was: whoever moves nodes out makes no more failures allowed, and no fewer.
        let size = min(
            (index < plan.count ? plan.wave(index).count : 0) + leavers.wave(index).count,
            WavePlan.mostWitnesses)
        let total = max(count.present, size)
        if waves.failures.isExceeded(by: count.failed.count, of: total) {
            let names = count.failedNames(first: 3)
            return Reason(
                .waveFailed, count: count.failed.count,
                "\(count.failed.count) of \(total) witnesses of step \(index + 1) in '\(group)' failed "
                    + "(\(names)), allowed are \(waves.failures)")
        }
        guard !count.hasNobody, count.required < 1 || count.healthy.count < count.required else { return nil }
        let details = count.lackingCounts.map { "\($0.count) \($0.standing.rawValue)" }
        let rest = details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
        return Reason(
            .wave, count: count.healthy.count,
            "\(title(own)) waits: \(count.healthy.count) of \(max(count.required, 1)) required in step "
                + "\(index + 1) are healthy for \(waves.soak)\(rest)")
    }

    private func title(_ index: Int) -> String { "step \(index + 1) of \(plan.count) in '\(group)'" }
}

extension WavePlan {
    /// Whose reports judge a wave: its first nodes, as many as may be witnesses, and besides those on hold
    /// that stand between them, who leave the share but never the failures.
    ///
    /// - Parameter isHeld: whether a person has put a node on hold.
    package func witnesses<Failure>(
        of index: Int, isHeld: (NodeName) throws(Failure) -> Bool
    ) throws(Failure) -> [NodeName] {
        var witnesses: [NodeName] = []
        var judging = 0
        for node in wave(index) {
            let isHeld = try isHeld(node)
            if !isHeld { judging += 1 }
            if !isHeld || witnesses.count < 2 * Self.mostWitnesses { witnesses.append(node) }
            if judging == Self.mostWitnesses { break }
        }
        return witnesses
    }
}
