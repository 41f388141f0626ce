package import FleetCore

/// A report as a signed commit of a node's chain.
package final class StoredReport {
    package let id: CommitID
    package let previous: StoredReport?
    package let sequence: Int
    /// The key that signed it.
    package let key: String
    package let node: NodeName
    /// nil once nobody can ask for it any more: long chains keep their ids alone.
    package var report: Report?
    package let receipt: Receipt?

    init(id: CommitID, previous: StoredReport?, key: String, report: Report, receipt: Receipt?) {
        self.id = id
        self.previous = previous
        self.key = key
        self.report = report
        self.receipt = receipt
        sequence = report.sequence
        node = report.node
    }

    /// Whether `other` is this report or lies before it in its chain.
    func follows(_ other: StoredReport) -> Bool {
        var report: StoredReport? = self
        while let current = report {
            if current === other { return true }
            report = current.previous
        }
        return false
    }

    /// The newest report of this chain that `key` has signed.
    func newest(by key: String) -> StoredReport? {
        var report: StoredReport? = self
        while let current = report, current.key != key { report = current.previous }
        return report
    }

    /// The report `count` places before this one, or the first.
    func earlier(by count: Int) -> StoredReport {
        var report = self
        for _ in 0..<count { report = report.previous ?? report }
        return report
    }
}
