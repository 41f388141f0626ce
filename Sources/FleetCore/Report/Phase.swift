/// The state of a node in one word.
package enum Phase: String, Sendable, CaseIterable {
    /// The declared baseline is installed and in effect, and every check is well.
    case converged
    /// A newer declaration is not admitted yet; the admitted one is enforced.
    case waiting
    /// Something that is nobody's fault keeps the node from changing; it tries again.
    case blocked
    /// A change has begun.
    case converging
    /// The package manager works on past its deadline.
    case stalled
    /// The declared declaration failed here, finally.
    case failed
    /// The admitted declaration failed here and the one before it is in its place.
    case rolledBack
    /// A check that was well turned bad after the declaration was proven.
    case degraded
    /// A person has stopped it.
    case held
    /// Done but for a reboot, or for a restart of services that run old code.
    case rebootRequired
    /// The branch holds what nobody authorised put there; the last authentic commit is followed.
    case untrusted
    /// The branch's tip cannot be read; the newest commit that can is followed.
    case unreadable
    /// The node is not in the fleet yet.
    case notEnrolled
    /// The node has lost its state.
    case stateLost
    /// A word of a newer agent.
    case unknown
}
