extension Receipt {
    /// Recomputes the admission from history, by the rules that the node went by.
    ///
    /// What is wrong is named, each thing by itself. Not in history, and believed: how long the node had
    /// heard nothing of a canary, what a canary had told it before, and what it had installed.
    package func verdict(on ground: ReceiptGround) -> ReceiptVerdict {
        var audit = ReceiptAudit(receipt: self, ground: ground)
        audit.run()
        return audit.verdict
    }
}

/// One recomputation.
struct ReceiptAudit {
    let receipt: Receipt
    let ground: ReceiptGround
    var verdict = ReceiptVerdict()

    init(receipt: Receipt, ground: ReceiptGround) {
        self.receipt = receipt
        self.ground = ground
    }

    mutating func run() {
        guard receipt.fleet == ground.bearer.fleet, receipt.node == ground.bearer.node else {
            verdict.note(
                .receiptOfAnother,
                "the receipt is of '\(receipt.node)' in '\(receipt.fleet)', not of "
                    + "'\(ground.bearer.node)' in '\(ground.bearer.fleet)'")
            return
        }
        guard let setting else { return }
        checkHolds(setting)
        guard checkBaseline(setting) else { return }
        checkDeclaration()
        checkRollback()
        checkUrgency(setting)
        checkBasis(setting)
        checkWaves(setting)
    }

    /// What the receipt's commit says, if it is one that the node could follow.
    private var setting: ReceiptGround.Setting? {
        mutating get {
            let commit = receipt.commit.short
            switch ground.place {
            case .setting(let setting): return setting
            case .beside:
                verdict.note(
                    .commitBesideChain, "commit \(commit) is not in the fleet's authentic history")
            case .beforeIntroduction:
                verdict.note(
                    .commitBeforeIntroduction,
                    "commit \(commit) lies before the introduction, from which declarations are counted")
            case .otherGroup(let group):
                let place = group.map { "in group '\($0)'" } ?? "in no group"
                verdict.note(
                    .notInGroup, "commit \(commit) lists the node \(place), not in '\(receipt.group)'")
            case .afterBearer:
                verdict.note(
                    .commitNotYetFollowed,
                    "commit \(commit) is newer than \(ground.bearer.commit.short), which the node followed "
                        + "when it reported this")
            case .unreadable(let why):
                verdict.note(
                    .commitUnreadable, "no node can follow commit \(commit): \(why)")
            case .unavailable(let why):
                verdict.note(
                    .commitUnavailable, "what commit \(commit) says cannot be told here: \(why)")
            }
            return nil
        }
    }

    /// Rule 1: a hold that the repository put on the node lets it admit nothing.
    private mutating func checkHolds(_ setting: ReceiptGround.Setting) {
        let holds = [
            ("fleet", setting.view.fleet.hold), ("group", setting.view.group.hold),
            ("node", setting.node.hold),
        ]
        for case (let level, let reason?) in holds {
            verdict.note(
                .onHold, "at commit \(receipt.commit.short) the \(level) was on hold: \(reason)")
        }
    }

    private mutating func checkBaseline(_ setting: ReceiptGround.Setting) -> Bool {
        guard setting.view.group.baseline != receipt.baseline else { return true }
        verdict.note(
            .otherBaseline,
            "the group has the baseline '\(setting.view.group.baseline)' and not "
                + "'\(receipt.baseline)' at commit \(receipt.commit.short)")
        return false
    }

    /// What was admitted stands in the stack, and comes after what the node had.
    private mutating func checkDeclaration() {
        let (stack, declaration, commit) = (ground.stack, receipt.declaration, receipt.commit.short)
        guard stack.contains(declaration) else {
            if let withdrawal = stack.withdrawal(of: declaration) {
                verdict.note(
                    .declarationWithdrawn,
                    "\(declaration) had been withdrawn by commit \(withdrawal.commit.short)")
            } else {
                verdict.note(
                    .declarationUnknown,
                    "up to commit \(commit) nobody declared \(declaration) for '\(receipt.baseline)'")
            }
            return
        }
        guard !stack.ahead(of: receipt.previous).contains(declaration) else { return }
        let previous = receipt.previous?.description ?? "nothing"
        verdict.note(
            .declarationNotAhead,
            "\(declaration) does not come after \(previous), which the node had, and the branch had not "
                + "gone back to it")
    }

