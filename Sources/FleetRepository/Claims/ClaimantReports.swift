internal import FleetCore

/// The newest reports of those who have claimed, fetched for one reading of a ledger.
///
/// They are judged without a memory: a server that shows old ones could as well hide claims. What nobody can
/// do is to speak for a node without its key.
struct ClaimantReports {
    private let source: GitFleetSource
    private let fleet: FleetName
    /// What each group's remote lists.
    private var listed: [GroupName: [String: CommitID]] = [:]

    /// - Throws: `NetworkError` if a remote cannot be asked.
    init(of nodes: [NodeRecord], at place: GitClaimLedger.Place, source: GitFleetSource) throws {
        self.source = source
        fleet = place.fleet.name
        // A node that was moved since it claimed reports where its present group does.
        for (group, members) in Dictionary(grouping: nodes, by: \.group) {
            let remote = try StatusRemote(
                fleet: place.fleet, group: group, fallback: source.settings.remote
            ).url
            let refspecs = Set(members.map(\.name)).sorted().compactMap {
                FetchRefspec(
                    source: FleetReferences.latest($0), destination: FleetReferences.claimant($0))
            }
            let found = try source.fetch(reports: refspecs, from: remote)
            listed[group] = Dictionary(found.map { ($0.name, $0.id) }) { first, _ in first }
        }
    }

    /// - Parameter node: nil for one of whom the followed commit says nothing that could be read.
    func testimony(of node: NodeRecord?) -> Claimant.Testimony {
        guard let node else { return .rejected("its file cannot be read, or is not followed yet") }
        let listed = listed[node.group] ?? [:]
        guard let latest = listed[FleetReferences.latest(node.name)] else { return .none }
        do throws(ReportRejection) {
            guard let key = try? SSHPublicKey(text: node.key) else {
                throw ReportRejection(latest, .keyUnreadable, "its key cannot be read")
            }
            let commit = try ReportCommit(
                reading: latest, in: source.clone.repository, key: key, fleet: fleet, node: node.name)
            _ = try commit.chain(listed: listed[FleetReferences.status(node.name)])
            return .report(commit.report)
        } catch {
            return .rejected(error.message)
        }
    }

    /// The number of a node's newest report; 0 if there is none to be believed.
    func number(of node: NodeRecord?) -> Int {
        guard case .report(let report) = testimony(of: node) else { return 0 }
        return report.sequence
    }
}

/// The commits of the fleet's branch, as far as the server gives them: where a claim says that its key is
/// listed.
///
/// The branch's tip need not be authentic for that. A claim that names a commit of it counts, which frees
/// nobody; and an unauthorised tip keeps everybody from moving anyhow.
final class BranchChain {
    private let source: GitFleetSource
    private var known: Set<CommitID>?
    private var isFresh = false

    init(_ source: GitFleetSource) { self.source = source }

    func contains(_ commit: CommitID) throws(GitError) -> Bool {
        if try chain.contains(commit) { return true }
        // Whoever has claimed may have polled later than this node. One more look tells it from a commit that
        // somebody has made up.
        guard !isFresh else { return false }
        isFresh = true
        let branch = "refs/heads/\(source.settings.branch)"
        guard let refspec = FetchRefspec(source: branch, destination: FleetReferences.branch) else {
            return false
        }
        do throws(NetworkError) {
            _ = try source.network.fetch(
                [refspec], from: source.asked, into: source.settings.cloneFolder,
                byteLimit: source.settings.fetchByteLimit)
        } catch {
            throw GitError("look for commit", commit.hex, .other(0), error.description)
        }
        known = nil
        return try chain.contains(commit)
    }

    private var chain: Set<CommitID> {
        get throws(GitError) {
            if let known { return known }
            var chain: Set<CommitID> = []
            var next = try source.clone.repository.reference(FleetReferences.branch)
            while let current = next, chain.count < ChainAuthenticator.longestStretch {
                chain.insert(current)
                next = try source.clone.repository.firstParent(of: current)
            }
            known = chain
            return chain
        }
    }
}
