package import FleetCore

/// The port for a node's own reports.
package protocol StatusSink {
    /// The node's public key that signs its reports now, as its file in the fleet repository has it.
    var key: String { get }

    /// Where the fleet wants the reports, as a digest, for a URL may have a password in it; nil as long as
    /// nothing says so.
    var destination: Digest? { get }

    /// Whether a key is the one that this node has made to take the place of its own.
    ///
    /// - Throws: ``StatusError`` if it is, and must not be taken yet: a server does not let it in.
    func isNext(_ key: String) throws(StatusError) -> Bool

    /// Signs with the next key from now on, durably; the one before is gone.
    func takeNextKey() throws(StatusError)

    /// The number of the newest report that the present key has signed, at a commit of the node's own chain
    /// or below it; nil if there is none.
    func number(in chain: CommitID) -> Int?

    /// Writes a signed report as a commit whose parent is the node's own last one, durably; nothing is sent.
    ///
    /// - Parameters:
    ///   - report: with its number and `previous` set.
    ///   - receipt: of the last admission; it goes along unchanged until the next.
    /// - Returns: the report's commit.
    /// - Throws: ``StatusError`` if it could not be signed or stored; with `previousLost` if the node's own
    ///   last report is not in the clone.
    func write(_ report: Report, receipt: Receipt?) throws(StatusError) -> CommitID

    /// Sends everything up to `id`: the chain and the newest report beside it, in one push.
    func push(_ id: CommitID) async -> ReportDelivery

    /// Looks at the chain that the remote has for this node.
    ///
    /// - Returns: nil if it has none.
    /// - Throws: ``StatusError`` if the remote cannot be asked.
    func remoteChain() async throws(StatusError) -> RemoteChain?
}

/// What became of sending reports.
package enum ReportDelivery: Hashable, Sendable {
    /// The remote has it.
    case pushed
    /// The fleet leaves reports on their nodes: nothing was asked, and nothing sent.
    case kept
    /// The remote has something else there: its tip is no ancestor of ours.
    case diverged
    /// The remote refused, and said why.
    case refused(String)
    /// The remote could not be reached; the report goes out later.
    case unreachable(String)
    /// The report is not in the clone: it was lost with one that had to be made anew.
    case lost
}

/// The chain that the remote has for a node.
package struct RemoteChain: Hashable, Sendable {
    package let tip: CommitID
    /// Whether this node's own key has signed the tip.
    package let isOwn: Bool
    /// The number of the newest report in it that this node's own key has signed, be it the tip or not; nil
    /// if there is none. Below the tip it is known to have arrived all the same: where another machine goes
    /// by this name, a push whose answer was lost may lie under a report of the other's.
    package let ownSequence: Int?

    /// - Parameter ownSequence: brought into the range that a next number may follow.
    package init(tip: CommitID, isOwn: Bool, ownSequence: Int?) {
        self.tip = tip
        self.isOwn = isOwn
        self.ownSequence = ownSequence.map { min(max($0, 0), Report.largestSequence - 1) }
    }
}

/// Why a report could not be written or the remote not be asked.
package struct StatusError: Error, Hashable, Sendable {
    package let code: Code
    package let message: String

    package init(_ message: String) { self.init(.other, message) }

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package enum Code: String, Sendable, CaseIterable {
        /// The report before it is not in the clone: it was lost with one that had to be made anew.
        case previousLost
        case other
    }
}

extension StatusError: CustomStringConvertible {
    package var description: String { message }
}
