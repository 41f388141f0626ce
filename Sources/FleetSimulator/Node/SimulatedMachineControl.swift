internal import FleetCore
internal import FleetReconciler

/// The running machine of a node: services that go on with old code, and reboots that may be in vain.
struct SimulatedMachineControl: MachineControl {
    let simulation: Simulation
    let node: SimulatedNode

    var rebootObstacle: String? { nil }

    func outdatedServices() async throws(MachineError) -> [OutdatedService] {
        node.machine.outdated.sorted().map {
            OutdatedService(unit: $0, packages: [ReleaseBook.library])
        }
    }

    func restart(_ units: [String]) async -> [String: String] {
        for unit in units {
            guard node.power.step() else { break }
            node.machine.outdated.remove(unit)
        }
        return [:]
    }

    func restartLater(_ unit: String) async {}

    func isOwn(_ unit: String) -> Bool { false }

    func reboot() async throws(MachineError) {
        guard node.power.step() else { throw MachineError("no power") }
        simulation.watch.reboots(node, in: simulation)
        simulation.follow(.reboot(node.index), at: simulation.time + 1)
    }

    func bootByDefault(kernel: String) async throws(MachineError) -> String? { nil }

    func restoreBootDefault(_ setting: String?) async throws(MachineError) {}
}

extension SimulatedMachine {
    /// Whether something that is installed takes effect only with the next boot.
    var needsBoot: Bool { awaitsReboot || outdated.contains(Self.bus) }

    /// Whether everything that is installed is in effect.
    var isInEffect: Bool { !awaitsReboot && outdated.isEmpty }

    /// A boot begins. Now and then a new kernel does not come up, and the old one does.
    mutating func boot(isInVain: Bool = false) {
        if !isInVain { awaitsReboot = false }
        outdated = []
    }

    /// A service that nobody restarts, one that the baseline lets the node restart, and one that it does not.
    static let bus = "dbus.service"
    static let restarted = "app.service"
    static let waiting = "other.service"
}

extension Simulation {
    /// A new library is installed: it may leave services with the old one, where anything is left to luck.
    func leaveOldCode(on node: SimulatedNode) {
        guard rehearsal == nil, plan.endsAt == nil, !isCalm else { return }
        switch lots.below(16, "services", "\(node.name)", "\(time)") {
        case 0: node.machine.outdated.insert(SimulatedMachine.bus)
        case 1: node.machine.outdated.insert(SimulatedMachine.restarted)
        case 2: node.machine.outdated.insert(SimulatedMachine.waiting)
        default: return
        }
    }

    /// Whether the next boot of a machine brings the old kernel again.
    func isInVain(_ node: SimulatedNode) -> Bool {
        !isCalm && lots.permille("kernel", node.machine.serial, node.machine.kernelLot) < 120
    }

    /// What is installed and not in effect may wait for a person, who comes within a day.
    func callPerson(to node: SimulatedNode) {
        guard !node.machine.isInEffect else { return }
        let hours = Int64(1 + lots.below(20, "reboot", "\(node.name)"))
        follow(.person(node.index), at: time + 3_600 * hours)
    }

    /// A person boots a machine of which something is not in effect, where the baseline leaves it to people.
    func personBoots(_ node: SimulatedNode) {
        guard !node.machine.isInEffect, !node.isOff, node.downUntil <= time else { return }
        let application = node.machine.version(of: ReleaseBook.application)
        let isForPeople =
            application.flatMap(releases.release).map { ReleaseBook.reboot($0.number) == .never } ?? true
        guard isForPeople || node.machine.outdated.contains(SimulatedMachine.waiting) else { return }
        tell("\(node.name): is rebooted by a person")
        node.machine.boot()
        node.clock.boot(at: time)
        wake(node, at: time)
    }
}
