internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// A fleet's claims, for people and for programs.
///
/// `plimsoll/claims/v1`:
/// - `schema`, `fleet`, `commit` (whose nodes and budgets count), `time`, `history` as in
///   `plimsoll/status/v1`;
/// - `ledgers`, a list: `group`, `label`, `value`, `reference`, `tip`, `budget` (`unavailable`, `per`, or
///   null), `unavailable` (how many count), `unbelieved` (commits), `unread` (its oldest commits, where it is
///   too long to be read whole), and `claims`;
/// - `claims`, a list: `node`, `claim` (its commit), `declaration`, `since`, `sequence`, `state` (`inChange`,
///   `failed`, `silent`, `ended`), `report` (`sequence`, `phase`, `time`, or null), `why` (where the newest
///   report is not to be believed), and `ended` (`by`, `reason`, `time`) where a person has ended it.
struct ClaimsRendering {
    private let claims: FleetClaims
    private let now: Timestamp

    init(_ claims: FleetClaims, now: Timestamp) {
        self.claims = claims
        self.now = now
    }

    func print() {
        var table = Table(["GROUP", "LABEL", "NODE", "STATE", "DECLARATION", "SINCE", "BECAUSE"])
        for ledger in claims.ledgers {
            for entry in ledger.claims { table.add(row(of: entry, in: ledger)) }
        }
        if claims.ledgers.isEmpty {
            Terminal.print("no claims in fleet '\(claims.fleet.name)' at \(claims.commit.short)")
            return
        }
        table.print()
        Terminal.print("")
        for ledger in claims.ledgers { Terminal.print(summary(of: ledger)) }
    }

    private func row(of entry: FleetClaims.Entry, in ledger: FleetClaims.Ledger) -> [Table.Cell] {
        let claim = entry.claimant.claim
        let state = state(of: entry)
        let colour: Colour? =
            switch state {
            case .failed: .red
            case .silent: .yellow
            case .inChange, .ended: nil
            }
        let age = TimeSpan(seconds: now.seconds - claim.time.seconds)
        return [
            Table.Cell(ledger.name.group.description),
            Table.Cell("\(ledger.name.label)=\(ledger.name.value)"), Table.Cell(claim.node.description),
            Table.Cell(state.words, colour), Table.Cell(String(claim.declaration.digest.short)),
            Table.Cell(age.rough), Table.Cell(because(entry)),
        ]
    }

    private func state(of entry: FleetClaims.Entry) -> Claimant.State {
        entry.claimant.state(heartbeat: claims.fleet.heartbeat, now: now)
    }

    private func because(_ entry: FleetClaims.Entry) -> String {
        if let ending = entry.claimant.ending { return "\(ending.by): \(ending.reason)" }
        switch entry.claimant.testimony {
        case .none: return "it has never reported"
        case .rejected(let why): return why
        case .report(let report):
            guard entry.claimant.isOfEarlierKey || report.sequence > entry.claimant.claim.sequence else {
                return "it has not reported since"
            }
            return report.phase.rawValue
        }
    }

    private func summary(of ledger: FleetClaims.Ledger) -> String {
        let count = ledger.unavailable.count
        let limit =
            ledger.budget.map { "\(count) of at most \($0.unavailable)" } ?? "\(count), without a budget,"
        let isFull = ledger.budget.map { count >= $0.unavailable } ?? false
        let full =
            isFull ? ", so no other may change until one is well or its claim is ended by '--end NODE'" : ""
        let number = ledger.unbelieved
        let strange =
            number == 0
            ? "" : "; \(number) commit\(number == 1 ? " is" : "s are") of nobody who may claim now"
        return "\(ledger.name): \(limit) in change or failed\(full)\(strange)\(unread(of: ledger))"
    }
}

extension ClaimsRendering {
    /// What was left out of a ledger that has grown too long, and what is to be done about it.
    private func unread(of ledger: FleetClaims.Ledger) -> String {
        guard ledger.unread > 0 else { return "" }
        let number = ledger.unread
        let oldest = number == 1 ? "1 oldest commit is" : "\(number) oldest commits are"
        return "; too long: its \(oldest) left out here, and nodes that want to "
            + "change wait: once nobody of it is in change or failed, delete '\(ledger.name.reference)' "
            + "at the status remote"
    }

    var json: JSONValue {
        [
            "schema": "plimsoll/claims/v1", "fleet": JSONValue(claims.fleet.name),
            "commit": JSONValue(claims.commit), "time": JSONValue(now), "history": claims.history.json,
            "ledgers": .array(claims.ledgers.map(json)),
        ]
    }

    private func json(of ledger: FleetClaims.Ledger) -> JSONValue {
        [
            "group": JSONValue(ledger.name.group), "label": .string(ledger.name.label),
            "value": JSONValue(ledger.name.value), "reference": .string(ledger.name.reference),
            "tip": JSONValue(ledger.tip),
            "budget": ledger.budget.map {
                ["unavailable": JSONValue($0.unavailable), "per": .string($0.per)]
            } ?? .null,
            "unavailable": JSONValue(ledger.unavailable.count),
            "unbelieved": JSONValue(ledger.unbelieved), "unread": JSONValue(ledger.unread),
            "claims": .array(ledger.claims.map(json)),
        ]
    }

    private func json(of entry: FleetClaims.Entry) -> JSONValue {
        let claim = entry.claimant.claim
        var members: [String: JSONValue] = [
            "node": JSONValue(claim.node), "claim": JSONValue(entry.id),
            "declaration": claim.declaration.json, "since": JSONValue(claim.time),
            "sequence": JSONValue(claim.sequence), "state": .string(state(of: entry).rawValue),
            "report": .null,
        ]
        switch entry.claimant.testimony {
        case .none: break
        case .rejected(let why): members["why"] = .string(why)
        case .report(let report):
            members["report"] = [
                "sequence": JSONValue(report.sequence), "phase": .string(report.phase.rawValue),
                "time": JSONValue(report.time),
            ]
        }
        if let ending = entry.claimant.ending {
            members["ended"] = [
                "by": .string(ending.by), "reason": .string(ending.reason), "time": JSONValue(ending.time),
            ]
        }
        return .object(members)
    }
}
