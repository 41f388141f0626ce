package import FleetCore

/// What is still at the status remotes of nodes that have left the fleet.
package struct FleetPruning {
    package let fleet: Fleet
    /// The commit that lists these nodes no more: the last authentic one.
    package let commit: CommitID
    package let history: HistoryAudit
    /// In the order of names; a node that was moved before it left may be at several remotes.
    package let remains: [Remains]
    /// The groups of earlier days whose remotes could not be asked, with why.
    package let unasked: [(group: GroupName, why: String)]
    /// Has fetched all that is named here; it lasts as long as this value.
    let source: FleetClone

    /// What one remote has of one node.
    package struct Remains: Sendable {
        package let node: NodeName
        /// Where the node was at last.
        package let group: GroupName
        /// Its chain and its newest report, as the remote lists them.
        package let references: [GitReference]
        /// Why this must stay, or nil.
        package let obstacle: Obstacle?
        package var place: String { remote.description }
        let remote: RemoteURL
    }

    /// Why what is left of a node must stay.
    package enum Obstacle: Hashable, Sendable {
        /// What it says holds back others: without it a gate could open. A person may decide otherwise.
        case evidence(String)
        /// It cannot be done now.
        case notNow(String)

        package var message: String {
            switch self {
            case .evidence(let why), .notNow(let why): why
            }
        }
    }

    /// What is moved to the bundle.
    package var chosen: [Remains] { remains.filter { $0.obstacle == nil } }
}

extension FleetClone {
    /// Finds what is left of nodes that an authentic commit has taken out of the fleet.
    ///
    /// Never looked at are references of names that no commit has ever listed: such a node may wait for its
    /// file to be merged.
    ///
    /// - Parameter included: the nodes that are taken although they still hold back others.
    /// - Throws: ``OperatorError``: `notAuthentic` if the branch is not authentic, for what it lists decides;
    ///   `usage` if one of `included` is in the fleet, or not known. ``FleetReadError``.
    package func pruning(
        from introduction: CommitID?, including included: Set<NodeName>
    ) throws -> FleetPruning {
        let before = try audit(from: introduction)
        try Self.require(before)
        let roll = try roll(at: before.ground)
        let book = try KeyBook(clone, along: before.chain)
        let listed = try listedNodes(besides: roll)
        let found = try remains(of: roll.fleet, groups: Set(roll.groups), book: book) { node in
            !listed.contains(node)
        }
        // After the reports, so that nobody who has come back meanwhile is taken for one who left, and no
        // commit that a report names is missing.
        let picture = try FleetPicture(self, from: introduction)
        try Self.require(picture.status.history)
        let now = try listedNodes(besides: picture.roll)
        for node in included.sorted() where now.contains(node) || book.lastPlace(of: node) == nil {
            throw OperatorError(
                .usage,
                now.contains(node)
                    ? "'\(node)' is in the fleet; '--include' is for nodes that have left it"
                    : "no commit has ever listed a node '\(node)'")
        }
        var judge = try PruneJudge(picture, book: book, included: included)
        var remains: [FleetPruning.Remains] = []
        for candidate in found.remains where !now.contains(candidate.node) {
            remains.append(try judge.judge(candidate))
        }
        return FleetPruning(
            fleet: picture.status.fleet, commit: picture.status.commit, history: picture.status.history,
            remains: remains, unasked: found.unasked, source: self)
    }

    private static func require(_ history: HistoryAudit) throws(OperatorError) {
        guard let failure = history.failure else { return }
        throw OperatorError(
            .notAuthentic, "\(failure); who has left the fleet can be told from an authentic branch only")
    }

    /// The nodes that nodes' commit lists, and those that one lists which waits for approval.
    private func listedNodes(besides roll: FleetRoll) throws(FleetReadError) -> Set<NodeName> {
        let tip = roll.commit == self.tip ? roll : try self.roll(at: self.tip)
        return Set((roll.nodes + tip.nodes).map(\.name))
    }

    /// What the remotes list of nodes that have left, fetched with the whole chains.
    private func remains(
        of fleet: Fleet, groups: Set<GroupName>, book: KeyBook, hasLeft: (NodeName) -> Bool
    ) throws -> (remains: [FleetPruning.Remains], unasked: [(group: GroupName, why: String)]) {
        guard !fleet.keepsReports || reportsElsewhere != nil else { return ([], []) }
        var asked: Set<RemoteURL> = []
        var remains: [FleetPruning.Remains] = []
        var unasked: [(group: GroupName, why: String)] = []
        for group in groups.union(book.groups).sorted() {
            do throws(NetworkError) {
                let remote = try statusRemote(of: group, in: fleet)
                guard asked.insert(remote).inserted else { continue }
                let wanted = try network.list(remote).filter { reference in
                    FleetPruning.node(of: reference).map { hasLeft($0) && book.lastPlace(of: $0) != nil }
                        ?? false
                }
                guard !wanted.isEmpty else { continue }
                let refspecs = wanted.compactMap {
                    FetchRefspec(
                        source: $0.name, destination: "refs/plimsoll/left-\(asked.count)/\($0.name)")
                }
                let listed = try network.fetch(
                    refspecs, from: remote, into: clone.repository.folder, byteLimit: Self.byteLimit
                ).listed
                let names = Set(wanted.map(\.name))
                let nodes = Dictionary(grouping: listed.filter { names.contains($0.name) }) {
                    FleetPruning.node(of: $0)
                }
                for (node, references) in nodes {
                    guard let node, let place = book.lastPlace(of: node) else { continue }
                    remains.append(
                        FleetPruning.Remains(
                            node: node, group: place.group,
                            references: references.sorted { $0.name < $1.name }, obstacle: nil,
                            remote: remote))
                }
            } catch {
                // The repository of a group that is no more may be gone with it.
                guard !groups.contains(group) else { throw error }
                unasked.append((group, error.description))
            }
        }
        return (remains.sorted { ($0.node, $0.place) < ($1.node, $1.place) }, unasked)
    }
}

