/// Why a node does, or does not do, something: a word that programs compare and a sentence that people read.
///
/// Reports publish it, and a report is due when the set of codes changes; counts, messages and times may
/// differ from cycle to cycle without a report.
package struct Reason: Hashable, Sendable {
    package let code: Code
    /// How many nodes, packages or checks it is about; 1 where nothing is counted.
    package let count: Int
    /// A sentence without a full stop; at most 500 characters.
    package let message: String
    /// Until when it holds, where that is known.
    package let until: Timestamp?

    package init(_ code: Code, count: Int = 1, _ message: String, until: Timestamp? = nil) {
        self.code = code
        self.count = count
        self.message = message.limited(to: Reason.longestMessage)
        self.until = until
    }

    package static let longestMessage = 500

    /// The codes of v1. Readers take a word that they do not know as `unknown`.
    package enum Code: String, Sendable, CaseIterable {
        // A person's stop.
        case fleetHold
        case groupHold
        case nodeHold
        case localHold
        // The repository.
        case notEnrolled
        case removedFromFleet
        case remoteAway
        case remoteBehind
        /// Nothing new was heard of the branch for longer than the fleet allows.
        case stale
        case untrusted
        /// Whether the branch is authentic cannot be told on this machine: it lacks what a signature needs.
        case unverifiable
        case unreadable
        case newerAgentNeeded
        case systemMismatch
        /// Commits wait for approval; the node follows the newest one that has had its own.
        case approvalMissing
        // The gate.
        case gateBroken
        case tooFewHealthy
        case canaryFailed
        case canarySoaking
        case canaryBehind
        case canaryUnfit
        case canarySilent
        case canaryRejected
        case peerAhead
        case fork
        case uncovered
        /// The healthy canaries differ less than the gate asks for.
        case diversity
        /// The group ends the soak that it is in before it takes a newer declaration.
        case soakUnfinished
        // The time. Waves, windows and budgets say why a declaration whose gate is open is not admitted yet.
        case freeze
        case window
        /// No window is ever open for as long as the change may take.
        case windowTooShort
        case wave
        /// More has failed in a wave before this node than its thresholds allow.
        case waveFailed
        /// The next step waits for a person.
        case wavePause
        case budget
        case clockUnknown
        // The node's own packages and checks.
        case declarationFailed
        case attemptFailed
        case rolledBack
        case packagesLocked
        case packageUnavailable
        case sourceUnreachable
        case noSpace
        case planRefused
        /// The plan replaces or removes a version of which no package file could be kept.
        case irreversible
        case planImpossible
        case digestMismatch
        case packagesBroken
        case packagesUnreadable
        case interrupted
        case backingOff
        /// The package manager works on past its deadline; nobody ends it.
        case managerStalled
        case newerKept
        case excepted
        case heldByHand
        /// A check that was well with the admitted declaration has turned bad: gates take it for a failure.
        case checkFailed
        case checkFailedBefore
        case rebootRequired
        /// The node reboots right after this report.
        case rebooting
        /// It has rebooted as often as it may for one declaration, and the reboot is still required.
        case rebootsExhausted
        /// Services run old code, and nobody lets the node restart them.
        case restartPending
        // The node's own state.
        case stateLost
        case identityConflict
        case reportRefused
        case unknown
    }
}

extension String {
    /// The first `length` scalars: what looks like one character may consist of any number of them.
    func limited(to length: Int) -> String {
        let scalars = unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: length, limitedBy: scalars.endIndex)
        else {
            return self
        }
        return String(scalars[..<end])
    }
}

extension Reason {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "code": .string(code.rawValue), "count": JSONValue(count), "message": .string(message),
        ]
        if let until { members["until"] = JSONValue(until) }
        return .object(members)
    }

    package init(json: JSONValue) {
        self.init(
            json["code"]?.string.flatMap(Code.init(rawValue:)) ?? .unknown,
            count: Int(clamping: json["count"]?.integer ?? 1), json["message"]?.string ?? "",
            until: json["until"]?.string.flatMap(Timestamp.init))
    }
}
