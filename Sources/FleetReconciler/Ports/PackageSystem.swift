package import FleetCore

/// The port to the machine's packages: one package manager working on one root.
///
/// Verdicts come from ``inventory()`` read again, never from what a call of the manager returned.
package protocol PackageSystem: PackageKeeping, PackageChanging, MachineInspection, UpdaterControl,
    HealthChecking
{
    /// Reads the package manager's database, without opening the manager.
    ///
    /// - Throws: ``PackageError`` if it cannot be read; what could not be read is never an empty inventory.
    func inventory() async throws(PackageError) -> Inventory

    /// What kind of system this is.
    ///
    /// - Throws: ``PackageError`` if os-release(5) cannot be read.
    func facts() async throws(PackageError) -> SystemFacts

    /// The rules of a time zone, as the machine knows them.
    ///
    /// - Throws: ``ZoneError`` if it does not, with what to do.
    func rules(of zone: ZoneName) async throws(ZoneError) -> ZoneRules

    /// Simulates a request and shows everything that the manager would touch.
    ///
    /// - Throws: ``PackageError`` if the manager finds no plan: a version that no source offers, conflicting
    ///   packages, a lock.
    func plan(_ request: ChangeRequest) async throws(PackageError) -> Plan

    /// Fetches every package file of a plan and checks its digest; changes no package.
    func download(_ plan: Plan) async throws(PackageError)

    /// Whether every package file that a request needs was downloaded for it, and is still there. Opens no
    /// manager.
    func hasDownloaded(_ request: ChangeRequest) async -> Bool

    /// Removes downloaded package files that nothing needs any more. Opens no manager.
    ///
    /// - Parameters:
    ///   - requests: whose files stay.
    ///   - changes: the files of their versions, before and after, stay; so do those of what is installed.
    func removeDownloads(exceptFor requests: [ChangeRequest], _ changes: [PackageChange]) async

    /// Whether something that is installed takes effect only after a reboot.
    func rebootRequirement() -> RebootStatement

    /// Which of these packages are marked as automatically installed.
    func automaticMarks(of packages: [PackageID]) async throws(PackageError) -> [PackageID]
}

/// Why the package manager did not do what it was asked, with nothing changed.
package struct PackageError: Error, Hashable, Sendable {
    package let code: Code
    /// What was tried, what came of it and what follows; for people.
    package let message: String
    /// The entries or packages that it is about, in their written form.
    package let packages: [String]

    package init(_ code: Code, _ message: String, packages: [String] = []) {
        self.code = code
        self.message = message
        self.packages = packages
    }

    package enum Code: String, Sendable, CaseIterable {
        /// Another process holds the package manager's lock.
        case locked
        /// No source offers the version.
        case unavailable
        /// A source could not be reached or did not verify.
        case sourceUnreachable
        /// Not enough space on the disk.
        case noSpace
        /// The request contradicts itself, other packages or a hold by hand.
        case unsatisfiable
        /// A downloaded file does not have the digest that the baseline gives.
        case digestMismatch
        /// The package manager's database is damaged or was interrupted.
        case broken
        /// Something could not be read or run: the message says what.
        case unreadable
    }
}

extension PackageError: CustomStringConvertible {
    package var description: String { message }
}
