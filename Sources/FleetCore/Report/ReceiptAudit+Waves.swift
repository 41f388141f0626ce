extension ReceiptAudit {
    /// Rule 8: the waves before the node were well, and no pause was left. Rolling back asks no wave.
    mutating func checkWaves(_ setting: ReceiptGround.Setting) {
        guard let waves = setting.view.group.waves, let plan = setting.plan else {
            guard receipt.wave != nil else { return }
            verdict.note(
                .wavesInvented, "at commit \(receipt.commit.short) '\(receipt.group)' has no waves")
            return
        }
        guard !receipt.isRollback else { return }
        guard let wave = receipt.wave else {
            verdict.note(
                .wavesLeftOut,
                "the receipt names no wave; '\(receipt.group)' moves in waves at commit "
                    + receipt.commit.short
            )
            return
        }
        if wave.rule != waves {
            let asked = Receipt.Wave(step: 1, rule: wave.rule, witnesses: []).json
            let there = Receipt.Wave(step: 1, rule: waves, witnesses: []).json
            verdict.note(
                .wavesDiffer,
                "the waves of '\(receipt.group)' are others at commit \(receipt.commit.short): "
                    + Self.differences(asked, there))
        }
        let own = plan.wave(of: receipt.node).map { $0 + 1 }
        if own != wave.step {
            verdict.note(
                .stepDiffers,
                "the receipt has the node in step \(wave.step); by the order of the group it is in "
                    + (own.map { "step \($0)" } ?? "none"))
        }
        checkAnswer(of: waves, asked: wave, setting)
    }

    private mutating func checkAnswer(
        of waves: Waves, asked: Receipt.Wave, _ setting: ReceiptGround.Setting
    ) {
        let peers = setting.waves.joined().map { (group: receipt.group, peer: $0) }
        let accounts = accounts(of: peers, asked.witnesses, soak: asked.rule.soak)
        guard !accounts.contains(where: \.isMissing) else { return }
        var refusals = self.refusals(setting, accounts, leavingOutSilent: false)
        if !refusals.isEmpty, case .leave = waves.silence,
            self.refusals(setting, accounts, leavingOutSilent: true).isEmpty
        {
            refusals = []
            verdict.leftOutAsSilent += accounts.filter { $0.mayBeSilent && !$0.isHeld }.map(\.node)
        }
        guard !refusals.isEmpty else { return }
        verdict.note(.wavesNotOpen, refusals.map(\.message).joined(separator: "; "))
    }

    /// What the waves say on what the reports say.
    private func refusals(
        _ setting: ReceiptGround.Setting, _ accounts: [Account], leavingOutSilent: Bool
    ) -> [Reason] {
        let view = setting.view
        let membership = Membership(
            fleet: view.fleet, group: view.group, node: setting.node, stack: ground.stack, versions: [:],
            peers: view.peers,
            knownPlans: setting.plan.map { [receipt.declaration: $0] } ?? [:], proceed: view.proceed,
            leavers: [receipt.declaration: Set((setting.departed[view.group.name] ?? []).map(\.node))])
        guard
            let rule = WaveRule(
                membership, declaration: receipt.declaration, leaving: receipt.previous)
        else { return [] }
        let known = Dictionary(accounts.map { ($0.node, $0) }) { first, _ in first }
        let waves = setting.waves.map { peers in
            peers.compactMap { known[$0.node] }.map { evidence(of: $0, isLeftOut: leavingOutSilent) }
        }
        return rule.answer(on: evidence([:], waves: waves, leavingOutSilent: leavingOutSilent)).refusals
    }
}
