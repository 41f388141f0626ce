/// An unbroken run of cycles in which one declaration was installed, in effect and well.
///
/// Soak is measured here, by the canary's own clock: an interval between two cycles counts for at most twice
/// the configured one, suspended time and time across a restart not at all.
package struct Wellness: Hashable, Sendable {
    package var declaration: Declaration
    /// How long the run has lasted.
    package var healthyFor: TimeSpan
    /// Whether at least two successive cycles were well: the declaration is proven.
    package var isProven: Bool
    package var bootID: String
    package var sinceBoot: TimeSpan

    package init(
        declaration: Declaration, healthyFor: TimeSpan, isProven: Bool, bootID: String, sinceBoot: TimeSpan
    ) {
        self.declaration = declaration
        self.healthyFor = healthyFor
        self.isProven = isProven
        self.bootID = bootID
        self.sinceBoot = sinceBoot
    }

    /// The first well cycle of a run.
    package init(beginning declaration: Declaration, at now: Instant) {
        self.init(
            declaration: declaration, healthyFor: .zero, isProven: false, bootID: now.bootID,
            sinceBoot: now.sinceBoot)
    }

    /// The run with one more well cycle at `now`.
    ///
    /// - Parameter interval: the configured time between two cycles.
    package func continued(at now: Instant, interval: TimeSpan) -> Wellness {
        let passed = bootID == now.bootID ? min(now.sinceBoot - sinceBoot, interval * 2) : .zero
        return Wellness(
            declaration: declaration, healthyFor: healthyFor + passed, isProven: true, bootID: now.bootID,
            sinceBoot: now.sinceBoot)
    }
}
