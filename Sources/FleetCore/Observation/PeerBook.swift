/// What this node remembers of other nodes, by name and key, brought up to date while reports are read.
package struct PeerBook: Hashable, Sendable {
    package private(set) var entries: [PeerMemory]
    /// The reader's running time in this cycle.
    private let running: TimeSpan

    package init(_ entries: [PeerMemory], running: TimeSpan) {
        self.entries = entries
        self.running = running
    }

    private func index(of node: NodeRecord) -> Int? {
        entries.firstIndex { $0.node == node.name && $0.key == node.key }
    }

    /// Remembers since when a node has been known.
    package mutating func meet(_ node: NodeRecord) {
        guard index(of: node) == nil else { return }
        entries.append(PeerMemory(node: node.name, key: node.key, sequence: 0, id: nil, lastNews: running))
    }

    package func hasReported(_ node: NodeRecord) -> Bool {
        index(of: node).map { entries[$0].sequence > 0 } ?? false
    }

    /// When something new of a node was last seen, by the reader's running time.
    package func lastNews(of node: NodeRecord) -> TimeSpan {
        index(of: node).map { entries[$0].lastNews } ?? running
    }

    /// What a node has called failed in the newest report of it that was ever believed.
    package func failed(on node: NodeRecord) -> Set<Declaration> {
        index(of: node).map { entries[$0].failed } ?? []
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
