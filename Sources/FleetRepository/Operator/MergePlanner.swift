package import FleetCore

/// Compares the files of a commit with those of the merge that is proposed after it.
struct MergePlanner {
    let clone: Clone
    let proposal: MergeProposal
    /// The stacks of declarations at the base.
    let stacks: [BaselineName: DeclarationStack]
    private let old: FleetReader
    private let new: FleetReader

    /// - Parameter chain: the authentic commits up to the base, from the introduction on.
    init(_ proposal: MergeProposal, in clone: Clone, chain: [VerifiedCommit]) throws(GitError) {
        self.clone = clone
        self.proposal = proposal
        old = FleetReader(CommitTree(clone: clone, commit: proposal.base))
        new = FleetReader(CommitTree(clone: clone, commit: proposal.result))
        let reader = DeclarationReader(clone: clone)
        var stacks: [BaselineName: DeclarationStack] = [:]
        for commit in chain { try reader.grow(&stacks, by: commit) }
        self.stacks = stacks
    }

    /// What the merge would do.
    ///
    /// - Throws: ``GitError``, `FleetReadError`, `FileTreeError`.
    func plan() throws -> MergePlan {
        let tree = CommitTree(clone: clone, commit: proposal.result)
        var plan = MergePlan(
            base: proposal.base, head: proposal.head,
            validation: try RepositoryValidation.validate(
                tree, since: CommitTree(clone: clone, commit: proposal.base)))
        guard plan.validation.problems.isEmpty else { return plan }
        let changed = try changedPaths()
        guard !changed.isEmpty else { return plan }
        plan.baselines = try baselines()
        plan.groups = try groups(plan.baselines, changed)
        plan.nodes = try NodeComparison(clone: clone, proposal: proposal).changes()
        plan.trust = try trust(changed)
        plan.fleet = try fleet()
        return plan
    }

    /// The paths of the layout at which the two commits differ.
    private func changedPaths() throws(GitError) -> Set<String> {
        var seen: [String: ObjectID] = [:]
        for (path, entry) in try clone.repository.paths(below: "", in: proposal.base, limit: Self.pathLimit)
            ?? []
        {
            seen[path] = entry.id
        }
        var changed: Set<String> = []
        for (path, entry) in try clone.repository.paths(below: "", in: proposal.result, limit: Self.pathLimit)
            ?? []
        where seen.removeValue(forKey: path) != entry.id {
            changed.insert(path)
        }
        changed.formUnion(seen.keys)
        return changed.filter { FileKind(path: $0) != .other }
    }

    static let pathLimit = 200_000
}

extension MergePlanner {
    /// What becomes of each baseline that has another digest, or another content besides.
    private func baselines() throws -> [MergePlan.BaselinePlan] {
        var after = stacks
        try DeclarationReader(clone: clone).grow(&after, by: proposal.result, parent: proposal.base)
        let names = try [proposal.base, proposal.result].flatMap { commit in
            try (clone.repository.entries(of: Layout.baselines, in: commit) ?? []).compactMap { entry in
                entry.name.hasSuffix(".yaml") ? BaselineName(entry.name.dropLast(5)) : nil
            }
        }
        return Set(names).sorted().compactMap { name in
            let before = try? old.baseline(named: name)
            guard let now = try? new.baseline(named: name) else {
                return before.map {
                    MergePlan.BaselinePlan(
                        name: name, effect: .removed, changes: [], order: $0.manager.versionOrder, besides: []
                    )
                }
            }
            let effect = effect(from: stacks[name], to: after[name])
            let changes =
                before.map { $0.changes(to: now) }
                ?? now.entries.map { EntryChange(key: $0.key, from: nil, to: $0) }
            let besides = before.map { $0.changesBesidesPackages(to: now) } ?? []
            if case .keeps = effect, besides.isEmpty, before != nil { return nil }
            return MergePlan.BaselinePlan(
                name: name, effect: effect, changes: changes, order: now.manager.versionOrder,
                besides: besides, urgent: now.urgent)
        }
    }

    private func effect(from old: DeclarationStack?, to new: DeclarationStack?) -> MergePlan.Effect {
        guard let declared = new?.declared, declared != old?.declared else { return .keeps }
        if let old, old.contains(declared) {
            let taken = old.layers.map(\.declaration).reversed().prefix { $0 != declared }
            return .resumes(declared, withdrawing: Array(taken))
        }
        let withdrawal = old?.withdrawals.last { $0.declaration.digest == declared.digest }
        return .declares(declared.digest, withdrawnBy: withdrawal?.commit)
    }

    /// The groups that get another declaration or other settings.
    private func groups(
        _ baselines: [MergePlan.BaselinePlan], _ changed: Set<String>
    ) throws -> [MergePlan.GroupPlan] {
        let moving = Set(
            baselines.compactMap { plan -> BaselineName? in
                if case .keeps = plan.effect { return nil }
                return plan.name
            })
        let index = FleetIndex(
            paths: try CommitTree(clone: clone, commit: proposal.result).paths(below: Layout.groups))
        let sizes = Dictionary(uniqueKeysWithValues: index.groups.map { ($0, index.nodes(of: $0).count) })
        let isFleetChanged = changed.contains(Layout.fleet)
        var plans: [MergePlan.GroupPlan] = []
        for name in index.groups.sorted() {
            let now = try new.view(ofGroup: name)
            let isChanged =
                isFleetChanged || changed.contains(Layout.group(name))
                || changed.contains(Layout.proceed(name))
            guard isChanged || moving.contains(now.group.baseline) else { continue }
            let before = try? old.view(ofGroup: name)
            var settings = now.group.changes(from: before?.group)
            if now.proceed != before?.proceed {
                settings.append(
                    MergePlan.SettingChange(
                        key: "proceed", from: before?.proceed?.words, to: now.proceed?.words))
            }
            let moves =
                moving.contains(now.group.baseline)
                || before.map { $0.group.baseline != now.group.baseline } ?? false
            guard moves || !settings.isEmpty || before == nil else { continue }
            let nodes = index.nodes(of: name)
            plans.append(
                MergePlan.GroupPlan(
                    name: name, nodes: nodes.count, heldNodes: try held(nodes, in: name), moves: moves,
                    group: now.group, waveSizes: Self.waveSizes(now.group, nodes.count),
                    fleetHold: now.fleet.hold, settings: settings,
                    loosened: before.map { now.group.loosenings(from: $0.group, sizes: sizes) } ?? []))
        }
        return plans
    }

