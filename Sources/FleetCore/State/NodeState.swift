/// What a node remembers between cycles: `state.json`.
///
/// An agent keeps fields that it does not know, and writes what the release before it can read.
package struct NodeState: Hashable, Sendable {
    /// The newest commit that this node has authenticated. It never goes back.
    package var mark: CommitID?
    /// The newest authentic commit that this node can read.
    package var followed: CommitID?
    /// The introduction from which the mark was reached.
    package var introduction: CommitID?
    /// The newest commit that has had its approvals, up to which the stacks have grown; nil in a state of
    /// an agent that knew of none, or where no commit was authenticated yet.
    package var ground: CommitID?
    /// The newest commit at which nothing waited for approval; nil where that is the ground.
    package var settled: CommitID?
    package var stacks: [BaselineName: DeclarationStack] = [:]
    package var admitted: Admission?
    /// What was admitted before, kept until the admitted one is reached and well.
    package var previous: Admission?
    package var changes = ChangeLog()
    package var proven: [Proof] = []
    package var failed: [FailureRecord] = []
    /// The present unbroken run of well cycles.
    package var wellness: Wellness?
    /// The admitted declaration, if a check was bad with it in the last cycle: no soak goes on then.
    package var unwell: Declaration?
    package var intent: Intent?
    /// A transaction that is judged after a reboot.
    package var unsettled: UnsettledTransaction?
    /// What is to be looked at, or was found, of services that run old code; nil once none does.
    package var restarts: PendingRestarts?
    package var reboots: [RebootRecord] = []
    /// The kernels with which what was admitted has been in effect and well, newest last.
    package var wellKernels: [String] = []
    /// A kernel that was taken back while it ran, and what boots in its place.
    package var kernelReturn: KernelReturn?
    /// The last transaction, for reports.
    package var transaction: TransactionStatement?
    package var backOff: BackOff?
    /// How long changes have taken here.
    package var durations = ChangeDurations()
    /// When this node was last there in one of its windows, by the wall clock; kept only where its group
    /// counts the windows that it has missed.
    package var attended: Timestamp?
    /// How often a person has said on the node that what failed may be tried again.
    package var retries = 0
    /// When what is declared may be downloaded ahead again, after a try that came to nothing.
    package var prefetchBackOff: BackOff?
    /// The claim that this node has made, or was about to make, until a report that was sent can end it.
    package var claim: ClaimMemory?
    package var report = ReportMemory()
    package var peers: [PeerMemory] = []
    /// What a person should know of the machine, as it was found last; nil after a change: then it is looked
    /// for anew.
    package var findings: MachineFindings?
    /// What this node has masked of other updaters, or was about to, and puts back.
    package var stoppedUpdaters: [StoppedUpdater] = []
    /// When this node first saw a declaration that it has not admitted, by its running time.
    package var firstSeen: [Declaration: TimeSpan] = [:]
    /// When this node last looked at all nodes that its gate looks at, by its running time; kept to a
    /// heartbeat, and only where silence may open the gate.
    package var watchedAt: TimeSpan?
    package var running = RunningTime()
    /// When the mark last moved; nil before the first one.
    package var news: BranchNews?
    /// Whether another machine has used this node's key, or this one was restored, and no report that was
    /// sent has said so.
    package var identityConflict = false
    /// Fields of a newer agent, kept as they are.
    package var unknown: [String: JSONValue] = [:]

    package init() {}
}

/// A declaration that failed here, and under which `retry` texts.
package struct FailureRecord: Hashable, Sendable {
    package var failure: Failure
    /// The `retry` texts of group and node at that time; where they differ now, the failure no longer counts.
    package var retry: RetryToken
    /// What the checks found before the first change for the declaration.
    package var checksBefore: [CheckResult]

    package init(failure: Failure, retry: RetryToken, checksBefore: [CheckResult]) {
        self.failure = failure
        self.retry = retry
        self.checksBefore = checksBefore
    }
}

extension NodeState {
    /// What the next choice starts from. While no package has changed for it, an admission is provisional:
    /// the choice is made anew as if it had not been.
    package var base: Admission? { admitted?.progress == .provisional ? previous : admitted }

    /// Whether a declaration is the admitted one, and was installed here.
    package func hasReached(_ declaration: Declaration) -> Bool {
        admitted?.declaration == declaration && admitted?.progress == .reached
    }

