package import FleetCore

/// The port to the running machine: its services, and its boots.
package protocol MachineControl {
    /// Why this machine cannot be rebooted by the agent, without a full stop; nil if it can.
    var rebootObstacle: String? { get }

    /// The services of which a process still runs code that has been replaced on the disk.
    ///
    /// Looks at every process, which takes a second on a large machine: it is asked after a change, and while
    /// something was found.
    ///
    /// - Throws: ``MachineError`` if that cannot be told.
    func outdatedServices() async throws(MachineError) -> [OutdatedService]

    /// Restarts services, one after the other, and waits until each is up.
    ///
    /// - Returns: why those that could not be restarted were not, by unit.
    func restart(_ units: [String]) async -> [String: String]

    /// Lets the service of the agent itself be restarted, without waiting: this cycle comes to its end.
    func restartLater(_ unit: String) async

    /// Whether this process belongs to a unit.
    func isOwn(_ unit: String) -> Bool

    /// Asks the machine to reboot, in the orderly way, and returns at once.
    ///
    /// - Throws: ``MachineError`` if it refuses, for instance because something inhibits it.
    func reboot() async throws(MachineError)

    /// Has the boot loader start an installed kernel by default.
    ///
    /// - Parameter kernel: its release, as `uname -r` has it.
    /// - Returns: what its setting was before, in its own words; nil where it had none.
    /// - Throws: ``MachineError`` if no boot loader can be asked for that kernel, with what is missing.
    func bootByDefault(kernel: String) async throws(MachineError) -> String?

    /// Puts the boot loader's setting back.
    ///
    /// - Parameter setting: as ``bootByDefault(kernel:)`` gave it; nil for none.
    func restoreBootDefault(_ setting: String?) async throws(MachineError)
}

/// Why the machine did not do, or tell, what it was asked.
package struct MachineError: Error, Hashable, Sendable {
    /// What was tried and what came of it; for people.
    package let message: String

    package init(_ message: String) { self.message = message }
}

extension MachineError: CustomStringConvertible {
    package var description: String { message }
}
