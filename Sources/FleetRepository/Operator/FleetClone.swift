package import FleetCore
internal import Glibc

/// The fleet's branch and its reports, fetched for one command into a bare clone that is removed with the
/// value.
package final class FleetClone {
    let clone: Clone
    private let temporary: TemporaryClone
    private let location: RepositoryLocation
    private let branch: String
    private(set) var network: NetworkChild
    /// Where the reports are, as `status.remote` has it, if not where the fleet says; `{group}` stands for
    /// the group. On the server itself a repository has another name than for the nodes.
    package var reportsElsewhere: String?
    /// The branch's tip, as fetched last; nothing is believed because it is here.
    package private(set) var tip: CommitID

    /// Fetches the branch.
    ///
    /// - Throws: ``OperatorError``: `unavailable` if the remote does not give it.
    package init(_ location: RepositoryLocation, branch: String, network: NetworkChild) throws(OperatorError)
    {
        self.location = location
        self.branch = branch
        self.network = network
        self.network.isDurable = false
        temporary = try TemporaryClone()
        do {
            clone = Clone(try GitRepository(initialiseBare: temporary.folder))
            if let objects = location.objects {
                // Git's alternates: nothing is copied that the operator's clone has
                // (gitrepository-layout(5)).
                try DurableFile.write(
                    Array("\(objects)\n".utf8), to: "\(temporary.folder)/objects/info/alternates")
                if let known = location.known.flatMap({ CommitID($0) }) {
                    try clone.repository.setReference("refs/plimsoll/known", to: known)
                }
            }
            tip = try Self.fetchTip(location.remote, branch, network, into: clone)
        } catch {
            throw OperatorError(error)
        }
    }

    /// Borrows all objects of the repository in which the operator works, and asks no remote.
    ///
    /// - Parameter tip: the commit that is taken for the branch's tip.
    /// - Throws: ``OperatorError``: `usage` if the location is no folder.
    package init(
        working location: RepositoryLocation, branch: String, at tip: CommitID, network: NetworkChild
    ) throws(OperatorError) {
        guard let objects = location.ownObjects else {
            throw OperatorError(.usage, "'\(location.remote)' is no folder; a work tree is needed for this")
        }
        self.location = location
        self.branch = branch
        self.network = network
        self.network.isDurable = false
        self.tip = tip
        temporary = try TemporaryClone()
        do {
            clone = Clone(try GitRepository(initialiseBare: temporary.folder))
            try DurableFile.write(
                Array("\(objects)\n".utf8), to: "\(temporary.folder)/objects/info/alternates")
        } catch {
            throw OperatorError(error)
        }
    }

    /// Fetches the branch again: a report may name a commit that came to it meanwhile.
    package func fetchAgain() throws(OperatorError) {
        do {
            tip = try Self.fetchTip(location.remote, branch, network, into: clone)
        } catch {
            throw OperatorError(error)
        }
    }

    private static func fetchTip(
        _ remote: RemoteURL, _ branch: String, _ network: NetworkChild, into clone: Clone
    ) throws -> CommitID {
        let source = "refs/heads/\(branch)"
        guard let refspec = FetchRefspec(source: source, destination: FleetReferences.branch) else {
            throw OperatorError(.usage, "'\(branch)' is not the name of a branch")
        }
        _ = try network.fetch([refspec], from: remote, into: clone.repository.folder, byteLimit: byteLimit)
        guard let tip = try clone.repository.reference(FleetReferences.branch) else {
            throw OperatorError(.unavailable, "remote '\(remote)' has no branch '\(branch)'")
        }
        return tip
    }

    /// A branch, or the reports of a remote, larger than this are not fetched.
    static let byteLimit = 4 << 30
}

/// The reports at one remote: what it lists, and the remote itself.
package struct ReportListing: Sendable {
    package let remote: RemoteURL
    /// The chain's tip and the newest report of each node, by what the remote lists.
    package let nodes: [NodeName: (status: CommitID?, latest: CommitID?)]
    /// References below `status/` and `latest/` whose names are not those of nodes.
    package let strangers: [String]
}

extension FleetClone {
    /// Fetches reports from everywhere where the fleet wants them.
    ///
    /// - Parameter withChains: whether the whole chains are fetched, too, or only each node's newest report.
    /// - Returns: each group's listing, none where reports stay on their nodes; groups with one remote share
    ///   it.
    package func fetchReports(
        of fleet: Fleet, groups: [GroupName], withChains: Bool
    ) throws(OperatorError) -> [GroupName: ReportListing] {
        guard !fleet.keepsReports || reportsElsewhere != nil else { return [:] }
        var listings: [RemoteURL: ReportListing] = [:]
        var found: [GroupName: ReportListing] = [:]
        for group in groups {
            do {
                let remote = try statusRemote(of: group, in: fleet)
                let listing =
                    try listings[remote] ?? fetchReports(from: remote, number: listings.count, withChains)
                listings[remote] = listing
                found[group] = listing
            } catch {
                throw OperatorError(error)
            }
        }
        return found
    }

    /// Where the reports of a group's nodes are.
    func statusRemote(of group: GroupName, in fleet: Fleet) throws(NetworkError) -> RemoteURL {
        try StatusRemote(fleet: fleet, group: group, fallback: location.remote, instead: reportsElsewhere).url
    }

    private func fetchReports(
        from remote: RemoteURL, number: Int, _ withChains: Bool
    ) throws -> ReportListing {
        let names = ["latest/"] + (withChains ? ["status/"] : [])
        let refspecs = names.compactMap {
            FetchRefspec(source: "refs/heads/\($0)*", destination: "refs/remotes/reports-\(number)/\($0)*")
        }
        let result = try network.fetch(
            refspecs, from: remote, into: clone.repository.folder, byteLimit: Self.byteLimit)
        var nodes: [NodeName: (status: CommitID?, latest: CommitID?)] = [:]
        var strangers: [String] = []
        for reference in result.listed {
            for (prefix, isChain) in [("refs/heads/status/", true), ("refs/heads/latest/", false)]
            where reference.name.hasPrefix(prefix) {
                guard let node = NodeName(reference.name.dropFirst(prefix.utf8.count)) else {
                    strangers.append(reference.name)
                    continue
                }
                if isChain {
                    nodes[node, default: (nil, nil)].status = reference.id
                } else {
                    nodes[node, default: (nil, nil)].latest = reference.id
                }
            }
        }
        return ReportListing(remote: remote, nodes: nodes, strangers: strangers)
    }
}
