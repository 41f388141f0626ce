import FleetCore
import FleetReconciler

/// A machine in memory, that is rebooted when it is asked for it, unless it refuses.
struct FakeMachine: MachineControl {
    let world: World

    var rebootObstacle: String? { world.rebootObstacle }

    func outdatedServices() async throws(MachineError) -> [OutdatedService] {
        world.looksAtServices += 1
        if let error = world.serviceError { throw error }
        return world.outdated
    }

    func restart(_ units: [String]) async -> [String: String] {
        var failures: [String: String] = [:]
        for unit in units {
            guard world.step() else { return failures }
            world.restarted.append(unit)
            if world.stubborn.contains(unit) {
                failures[unit] = "it does not stop"
            } else {
                world.outdated.removeAll { $0.unit == unit }
            }
        }
        return failures
    }

    func restartLater(_ unit: String) async {
        if world.step() { world.restartedLater.append(unit) }
    }

    func isOwn(_ unit: String) -> Bool { unit == "plimsoll-agent.service" }

    func reboot() async throws(MachineError) {
        guard world.step() else { throw MachineError("no power") }
        world.asked.append(world.boot)
        if let error = world.rebootError { throw error }
        if world.rebootsWhenAsked { world.bootAnew() }
    }

    func bootByDefault(kernel: String) async throws(MachineError) -> String? {
        guard world.step() else { throw MachineError("no power") }
        if let error = world.bootLoaderError { throw error }
        defer { world.bootDefault = kernel }
        return world.bootDefault == kernel ? nil : world.bootDefault
    }

    func restoreBootDefault(_ setting: String?) async throws(MachineError) {
        guard world.step() else { throw MachineError("no power") }
        world.bootDefault = setting
    }
}
