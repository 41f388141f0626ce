package import FleetCore

extension Membership {
    /// A node of the group `stores` after a history of its baseline that a test draws, a letter for each
    /// commit.
    ///
    /// Where `packages` has no entry for a letter, it demands nginx in version 1 for A, 2 for B and so on.
    package static func sample(
        _ history: String, gate: GateSetting = .none, packages: [String: [String: String]] = [:],
        exceptions: [String: EntryException] = [:], retry: String? = nil, attempts: Int = 3,
        newer: NewerPolicy = .keep, system: SystemRequirement? = nil, checks: [Check] = [],
        windows: [Window] = [], freezes: [Freeze] = [], waves: Waves? = nil, soaks: [TimeSpan] = [],
        node name: String = "atm-1", peers: [String] = [], proceed: Proceed? = nil,
        supersede: Supersede = .newest, budget: Budget? = nil, labels: [String: String] = [:],
        leavers: [Declaration: Set<NodeName>] = [:], leaversUnknown: String? = nil,
        prefetch: Prefetch = .declared, irreversible: IrreversiblePolicy = .refuse,
        urgent: [String: Urgency] = [:], whenUrgent: UrgentRules? = nil,
        missed: MissedWindows = .wait, declaredAt: [Declaration: Timestamp] = [:],
        updaters: UpdatersPolicy = .report, reboot: RebootPolicy = .whenRequired, restart: [String] = [],
        kernels: Int? = nil, freshness: TimeSpan? = nil,
        key: String = "ssh-ed25519 AAAA"
    ) -> Membership {
        let stack = DeclarationStack.after(history)
        var versions: [Declaration: DeclaredBaseline] = [:]
        let letters = history.split(separator: " ")
        for (index, letter) in letters.enumerated() where letter != "-" {
            let number = (letter.utf8.first.map(Int.init) ?? 0x41) - 0x40
            versions[Declaration(letter, by: index + 1)] = DeclaredBaseline(
                baseline: .sample(
                    packages[String(letter)] ?? ["nginx": "\(number)"], system: system, newer: newer,
                    checks: checks, irreversible: irreversible, updaters: updaters, reboot: reboot,
                    restart: restart, kernels: kernels
                ).urgent(urgent[String(letter)]), sources: nil, readAt: .number(index + 1))
        }
        let group = Group(
            name: .of("stores"), baseline: .of("base"), gate: gate, waves: waves, windows: windows,
            freezes: freezes, retry: retry, attempts: attempts, supersede: supersede, budget: budget,
            prefetch: prefetch, urgent: whenUrgent, missed: missed)
        let node = NodeRecord(
            name: .of(name), group: .of("stores"), key: key, labels: labels,
            exceptions: Dictionary(uniqueKeysWithValues: exceptions.map { (.of($0.key), $0.value) }))
        var membership = Membership(
            fleet: Fleet(name: .of("acme"), agent: .of("0.1"), freshness: freshness), group: group,
            node: node, stack: stack,
            versions: versions, soaks: soaks, peers: peers.map { .of($0) }, proceed: proceed,
            leavers: leavers, leaversUnknown: leaversUnknown)
        membership.declaredAt = declaredAt
        return membership
    }
}

extension Admission {
    /// An admission of a declaration that `membership` can read.
    package static func sample(
        _ declaration: Declaration, in membership: Membership, progress: Progress = .reached
    ) -> Admission {
        let version = membership.versions[declaration]
        return Admission(
            baseline: membership.group.baseline, declaration: declaration,
            form: CanonicalForm(version?.baseline ?? .sample([:])),
            readAt: version?.readAt ?? declaration.commit,
            receipt: Receipt(
                fleet: membership.fleet.name, node: membership.node.name, group: membership.group.name,
                baseline: membership.group.baseline, declaration: declaration, previous: nil,
                commit: declaration.commit, basis: .noGate, isRollback: false, rule: nil, witnesses: [],
                time: Timestamp(seconds: 1_700_000_000)), progress: progress)
    }
}
