package import FleetCore

/// The part of ``PackageSystem`` that changes packages. The manager is never killed, however long it takes.
package protocol PackageChanging {
    /// Carries a plan out, from what ``download(_:)`` fetched, and puts automatic marks back.
    ///
    /// Nothing is said about success: the caller reads the inventory again. The manager is never killed.
    ///
    /// - Parameters:
    ///   - progress: called with each step that the manager announces.
    ///   - stalled: called when the manager has worked for longer than `patience`, and again and again.
    /// - Returns: what the manager said.
    /// - Throws: ``PackageError`` if the manager did not begin: a lock, no space. Then nothing has changed.
    func apply(
        _ plan: Plan, patience: ManagerPatience, progress: @Sendable (PackageProgress) -> Void,
        stalled: (StalledManager) async -> Void
    ) async throws(PackageError) -> ManagerOutput

    /// Ends what the manager itself left half done (`dpkg --configure -a`); does nothing where all is well.
    ///
    /// - Parameter stalled: as for ``apply(_:patience:progress:stalled:)``.
    /// - Throws: ``PackageError`` if it could not be ended.
    func repair(
        patience: ManagerPatience, stalled: (StalledManager) async -> Void
    ) async throws(PackageError)

    /// What works on the packages now, whoever has started it; nil if nothing does.
    func managerAtWork() -> StalledManager?
}

/// How long the package manager may work before the node says that it is stalled.
package struct ManagerPatience: Hashable, Sendable {
    package let deadline: TimeSpan
    /// After how long it is looked again.
    package let interval: TimeSpan

    package init(deadline: TimeSpan, interval: TimeSpan) {
        self.deadline = deadline
        self.interval = interval
    }
}

/// A step that the package manager announces while it works.
package struct PackageProgress: Hashable, Sendable {
    /// Of the whole, in percent: 0–100.
    package let percent: Int
    /// What it is doing, in the manager's words.
    package let message: String

    package init(percent: Int, message: String) {
        self.percent = percent
        self.message = message
    }
}

/// What a package manager said while it changed packages.
package struct ManagerOutput: Hashable, Sendable {
    /// The exit status, for people: it decides nothing.
    package let status: Int
    /// The last 4 KiB of what it wrote.
    package let log: String
    /// Packages whose maintainer script failed, as the manager attributes it, with its message.
    package let failures: [PackageID: String]
    /// How long it worked.
    package let duration: TimeSpan

    package init(status: Int, log: String, failures: [PackageID: String], duration: TimeSpan) {
        self.duration = duration
        self.status = status
        self.log = log
        self.failures = failures
    }
}