    private func held(_ nodes: [(name: NodeName, path: String)], in group: GroupName) throws(GitError) -> Int
    {
        var count = 0
        for (name, path) in nodes {
            let bytes = try clone.repository.file(
                at: path, in: proposal.result, limitBytes: Layout.limit(of: .node(name, group)))?.bytes
            let file = bytes.flatMap { NodeFile.decode($0, name: name, group: group, path: path).value }
            if file?.node.hold != nil { count += 1 }
        }
        return count
    }

    /// How many nodes each step adds.
    private static func waveSizes(_ group: Group, _ nodes: Int) -> [Int] {
        var last = 0
        return (group.waves?.steps ?? []).map { step in
            let end = max(min(max(step.required(of: nodes), 1), nodes), last)
            defer { last = end }
            return end - last
        }
    }

    private func trust(_ changed: Set<String>) throws -> [MergePlan.TrustChange] {
        var changes: [MergePlan.TrustChange] = []
        if changed.contains(Layout.allowedSigners) {
            let (before, now) = (try signers(at: proposal.base), try signers(at: proposal.result))
            changes += before.subtracting(now).sorted().map { .init(isAdded: false, subject: $0) }
            changes += now.subtracting(before).sorted().map { .init(isAdded: true, subject: $0) }
        }
        if changed.contains(Layout.trustRules) {
            let (before, now) = (try rules(at: proposal.base), try rules(at: proposal.result))
            changes += before.subtracting(now).sorted().map { .init(isAdded: false, subject: $0) }
            changes += now.subtracting(before).sorted().map { .init(isAdded: true, subject: $0) }
        }
        let files = changed.filter { $0.hasPrefix("\(Layout.openPGP)/") }
        if !files.isEmpty {
            let (before, now) = (try keys(at: proposal.base), try keys(at: proposal.result))
            changes += before.subtracting(now).sorted().map { .init(isAdded: false, subject: $0) }
            changes += now.subtracting(before).sorted().map { .init(isAdded: true, subject: $0) }
            // The same keys in other files, or with more in them, such as a revocation.
            if before == now { changes += files.sorted().map { .init(isAdded: true, subject: $0) } }
        }
        return changes
    }

    /// What each line of `trust/allowed_signers` lets sign: whom, by which key, and under which options.
    private func signers(at commit: CommitID) throws(GitError) -> Set<String> {
        let file = try clone.repository.file(at: Layout.allowedSigners, in: commit, limitBytes: 1_048_576)
        guard let file, let signers = try? AllowedSigners(parsing: file.bytes) else { return [] }
        return Set(
            signers.signers.map { signer in
                let whom = signer.principals.name ?? "nobody"
                let isForGit = signer.namespaces.map { $0.matches(CommitSignature.namespace) } ?? true
                let isLimited = signer.validAfter != nil || signer.validBefore != nil
                return "\(whom) \(signer.key.fingerprint)" + (isForGit ? "" : " (not for commits)")
                    + (isLimited ? " (for a limited time)" : "")
            })
    }

    /// What each OpenPGP key lets sign: whom, by which of its keys, and until when.
    private func keys(at commit: CommitID) throws(GitError) -> Set<String> {
        guard case .success(let keyring) = try TrustBook(clone).keyring(at: commit) else { return [] }
        return Set(
            keyring.certificates.flatMap { certificate in
                certificate.keys.map { key in
                    let end = key.end.map { " (until \(Timestamp(seconds: $0)))" } ?? ""
                    return "\(certificate.principal) OpenPGP \(key.name)\(end)"
                }
            })
    }

    /// Each rule of `trust/rules.yaml` in words.
    private func rules(at commit: CommitID) throws(GitError) -> Set<String> {
        let rules = try TrustBook(clone).writtenRules(at: commit).flawless ?? .none
        return Set(
            rules.rules.map { rule in
                let signers = rule.signers.map { ": \($0)" } ?? ""
                return "the rule for \(rule.name)\(signers)"
                    + (rule.threshold.map { ", \($0) of them" } ?? "")
            })
    }

    private func fleet() throws(FleetReadError) -> [MergePlan.SettingChange] {
        let before = try? FleetRoll.fleet(at: proposal.base, in: clone)
        return try FleetRoll.fleet(at: proposal.result, in: clone).changes(from: before)
    }
}

extension FleetClone {
    /// What merging `head` into `base` would do.
    ///
    /// - Throws: ``OperatorError``: `notAuthentic` if the history up to `base` is not; ``FleetReadError``.
    package func plan(
        merging range: CommitRange, from introduction: CommitID?
    ) throws -> (MergePlan, HistoryAudit) {
        let history = try audit(from: introduction, to: range.base)
        if let failure = history.failure {
            throw OperatorError(
                .notAuthentic, "\(failure): nodes stay with \(history.ground.short) until that is mended")
        }
        let proposal = try proposal(merging: range.head, into: range.base)
        let planner = try MergePlanner(proposal, in: clone, chain: history.commits)
        return (try planner.plan(), history)
    }
}
