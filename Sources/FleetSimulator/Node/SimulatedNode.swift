package import FleetCore

/// A node: a machine, an agent on it, its disk, its clocks and its line.
package final class SimulatedNode {
    package let name: NodeName
    /// Its place in the fleet's order.
    let index: Int
    /// Its public key, as the fleet repository writes it.
    package internal(set) var key: String
    var machine: SimulatedMachine
    var clock = SimulatedClock()
    var disk = NodeDisk()
    var clone = NodeClone()
    var power = Power()
    var troubles = Troubles()
    /// The version of its agent, which decides what it can read.
    var agent = AgentVersion.current

    /// Whose reports its newest cycle read.
    var reading: [ReadKey] = []
    /// When it runs next; nil while it is down.
    var wakeAt: Int64?
    var lastRun: Int64 = -1
    /// The state and the branch as its newest cycle found them.
    var found: (state: NodeState?, tip: SimulatedCommit?)
    /// By whose reports it is woken.
    var subscribed: [ReadKey] = []
    /// Until when it is down or suspended.
    var downUntil: Int64 = -1
    /// Until when it is at work on its packages; its reports come after that.
    var busyUntil: Int64 = -1
    /// Whether it was switched off for good.
    var isOff = false
    var knownPhase: Int64?
    /// Whether it is a copy of another machine.
    var isTwin = false
    /// Which machine of this name it is.
    var machines = 0

    init(name: NodeName, index: Int, key: String, machine: SimulatedMachine) {
        self.name = name
        self.index = index
        self.key = key
        self.machine = machine
    }
}

/// What survives a power cut.
struct NodeDisk {
    var state: NodeState?
    /// Whether the state must go through its JSON form before it is read.
    var isEncoded = false
    var saves = 0
}

/// The node's clone of the fleet repository, with its own reports.
struct NodeClone {
    /// The branch as fetched last.
    var tip: SimulatedCommit?
    /// The newest report that is in the clone.
    var report: StoredReport?
    /// The newest report that a power cut cannot take away.
    var flushedReport: StoredReport?
    /// The newest reports of others that were fetched and believed.
    var peers: [NodeName: StoredReport] = [:]

    /// The report with this id, if the clone has it.
    func report(_ id: CommitID) -> StoredReport? {
        var found = report
        while let current = found, current.id != id { found = current.previous }
        return found
    }
}

/// What is wrong around a node, each until a time.
struct Troubles {
    var linkDownUntil: Int64 = -1
    var pushesFailUntil: Int64 = -1
    var diskFullUntil: Int64 = -1
    var lockedUntil: Int64 = -1
    var checkBadUntil: Int64 = -1
    var heldUntil: Int64 = -1

    /// The ends that lie ahead.
    func ends(after time: Int64) -> [Int64] {
        [linkDownUntil, pushesFailUntil, diskFullUntil, lockedUntil, checkBadUntil, heldUntil]
            .filter { $0 > time && $0 < .max / 2 }
    }
}

/// A copy of everything on a machine's disk.
struct NodeSnapshot {
    let key: String
    let machine: SimulatedMachine
    let disk: NodeDisk
    let clone: NodeClone
}
