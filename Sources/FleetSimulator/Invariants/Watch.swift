package import FleetCore
internal import FleetReconciler

/// What must be true after every step, whatever happens; judged by the truth of the simulation, not by what
/// nodes believe.
package enum Invariant: String, Hashable, Sendable, CaseIterable {
    /// No node acts on a commit that nobody authorised put on the branch.
    case authenticity
    /// The mark never goes back.
    case mark
    /// Nothing that the branch has gone back from is admitted.
    case withdrawn
    /// Outside the canaries nobody moves before its gate could be open.
    case gate
    /// Nobody moves before the waves before it could be healthy.
    case waves
    /// With an honest server no more nodes are in change at once than a budget allows.
    case budget
    /// A person's stop is obeyed.
    case hold
    /// Nothing new begins outside the window, or in a freeze, by the clock of the node; nor while it does
    /// not know the time.
    case calendar
    /// Nobody is left half-patched, and no change begins that a crash could leave so.
    case wholeness
    /// A failed declaration is not tried again.
    case failure
    /// A node reboots by its baseline's leave alone, never with a transaction open, and at most three times
    /// for one declaration.
    case reboot
    /// Every hold-back has a reason.
    case reason
    /// Reports form a chain, without gaps and without two of one number.
    case chain
    /// What was seen of other nodes is never taken back.
    case memory
    /// Once faults stop, no gate is closed and no hold set, all converge and then only rest.
    case convergence
}

/// An invariant that does not hold.
package struct Violation: Hashable, Sendable {
    package let invariant: Invariant
    /// The node that broke it; nil if it is about the fleet.
    package let node: NodeName?
    /// Seconds since the beginning.
    package let time: Int64
    package let message: String
}

/// Watches over the invariants: incremental, each step of a node checks that node alone.
package final class Watch {
    /// How often each was checked.
    package private(set) var checks: [Int] = Array(repeating: 0, count: Invariant.allCases.count)
    package private(set) var violation: Violation?
    /// How long each key of a node was really well on what declaration.
    var truths: [String: NodeTruth] = [:]
    /// By the index of the node.
    var histories: [Int: NodeHistory] = [:]
    /// The reports that the server took, by key and number.
    var numbers: [String: [Int: CommitID]] = [:]
    /// Keys that two machines, or two times of one machine, have used.
    private(set) var copiedKeys: Set<String> = []
    var isResting = false
    /// Whether nothing is checked.
    var isBlind = false

    package init() {}

    package var totalChecks: Int { checks.reduce(0, +) }

    /// Checks an invariant.
    func expect(
        _ invariant: Invariant, _ holds: Bool, on node: SimulatedNode?, in simulation: Simulation,
        _ message: @autoclosure () -> String
    ) {
        checks[invariant.number] += 1
        guard !holds, violation == nil else { return }
        let violation = Violation(
            invariant: invariant, node: node?.name, time: simulation.time, message: message())
        self.violation = violation
        simulation.tell("VIOLATION of \(invariant.rawValue): \(violation.message)")
    }

    /// A machine that begins anew owes nothing to what was there before.
    func forget(_ node: SimulatedNode) { histories[node.index] = nil }

    /// A copy of a disk was put back: what it remembers is older, and nobody's fault.
    func restored(_ node: SimulatedNode) {
        histories[node.index] = nil
        copiedKeys.insert(node.key)
    }
}

/// What is true of a node and key.
struct NodeTruth {
    /// When each machine with this key began to be well on what it has, as far as its cycles saw, by the
    /// machine's index: of two that share a key one may be well while the other is not.
    var wellSince: [Int: (declaration: Declaration, time: Int64)] = [:]
    /// The longest unbroken time for each declaration, in seconds.
    var longest: [Declaration: Int64] = [:]
}

/// What a machine has done.
struct NodeHistory {
    /// What failed here finally, and under which texts of `retry`.
    var failed: [Declaration: RetryToken] = [:]
    /// From which boots it asked for a reboot for a declaration, and under which texts of `retry`.
    var reboots: [Declaration: (retry: RetryToken, boots: Set<Int>)] = [:]
    var lastPhase: Phase?
    var lastReasons: [Reason] = []
}

extension Invariant {
    private static let numbers = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })

    package var number: Int { Self.numbers[self] ?? 0 }
}
