extension ReceiptAudit {
    /// The witnesses of an open gate: who they are, what their reports say, and that the gate opens on it.
    mutating func checkAnswer(_ rule: GateRule, _ setting: ReceiptGround.Setting) {
        let accounts = checkCanaries(setting, by: receipt.rule ?? rule)
        // What is missing here might open it, or close it.
        guard !accounts.contains(where: \.isMissing) else { return }
        var answer = self.answer(of: rule, accounts, leavingOutSilent: false)
        var isLenient = false
        if answer.verdict != .open, case .leave = rule.silence {
            let lenient = self.answer(of: rule, accounts, leavingOutSilent: true)
            if lenient.verdict == .open {
                answer = lenient
                isLenient = true
                verdict.leftOutAsSilent += accounts.filter { $0.mayBeSilent && !$0.isHeld }.map(\.node)
            }
        }
        guard answer.verdict == .open else {
            let why = answer.reasons.map(\.message).joined(separator: "; ")
            verdict.note(
                .gateNotOpen,
                "the gate is \(answer.verdict.rawValue) on what the witnesses' reports say: \(why)")
            return
        }
        guard !rule.allowsUncovered else { return }
        checkCover(rule, accounts, isLenient: isLenient)
    }

    /// Checks the witnesses of the gate.
    ///
    /// - Parameter rule: the one that the receipt says was asked.
    mutating func checkCanaries(_ setting: ReceiptGround.Setting, by rule: GateRule) -> [Account] {
        let peers = setting.view.canaries.sorted { $0.name < $1.name }.flatMap { group in
            let members = group.nodes.map {
                ReceiptGround.Peer($0.name, isHeld: group.hold != nil || $0.hold != nil, labels: $0.labels)
            }
            return (members + (setting.departed[group.name] ?? [])).map { (group: group.name, peer: $0) }
        }
        return accounts(of: peers, receipt.witnesses, soak: rule.soak)
    }

    /// The gate's answer on what the reports say.
    ///
    /// - Parameter leavingOutSilent: whether those of whom the node may have heard nothing leave the share.
    private func answer(
        of rule: GateRule, _ accounts: [Account], leavingOutSilent: Bool, applied: [EntryKey] = []
    ) -> GateAnswer {
        let groups = Dictionary(grouping: accounts, by: \.group).mapValues { accounts in
            accounts.map { evidence(of: $0, isLeftOut: leavingOutSilent) }
        }
        return rule.answer(
            for: receipt.declaration, on: evidence(groups, leavingOutSilent: leavingOutSilent),
            applied: applied)
    }

    /// Entries that apply on the node and to no healthy canary make a gate wait.
    private mutating func checkCover(
        _ rule: GateRule, _ accounts: [Account], isLenient: Bool
    ) {
        let packages = ground.bearer.packages
        guard let named = ground.entries[receipt.declaration],
            ground.bearer.baseline.admitted == receipt.declaration, !packages.counts.isEmpty
        else {
            verdict.note(
                .coverUnknown,
                "which entries applied on the node, and so whether a healthy canary has each, cannot be told")
            return
        }
        let excepted = Set(packages.findings.filter { $0.state == .excepted }.map(\.key))
        let applied = named.subtracting(packages.notApplicable).subtracting(excepted).sorted()
        let answer = self.answer(
            of: rule, accounts, leavingOutSilent: isLenient, applied: applied)
        guard answer.verdict != .open else { return }
        let why = answer.reasons.map(\.message).joined(separator: "; ")
        // A change may have brought what applies since.
        let isBeforeChange =
            ground.bearer.phase == .converging
            || ground.bearer.transaction == ground.before?.transaction
        guard isBeforeChange, packages.omitted == 0, packages.notApplicableOmitted == 0 else {
            verdict.note(
                .coverUnknown,
                "the report that brings the receipt was made after the change, or is cut; by it \(why)")
            return
        }
        verdict.note(.uncovered, why)
    }
}