extension FleetPruning {
    /// The node whose chain or newest report a reference is; nil for every other one.
    fileprivate static func node(of reference: GitReference) -> NodeName? {
        for prefix in ["refs/heads/status/", "refs/heads/latest/"] where reference.name.hasPrefix(prefix) {
            return NodeName(reference.name.dropFirst(prefix.utf8.count))
        }
        return nil
    }
}

/// Says what must stay although its node has left: who takes a failed node out of the fleet does not take the
/// failure out of the world, and a reader that has not seen it yet must find it.
private struct PruneJudge {
    private let picture: FleetPicture
    private var book: KeyBook
    private let included: Set<NodeName>
    /// Who has left a group that others look at, since which declarations, and who looks.
    private var asked: [NodeName: [Declaration: Set<GroupName>]] = [:]
    private var seen: [NodeName: [GitReference]] = [:]

    init(_ picture: FleetPicture, book: KeyBook, included: Set<NodeName>) throws {
        self.picture = picture
        self.book = book
        self.included = included
        let finder = DepartedCanaries(clone: picture.clone, followed: picture.status.commit)
        let members = Dictionary(grouping: picture.roll.nodes, by: \.group)
        for name in picture.roll.groups {
            // What a commit says to one node it says to all of the group, but for the node's own file.
            guard let nodes = members[name], let first = nodes.first(where: { $0.record != nil }) else {
                continue
            }
            let group = try picture.view(of: first.name, at: picture.status.commit).group
            let open = Self.open(to: nodes.map(\.name), of: group, in: picture)
            var looked = group.movesInWaves ? [name] : []
            if case .rule(let rule) = group.gate { looked += rule.after }
            for other in looked {
                for (node, declarations) in try finder.names(from: other, since: open) {
                    for declaration in declarations {
                        asked[node, default: [:]][declaration, default: []].insert(name)
                    }
                }
            }
        }
    }

    /// The declarations about which some node of a group may still ask: what is declared now, for nodes that
    /// come later, and what one of them has not admitted yet.
    private static func open(
        to nodes: [NodeName], of group: Group, in picture: FleetPicture
    ) -> [Declaration] {
        guard let stack = picture.stacks[group.baseline] else { return [] }
        var open = Set([stack.declared].compactMap(\.self))
        for node in nodes {
            open.formUnion(stack.ahead(of: picture.standings[node]?.report?.baseline.admitted))
        }
        return stack.layers.map(\.declaration).reversed().filter(open.contains)
    }

    mutating func judge(_ remains: FleetPruning.Remains) throws -> FleetPruning.Remains {
        let evidence = included.contains(remains.node) ? nil : try evidence(in: remains)
        let obstacle = evidence.map(FleetPruning.Obstacle.evidence)
        let other = self.obstacle(beside: remains)
        if obstacle == nil, other == nil { seen[remains.node] = remains.references }
        return FleetPruning.Remains(
            node: remains.node, group: remains.group, references: remains.references,
            obstacle: obstacle ?? other, remote: remains.remote)
    }

    /// A reference of the same name goes to another bundle: in one it could not be told from the first.
    private func obstacle(beside remains: FleetPruning.Remains) -> FleetPruning.Obstacle? {
        guard let others = seen[remains.node] else { return nil }
        let isSame = remains.references.allSatisfy { reference in
            others.allSatisfy { $0.name != reference.name || $0.id == reference.id }
        }
        return isSame
            ? nil
            : .notNow("another remote has references of the same names, which are moved first: run it again")
    }

    /// What in a node's newest report still counts for others; nil if nothing does.
    private mutating func evidence(in remains: FleetPruning.Remains) throws -> String? {
        func id(_ name: String) -> CommitID? { remains.references.first { $0.name == name }?.id }
        let listed = (
            status: id(FleetReferences.status(remains.node)), latest: id(FleetReferences.latest(remains.node))
        )
        // Where its key was changed, some readers may judge it by the one of before.
        var keys = [book.lastPlace(of: remains.node)?.record.flatMap { try? SSHPublicKey(text: $0.key) }]
        if let latest = listed.latest,
            let named = try? ReportCommit.claimedCommit(of: latest, in: picture.clone.repository),
            case .key(let then) = try book.key(of: remains.node, at: named), !keys.contains(then)
        {
            keys.append(then)
        }
        for key in keys {
            let member = FleetRoll.Member(
                name: remains.node, group: remains.group, key: key, record: nil, path: "")
            let (testimony, fork) = picture.source.testimony(
                of: member, fleet: picture.status.fleet, listed: listed, chain: Set(picture.places.keys))
            if let fork {
                return "its report follows commit \(fork.short), which is not in the fleet's authentic "
                    + "history: somebody has shown it another branch"
            }
            guard case .verified(let report, id: _) = testimony else { continue }
            if let failure = failure(in: report) { return failure }
        }
        return nil
    }

    /// What a report calls failed about which others may still ask.
    private func failure(in report: Report) -> String? {
        guard let asking = asked[report.node] else { return nil }
        let failed = report.declarationsFailed.compactMap { declaration in
            asking[declaration].map { (declaration, $0) }
        }.min { $0.0.commit.hex < $1.0.commit.hex }
        guard let (declaration, groups) = failed else { return nil }
        let names = groups.sorted().map { "'\($0)'" }.joined(separator: ", ")
        return "it failed what commit \(declaration.commit.short) declares, about which nodes of \(names) "
            + "may still ask; without it their gate or waves could open"
    }
}