    /// The final failure of a declaration here, unless a changed `retry` has made it void.
    package func finalFailure(of declaration: Declaration, under retry: RetryToken) -> Failure? {
        failure(of: declaration, under: retry).flatMap { $0.failure.isFinal ? $0.failure : nil }
    }

    /// What failed here for a declaration and still counts: a changed `retry` makes it void, and so does a
    /// person on the node.
    package func failure(of declaration: Declaration, under retry: RetryToken) -> FailureRecord? {
        let token = retry.onNode(retries)
        return failed.first { $0.failure.declaration == declaration && $0.retry == token }
    }

    /// Lets what failed here be tried again, and what waits after a try that came to nothing be tried now.
    ///
    /// The failures stay known until a try has gone well: others must not forget them.
    ///
    /// - Returns: whether there was anything to try again.
    package mutating func retry() -> Bool {
        let hasFailed = failed.contains { $0.retry.retries == retries }
        guard hasFailed || backOff != nil || prefetchBackOff != nil else { return false }
        retries += 1
        backOff = nil
        prefetchBackOff = nil
        return true
    }
}

/// The `retry` texts that hold for a node.
package struct RetryToken: Hashable, Sendable {
    package var group: String?
    package var node: String?
    /// How often a person had said so on the node itself.
    package var retries = 0

    package init(group: String?, node: String?) {
        self.group = group
        self.node = node
    }

    /// The same, when a person has said so on the node that many times.
    package func onNode(_ retries: Int) -> RetryToken {
        var token = self
        token.retries = retries
        return token
    }
}

/// When the next try may begin after one that came to nothing.
package struct BackOff: Hashable, Sendable {
    package var declaration: Declaration
    /// Tries that came to nothing in a row.
    package var tries: Int
    /// By the node's running time.
    package var until: TimeSpan
    /// What kept the last try from beginning.
    package var reason: Reason
    /// Of an undoing: the commit at which it was tried; a new one may offer what it needs.
    package var commit: CommitID?

    package init(declaration: Declaration, tries: Int, until: TimeSpan, reason: Reason) {
        self.declaration = declaration
        self.tries = tries
        self.until = until
        self.reason = reason
    }
}

/// What a node remembers of its claim against its group's budget.
package struct ClaimMemory: Hashable, Sendable {
    /// The claim's number: only a report with a higher one can end it.
    package var sequence: Int

    package init(sequence: Int) { self.sequence = sequence }

    /// Whether a report is due for its sake alone: nobody else can tell that the change did not begin.
    package func isWaiting(for published: ReportMemory) -> Bool { published.sequence <= sequence }
}

/// What this node has published.
package struct ReportMemory: Hashable, Sendable {
    /// The number of the last report; 0 before the first.
    package var sequence = 0
    /// The number of the last report that the remote is known to have taken or, where the fleet leaves
    /// reports on their nodes, that somebody may have taken from here.
    package var sent = 0
    /// Its commit.
    package var id: CommitID?
    /// The public key that signed it, by which reports are numbered; nil before the first, and in states of
    /// an agent that did not keep it.
    package var key: String?
    /// What of it makes the next report due when it changes.
    package var dueKey: Digest?
    /// The proofs as published.
    package var proven: [Proof] = []
    /// When, by the node's running time.
    package var at = TimeSpan.zero
    /// Whether the remote has it.
    package var isPushed = true
    /// Where the remote that has it is, by ``StatusSink``; nil in states of an agent that did not keep it.
    package var place: Digest?
    /// Whether it stays here, as the fleet wants it.
    package var isKept = false
    /// Whether it says that another machine has used this node's key.
    package var saysConflict = false

    package init() {}
}

/// What a reader remembers of another node, by name and key: it never accepts less.
package struct PeerMemory: Hashable, Sendable {
    package var node: NodeName
    /// The node's public key.
    package var key: String
    package var sequence: Int
    package var id: CommitID?
    /// When something new of it was last seen, by this reader's running time.
    package var lastNews: TimeSpan
    /// What its newest report calls failed: a server that hides the report cannot make it unsaid.
    package var failed: Set<Declaration>

    package init(
        node: NodeName, key: String, sequence: Int, id: CommitID?, lastNews: TimeSpan,
        failed: Set<Declaration> = []
    ) {
        self.failed = failed
        self.node = node
        self.key = key
        self.sequence = sequence
        self.id = id
        self.lastNews = lastNews
    }
}