    /// Rule 5 may pass wave, window, freeze and budget: only where one declaration was taken back.
    private mutating func checkRollback() {
        guard receipt.isRollback || receipt.basis == .proven else { return }
        let withdrawal = receipt.previous.flatMap { ground.stack.withdrawal(of: $0) }
        let previous = receipt.previous?.description ?? "nothing"
        guard let withdrawal, ground.stack.declared == receipt.declaration else {
            verdict.note(
                .rollbackUnfounded,
                "the branch had not gone back from \(previous) to \(receipt.declaration) at commit "
                    + receipt.commit.short)
            return
        }
        guard receipt.isRollback, withdrawal.count != 1 else { return }
        verdict.note(
            .rollbackUnfounded,
            "commit \(withdrawal.commit.short) took back \(withdrawal.count) declarations at once, so waves "
                + "and windows applied")
    }

    /// Windows were passed over, and other rules held, only for what the commit calls urgent.
    private mutating func checkUrgency(_ setting: ReceiptGround.Setting) {
        guard let urgent = receipt.urgent else { return }
        let commit = receipt.commit.short
        guard setting.urgency == urgent else {
            verdict.note(
                .urgencyUnfounded,
                "the receipt calls \(receipt.declaration) urgent until \(urgent.until) (\(urgent.reason)); "
                    + "commit \(commit) does not")
            return
        }
        guard receipt.time.day > urgent.until else { return }
        verdict.note(
            .urgencyUnfounded,
            "it was urgent until \(urgent.until), and was admitted as such at \(receipt.time)")
    }

    private mutating func checkBasis(_ setting: ReceiptGround.Setting) {
        switch receipt.basis {
        case .noGate: checkNoGate(setting)
        case .gate: checkGate(setting)
        case .proven: checkProof(setting)
        }
    }

    private mutating func checkNoGate(_ setting: ReceiptGround.Setting) {
        guard case .none = setting.view.group.gate else {
            verdict.note(
                .gateIgnored,
                "the receipt says that '\(receipt.group)' has no gate; at commit \(receipt.commit.short) it "
                    + "has one")
            return
        }
    }

    private mutating func checkGate(_ setting: ReceiptGround.Setting) {
        switch setting.view.group.gate {
        case .none:
            verdict.note(
                .gateInvented, "at commit \(receipt.commit.short) '\(receipt.group)' has no gate")
        case .broken(let why):
            verdict.note(
                .gateBroken, "at commit \(receipt.commit.short) the gate could not open: \(why)")
        case .rule(let rule):
            compare(with: rule)
            checkAnswer(rule, setting)
        }
    }

    /// Going back to what was well on this very node needs no gate.
    private mutating func checkProof(_ setting: ReceiptGround.Setting) {
        switch ground.proof {
        case .before: break
        case .withIt:
            verdict.note(
                .proofUnknown,
                "only the report that brings the receipt says that \(receipt.declaration) was proven there")
        case .none:
            verdict.note(
                .proofMissing,
                "no earlier report of the node says that \(receipt.declaration) was proven there")
        }
        // The gate was asked all the same, where it could be: what it answered is written down.
        guard case .rule(let rule) = setting.view.group.gate, receipt.rule != nil else { return }
        compare(with: rule)
        if !receipt.witnesses.isEmpty { _ = checkCanaries(setting, by: receipt.rule ?? rule) }
    }

    /// The rule that was asked is the one that the commit has.
    private mutating func compare(with rule: GateRule) {
        guard let asked = receipt.rule else {
            verdict.note(.ruleDiffers, "the receipt names no rule; the group has a gate")
            return
        }
        guard asked != rule else { return }
        verdict.note(
            .ruleDiffers,
            "the gate of '\(receipt.group)' is another one at commit \(receipt.commit.short): "
                + Self.differences(asked.json, rule.json))
    }

    /// How what a receipt has differs from what the commit has, key by key.
    static func differences(_ receipt: JSONValue, _ commit: JSONValue) -> String {
        let (here, there) = (receipt.object ?? [:], commit.object ?? [:])
        return Set(here.keys).union(there.keys).sorted().filter { here[$0] != there[$0] }
            .map { key in
                let (asked, found) = (here[key]?.words ?? "none", there[key]?.words ?? "none")
                return "\(key) \(asked) in the receipt, \(found) at the commit"
            }
            .joined(separator: "; ")
    }
}
