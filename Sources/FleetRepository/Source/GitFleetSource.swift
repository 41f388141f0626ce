package import FleetCore
package import FleetReconciler

/// The fleet repository as a node sees it: a bare clone, the remote that it comes from, and the introduction
/// from which it is trusted.
package final class GitFleetSource: FleetSource {
    let settings: FleetSourceSettings
    /// How remotes are asked: with the host keys that the followed commit lists, once that is known.
    var network: NetworkChild
    let clone: Clone
    /// Whether remotes are asked and the clone is kept clean; else it is only looked at, without the lock.
    let isWorking: Bool
    /// What was done to the clone when it was opened; nil if it was well, as far as one can see from outside.
    package let repair: CloneRepair?
    private let doubt = CloneDoubt()
    /// What the followed commit says to this node, as read last in this cycle.
    var view: (commit: CommitID, view: NodeView)?
    /// The commit that lists these.
    var hostsCommit: CommitID?
    /// The remote whose branch is in the clone; the first one before any was asked.
    var asked: RemoteURL
    /// The remote that has another chain of this node's reports than this node, as the last push found.
    var divergedRemote: RemoteURL?
    /// Where the branch led as it was fetched, for that memory.
    var judged: (memory: NodeState, following: Following)?
    /// Whether fleet commits that reports name lie on this node's chain, as found in this cycle.
    var places: [CommitID: Bool] = [:]

    /// - Parameter anchors: what the node remembers to have in the clone; asked for if that is damaged.
    /// - Throws: ``SourceError`` if the clone can neither be opened nor made.
    package init(
        _ settings: FleetSourceSettings, network: NetworkChild,
        anchors: () -> [CloneRepair.Anchor] = { [] }
    ) throws(SourceError) {
        self.settings = settings
        var network = network
        network.doubt = doubt
        self.network = network
        asked = settings.remote
        let opened = try Self.openClone(settings.cloneFolder, anchors)
        clone = opened.clone
        repair = opened.repair
        isWorking = true
    }

    /// A source that only looks at what is in the clone: it asks no remote, and changes nothing.
    ///
    /// - Throws: ``SourceError`` if there is no clone, or it cannot be opened.
    package init(lookingAt settings: FleetSourceSettings) throws(SourceError) {
        self.settings = settings
        network = NetworkChild()
        asked = settings.remote
        isWorking = false
        repair = nil
        do throws(GitError) {
            clone = Clone(try GitRepository(open: settings.cloneFolder))
        } catch {
            throw SourceError(.cloneDamaged, error.description)
        }
    }

    /// Opens the clone under the caller's lock. One that a crash or the disk has damaged is made anew: the
    /// mark is not in it, so nothing is forgotten.
    private static func openClone(
        _ folder: String, _ anchors: () -> [CloneRepair.Anchor]
    ) throws(SourceError) -> (clone: Clone, repair: CloneRepair?) {
        var isUsable = false
        do throws(FileError) {
            try CloneRepair.finish(folder)
            if case .missing = CloneMaintenance.condition(of: folder) {
            } else {
                _ = try CloneMaintenance.removeLeftovers(in: folder)
                isUsable = true
            }
        } catch {
            throw SourceError(.storage, error.description)
        }
        var repair: CloneRepair?
        if case .unusable = CloneMaintenance.condition(of: folder) {
            do throws(CloneMaintenanceError) {
                repair = try CloneRepair(folder, anchors: anchors())
            } catch {
                throw SourceError(.storage, "the clone is damaged, and cannot be made anew: \(error)")
            }
        }
        do throws(GitError) {
            // To initialise what is there would write: libgit2 tries out what the file system can.
            let repository =
                isUsable ? try GitRepository(open: folder) : try GitRepository(initialiseBare: folder)
            return (Clone(repository), repair)
        } catch {
            throw SourceError(error.code == .diskFull ? .storage : .cloneDamaged, error.description)
        }
    }

    /// Whether something failed to which a damaged clone was the cause: it is read whole where that may be.
    package var isDamaged: Bool { doubt.isRaised && !clone.repository.isSound() }
}

/// Where a node's fleet repository is.
package struct FleetSourceSettings: Sendable {
    package var node: NodeName
    /// The remote that is asked first.
    package var remote: RemoteURL
    /// Those that are asked after it, in order.
    package var furtherRemotes: [RemoteURL]
    package var branch: String
    /// The first trusted commit.
    package var introduction: CommitID
    /// The folder of the bare clone.
    package var cloneFolder: String
    /// A fetch of the branch larger than this is given up.
    package var fetchByteLimit: Int

    package init(
        node: NodeName, remote: RemoteURL, furtherRemotes: [RemoteURL] = [], branch: String,
        introduction: CommitID, cloneFolder: String, fetchByteLimit: Int = 1 << 30
    ) {
        self.node = node
        self.remote = remote
        self.furtherRemotes = furtherRemotes
        self.branch = branch
        self.introduction = introduction
        self.cloneFolder = cloneFolder
        self.fetchByteLimit = fetchByteLimit
    }
}

extension FleetSourceSettings {
    /// The node's own remotes, in the order in which they are asked.
    var ownRemotes: [RemoteURL] { [remote] + furtherRemotes }
}

/// The names of references in a node's clone and at its remotes.
package enum FleetReferences {
    /// The remote's branch, as fetched last; nothing is believed because it is here.
    static let branch = "refs/remotes/fleet/branch"

    /// The newest report of another node, as fetched last.
    static func peer(_ node: NodeName) -> String { "refs/remotes/status/latest/\(node)" }

    /// A ledger, as fetched last.
    static func ledger(_ ledger: LedgerName) -> String {
        "refs/remotes/claims/\(ledger.group)/\(ledger.value)"
    }

    /// The newest report of a node that has claimed. Kept apart from what gates fetch: what a gate believes
    /// while the remote is away must have been judged by the gate.
    static func claimant(_ node: NodeName) -> String { "refs/remotes/claimants/\(node)" }

    /// This node's own chain and newest report.
    static func ownChain(_ node: NodeName) -> String { "\(own)status/\(node)" }
    static func ownLatest(_ node: NodeName) -> String { "\(own)latest/\(node)" }
    /// What is nowhere else before it was sent.
    static let own = "refs/plimsoll/"

    /// A node's chain of reports at the status remote.
    package static func status(_ node: NodeName) -> String { "refs/heads/status/\(node)" }

    /// A node's newest report at the status remote.
    package static func latest(_ node: NodeName) -> String { "refs/heads/latest/\(node)" }
}
