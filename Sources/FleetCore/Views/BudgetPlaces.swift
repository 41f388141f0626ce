/// The places of a budget at one value of its label, and who has them: what a clone of the ledger shows.
package struct BudgetPlaces: Hashable, Sendable {
    package let ledger: LedgerName
    /// How many may be in change or failed at once.
    package let limit: Int
    /// Those that count, the longest first.
    package let holders: [Holder]

    /// A node that has a place.
    package struct Holder: Hashable, Sendable {
        package let node: NodeName
        package let state: Claimant.State
        /// When it claimed, by its own clock.
        package let since: Timestamp

        package init(node: NodeName, state: Claimant.State, since: Timestamp) {
            self.node = node
            self.state = state
            self.since = since
        }

        /// Such as `atm-1 failed since 2026-11-22T21:00:00Z (1h 5m)`.
        package func words(now: Timestamp) -> String {
            let age = TimeSpan(seconds: now.seconds - since.seconds)
            return "\(node) \(state.words) since \(since) (\(age.rough))"
        }
    }

    package init(ledger: LedgerName, limit: Int, holders: [Holder]) {
        self.ledger = ledger
        self.limit = limit
        self.holders = holders.sorted { ($0.since.seconds, $0.node) < ($1.since.seconds, $1.node) }
    }

    /// - Parameter claimants: all that the ledger has, each node once.
    package init(
        _ budget: Budget, in ledger: LedgerName, claimants: [Claimant], heartbeat: TimeSpan, now: Timestamp
    ) {
        self.init(
            ledger: ledger, limit: budget.unavailable,
            holders: claimants.filter(\.isUnavailable).map {
                Holder(node: $0.node, state: $0.state(heartbeat: heartbeat, now: now), since: $0.claim.time)
            })
    }

    /// How many more may claim now.
    package var free: Int { max(limit - holders.count, 0) }

    /// Whether nobody who has a place is on the way to give it back by a report.
    package var isStuck: Bool { free == 0 && holders.allSatisfy { $0.state == .failed } }

    /// Such as `site 'berlin-3': 2 of 2 in change`.
    package var summary: String {
        let states = Set(holders.map(\.state))
        let words =
            states == [.inChange] ? "in change" : states == [.failed] ? "failed" : "in change or failed"
        return "\(ledger.label) '\(ledger.value)': \(holders.count) of \(limit) \(words)"
    }

    /// The holders by name and state, with their ages; at most five.
    package func holderWords(now: Timestamp) -> String {
        let named = holders.prefix(Self.namedNodes).map { holder in
            let age = TimeSpan(seconds: now.seconds - holder.since.seconds).rough
            return holder.state == .inChange
                ? "\(holder.node) for \(age)"
                : "\(holder.node) \(holder.state.words) for \(age)"
        }
        let more = holders.count - named.count
        return named.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private static let namedNodes = 5
}

/// How a group's budget slows its rollout down.
package struct BudgetOutlook: Hashable, Sendable {
    package let budget: Budget
    /// Each value of the label at which somebody waits, those with the most turns first.
    package let values: [Value]
    /// Nodes without a usable label: they cannot claim, and so never move.
    package let unlabelled: [NodeName]
    /// Nodes that wait where everybody who has a place has failed.
    package let stuck: [NodeName]
    /// How many of them have a place already.
    package let placed: Int

    package struct Value: Hashable, Sendable {
        package let places: BudgetPlaces
        /// How many nodes that have no place have still to move.
        package let waiting: Int

        /// How often places must be given back until the last one of them may move.
        package var turns: Int {
            let later = max(waiting - places.free, 0)
            return (later + places.limit - 1) / places.limit
        }
    }

    /// - Parameters:
    ///   - waiting: the nodes that have still to move, with their labels.
    ///   - places: what the ledgers say; a value that has none is free.
    package init(
        _ budget: Budget, group: GroupName, waiting: [(node: NodeName, labels: [String: String])],
        places: [LabelValue: BudgetPlaces]
    ) {
        self.budget = budget
        var counts: [LabelValue: Int] = [:]
        var unlabelled: [NodeName] = []
        var stuck: [NodeName] = []
        var placed = 0
        for (node, labels) in waiting {
            guard let value = labels[budget.per].flatMap({ LabelValue($0) }) else {
                unlabelled.append(node)
                continue
            }
            // Who has a place already waits for nobody.
            let hasPlace = places[value]?.holders.contains { $0.node == node } ?? false
            guard !hasPlace else {
                placed += 1
                continue
            }
            counts[value, default: 0] += 1
            if places[value]?.isStuck == true { stuck.append(node) }
        }
        self.unlabelled = unlabelled
        self.stuck = stuck
        self.placed = placed
        let values = counts.map { value, count in
            let ledger = LedgerName(group: group, label: budget.per, value: value)
            let free = BudgetPlaces(ledger: ledger, limit: budget.unavailable, holders: [])
            return Value(places: places[value] ?? free, waiting: count)
        }
        self.values = values.sorted {
            ($1.turns, $1.waiting, $0.places.ledger.value) < ($0.turns, $0.waiting, $1.places.ledger.value)
        }
    }

    /// How many may move now.
    package var movable: Int { values.reduce(placed) { $0 + min($1.waiting, $1.places.free) } }

    /// The values at which all places are taken.
    package var full: [Value] { values.filter { $0.places.free == 0 } }

    /// What an estimate does not know: how often places must be given back, each time by a report.
    package var turns: String? {
        guard let most = values.first, most.turns > 0 else { return nil }
        let places = most.places
        let count = most.turns == 1 ? "1 turn" : "\(most.turns) turns"
        return "after \(count) at \(places.ledger.label) '\(places.ledger.value)' (\(most.waiting) wait, "
            + "\(places.limit) at once): each ends with the nodes' own reports"
    }
}
