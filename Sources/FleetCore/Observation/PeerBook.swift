/// What this node remembers of other nodes, by name and key, brought up to date while reports are read.
package struct PeerBook: Hashable, Sendable {
    package private(set) var entries: [PeerMemory]
    /// Where the entries of each name are.
    private var places: [NodeName: [Int]]
    /// The reader's running time in this cycle.
    private let running: TimeSpan

    package init(_ entries: [PeerMemory], running: TimeSpan) {
        self.entries = entries
        self.running = running
        places = Self.places(of: entries)
    }

    private static func places(of entries: [PeerMemory]) -> [NodeName: [Int]] {
        Dictionary(grouping: entries.indices) { entries[$0].node }
    }

    private func index(of node: NodeRecord) -> Int? {
        places[node.name]?.first { entries[$0].key == node.key }
    }

    /// Remembers since when a node has been known.
    package mutating func meet(_ node: NodeRecord) {
        guard index(of: node) == nil else { return }
        places[node.name, default: []].append(entries.count)
        entries.append(PeerMemory(node: node.name, key: node.key, sequence: 0, id: nil, lastNews: running))
    }

    package func hasReported(_ node: NodeRecord) -> Bool {
        index(of: node).map { entries[$0].sequence > 0 } ?? false
    }

    /// When something new of a node was last seen, by the reader's running time.
    package func lastNews(of node: NodeRecord) -> TimeSpan {
        index(of: node).map { entries[$0].lastNews } ?? running
    }

    /// What a node has called failed in the newest report of it that was ever believed, under each key that
    /// it had: a machine that was set up anew has another key, and says nothing of what failed before. A
    /// report under the same key may take a failure back, as a `retry` that went well does.
    package func failed(on node: NodeName) -> Set<Declaration> {
        guard let places = places[node] else { return [] }
        return places.count == 1
            ? entries[places[0]].failed : places.reduce(into: []) { $0.formUnion(entries[$1].failed) }
    }

    /// Accepts a report that is not older than what was seen; never accepts less.
    mutating func accept(_ latest: LatestReport, of node: NodeRecord) throws(ReportRejection) {
        guard let index = index(of: node), let tip = latest.chain else { return }
        let known = entries[index]
        let number = latest.report.sequence
        guard number >= known.sequence else {
            throw ReportRejection(
                latest.commit, .rewound,
                "its number \(number) is lower than \(known.sequence), which was seen")
        }
        if number == known.sequence, let id = known.id, id != tip {
            throw ReportRejection(
                latest.commit, .rewound, "another report with number \(number) was seen")
        }
        if number == known.sequence + 1, let id = known.id, latest.report.previous != id {
            throw ReportRejection(latest.commit, .rewound, "it does not follow the report before it")
        }
        entries[index].failed = latest.report.declarationsFailed
        guard number > known.sequence else { return }
        entries[index].sequence = number
        entries[index].id = tip
        entries[index].lastNews = running
    }
}

extension PeerBook {
    /// How many nodes are remembered besides those that must be: those that were heard of last.
    package static let capacity = 64

    /// Forgets what no gate can ask for any more, so that the memory is bounded whatever comes and goes.
    ///
    /// Kept are the nodes that evidence is read of, and whoever has called a declaration failed that can
    /// still be asked for, under any key. Of the others that are in the fleet, the ``capacity`` heard of
    /// last.
    ///
    /// - Parameters:
    ///   - read: the nodes that gate and waves look at now.
    ///   - names: nodes that they may look at next, whatever key they have.
    ///   - declarations: those that are in a stack.
    ///   - isMember: whether a node is in the fleet.
    package mutating func prune(
        keeping read: [NodeRecord], besides names: Set<NodeName> = [], declarations: Set<Declaration>,
        isMember: (NodeName) -> Bool
    ) {
        let read = Set(read.map { Identity(node: $0.name, key: $0.key) })
        func isNeeded(_ entry: PeerMemory) -> Bool {
            names.contains(entry.node) || read.contains(Identity(node: entry.node, key: entry.key))
                || !entry.failed.isDisjoint(with: declarations)
        }
        let others = entries.filter { !isNeeded($0) && $0.sequence > 0 && isMember($0.node) }
            .sorted { ($1.lastNews, $0.node, $0.key) < ($0.lastNews, $1.node, $1.key) }
        let kept = Set(others.prefix(Self.capacity).map { Identity(node: $0.node, key: $0.key) })
        let count = entries.count
        entries.removeAll { !isNeeded($0) && !kept.contains(Identity(node: $0.node, key: $0.key)) }
        if entries.count < count { places = Self.places(of: entries) }
    }

    private struct Identity: Hashable {
        let node: NodeName
        let key: String
    }
}
