package import FleetCore

/// Something that is done to the simulated fleet, by people or by fate.
package enum Happening: Hashable, Sendable {
    // Operators.
    /// A new baseline is merged.
    case release(Flaw?, needsReboot: Bool)
    /// One commit takes the baseline back by so many declarations; more than one is a stale branch.
    case revert(steps: Int)
    /// What was taken back last is merged again.
    case revertRevert
    case hold(Level)
    case lift(Level)
    case move(NodeName, to: GroupName)
    /// The group's file is written anew.
    case rewrite(Group)
    /// The baseline becomes urgent, with the packages that it has, up to the end of a day some days later.
    case urge(days: Int)
    /// The group's `retry` text changes, so that failed declarations may be tried again.
    case retry(GroupName)
    /// A new node is enrolled into a group.
    case enrol(GroupName)
    case remove(NodeName)
    /// A new key is added to `trust/`, and signs from then on.
    case newKey
    /// The oldest key is taken from `trust/`.
    case dropKey
    /// The baseline's file gets an error that a later commit mends.
    case breakFile
    /// The repository begins to need an agent that only some nodes have.
    case needNewerAgent
    /// Every node gets the newest agent.
    case upgradeAgents
    // Fate, on one node.
    /// The process ends before the step after so many more, and the machine stays down for some seconds.
    case cut(NodeName, after: Int, Cut, downFor: Int64)
    case trouble(NodeName, Trouble, seconds: Int64)
    /// The wall clock is set, ahead of the true time by some seconds.
    case clock(NodeName, offset: Int64, isKnown: Bool)
    case suspend(NodeName, seconds: Int64)
    /// A person puts an old version of a package on the machine.
    case drift(NodeName)
    /// Another machine takes the node's name, with a key of its own.
    case replace(NodeName)
    /// The disk is copied.
    case snapshot(NodeName)
    /// The newest copy of the disk is put back.
    case restore(NodeName)
    /// A second machine starts from a copy of the disk, with the same name and key.
    case twin(NodeName)
    /// An agent of the release before is put on the node.
    case oldAgent(NodeName)
    /// The node gets the newest agent before the others.
    case newAgent(NodeName)
    // Fate, on all.
    /// The mirror lacks a package of the newest release.
    case mirrorLacks(seconds: Int64)
    /// Somebody who may not signs a commit and pushes it.
    case intrude
    case deceive(Deceit, seconds: Int64)

    /// Whose file holds.
    package enum Level: Hashable, Sendable {
        case fleet
        case group(GroupName)
        case node(NodeName)
    }

    /// How a process ends.
    package enum Cut: String, Hashable, Sendable {
        /// It is killed; what it wrote is there, and the package manager works on.
        case kill
        /// The power goes: what was not flushed may be lost, and the package in work is left broken.
        case power
    }

    package enum Trouble: String, Hashable, Sendable, CaseIterable {
        case linkDown
        case badPushes
        case diskFull
        case packagesLocked
        case checkBad
        case heldHere
    }

    package enum Deceit: Hashable, Sendable {
        case frozen
        case rewound(Int)
        case rewoundReports(Int)
        case dropping
        case swapping
        case hiding
        case twoHistories
    }

    /// The node that it is done to, if it is one.
    package var node: NodeName? {
        switch self {
        case .cut(let node, _, _, _), .trouble(let node, _, _), .clock(let node, _, _),
            .suspend(let node, _), .drift(let node), .replace(let node), .snapshot(let node),
            .restore(let node), .twin(let node), .oldAgent(let node), .newAgent(let node), .move(let node, _),
            .remove(let node), .hold(.node(let node)), .lift(.node(let node)):
            node
        default: nil
        }
    }
}

/// A happening and its time.
package struct PlannedEvent: Hashable, Sendable {
    /// Seconds since the beginning.
    package let time: Int64
    package let happening: Happening

    package init(at time: Int64, _ happening: Happening) {
        self.time = time
        self.happening = happening
    }
}
