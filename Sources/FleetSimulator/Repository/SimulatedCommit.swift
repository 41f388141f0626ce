package import FleetCore

/// A commit of the simulated branch, with what every reader of it would work out anew.
package final class SimulatedCommit {
    package let id: CommitID
    package let parent: SimulatedCommit?
    package let signer: Signer
    package let content: FleetContent
    /// Seconds since the beginning.
    package let time: Int64
    /// How many commits lie before it on the first-parent chain.
    package let depth: Int
    /// The truth, which no node is told: whether each commit from the introduction to this one was signed by
    /// a signer that its parent lists.
    package let isAuthentic: Bool
    /// The digests of the baselines that can be read.
    let digests: [BaselineName: Digest]
    /// The truth about declarations at this commit.
    let stacks: [BaselineName: DeclarationStack]

    private var views: [GroupName: GroupView] = [:]
    private var rolls: [GroupName: [NodeRecord]]?
    var wavePlans: [GroupName: [Declaration: WavePlan]] = [:]
    var knownWitnesses: [ReadKey: [NodeRecord]] = [:]
    /// Who has left a group since a declaration came, as far as somebody asked.
    var knownLeavers: [DepartureKey: [NodeName]] = [:]

    init(
        id: CommitID, parent: SimulatedCommit?, signer: Signer, content: FleetContent, time: Int64,
        changing baselines: Set<BaselineName>
    ) {
        self.id = id
        self.parent = parent
        self.signer = signer
        self.content = content
        self.time = time
        depth = (parent?.depth ?? -1) + 1
        isAuthentic = parent.map { $0.isAuthentic && $0.content.trust.contains(signer) } ?? true
        var digests = parent?.digests ?? [:]
        for name in parent == nil ? Set(content.baselines.keys) : baselines {
            digests[name] =
                content.broken.contains(name)
                ? nil
                : content.digests[name] ?? content.baselines[name].map { CanonicalForm($0).digest }
        }
        self.digests = digests
        var stacks = parent?.stacks ?? [:]
        Self.grow(&stacks, to: digests, of: content, by: id, parent: parent?.id)
        self.stacks = stacks
    }

    /// Grows the stacks by this commit, as an agent does that has authenticated it.
    func grow(_ stacks: inout [BaselineName: DeclarationStack]) {
        Self.grow(&stacks, to: digests, of: content, by: id, parent: parent?.id)
    }

    private static func grow(
        _ stacks: inout [BaselineName: DeclarationStack], to digests: [BaselineName: Digest],
        of content: FleetContent, by id: CommitID, parent: CommitID?
    ) {
        for name in content.baselines.keys {
            if let digest = digests[name], stacks[name]?.declared?.digest == digest,
                stacks[name]?.layers.last?.coveredAt == nil
            {
                continue
            }
            var stack = stacks[name] ?? DeclarationStack()
            stack.declare(digests[name], by: id, parent: parent)
            if !stack.layers.isEmpty { stacks[name] = stack }
        }
    }

    /// Whether `other` is this commit or lies before it on the first-parent chain.
    func contains(_ other: SimulatedCommit) -> Bool {
        var commit: SimulatedCommit? = self
        while let current = commit, current.depth > other.depth { commit = current.parent }
        return commit === other
    }

    /// The nodes of each group, in the order of their names.
    func roll(of group: GroupName) -> [NodeRecord] {
        if let rolls { return rolls[group] ?? [] }
        // Most commits leave the nodes as they are.
        let rolls = Dictionary(grouping: content.nodes.values, by: \.group)
            .mapValues { $0.sorted { $0.name < $1.name } }
        self.rolls = rolls
        return rolls[group] ?? []
    }

    /// What the commit says to the nodes of a group; nil if it has no such group, or its baseline cannot be
    /// read.
    func view(of name: GroupName) -> GroupView? {
        if let view = views[name] { return view }
        guard let group = content.groups[name], let baseline = content.baselines[group.baseline],
            let digest = digests[group.baseline]
        else { return nil }
        var canaries: [CanaryGroup] = []
        if case .rule(let rule) = group.gate {
            canaries = rule.after.map {
                CanaryGroup(name: $0, hold: content.groups[$0]?.hold, nodes: roll(of: $0))
            }
        }
        var soaks: [TimeSpan] = []
        for other in content.groups.values {
            if case .rule(let rule) = other.gate, rule.after.contains(name) { soaks += other.gateSoaks }
        }
        soaks += group.waveSoaks
        let peers = group.movesInWaves ? roll(of: name).map(\.name) : []
        let view = GroupView(
            group: group, baseline: baseline, digest: digest, canaries: canaries, soaks: soaks, peers: peers,
            peerSet: Set(peers))
        views[name] = view
        return view
    }
}

/// What a commit says to the nodes of one group.
struct GroupView {
    let group: Group
    let baseline: Baseline
    let digest: Digest
    let canaries: [CanaryGroup]
    let soaks: [TimeSpan]
    /// All nodes of the group, where it has waves.
    let peers: [NodeName]
    let peerSet: Set<NodeName>
}
