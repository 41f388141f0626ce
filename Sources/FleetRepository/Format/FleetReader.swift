package import FleetCore

/// Reads from a commit of the fleet repository what one node needs, and only that.
///
/// What the node does not need may be wrong, or written for a newer agent: it is not looked at.
package struct FleetReader {
    let files: FleetFiles

    package init(_ tree: any FileTree) { files = FleetFiles(tree: tree) }

    /// All that the commit says to a node.
    ///
    /// What is wrong with the gate makes it `GateSetting.broken`, and is no error.
    ///
    /// - Throws: `notInFleet` if no group has the node; `needsNewerAgent`; `unreadable`, with all problems of
    ///   what the node needs; `inaccessible` if the tree cannot be read now.
    package func view(of name: NodeName) throws(FleetReadError) -> NodeView {
        let fleetFile = try fleet()
        let index = try index()
        let (groupName, path) = try place(of: name, in: index)
        let groupFile = try group(groupName, fleetFile)
        let node = try attempt { () throws(FileTreeError) in
            try files.decoded(path) { NodeFile.decode($0, name: name, group: groupName, path: path) }
        }
        var problems = groupFile.problems + node.problems
        var baseline: Decoded<Baseline>?
        if let wanted = groupFile.value?.baseline {
            baseline = try attempt { () throws(FileTreeError) in try files.mergedBaseline(wanted) }
            problems += baseline?.problems ?? []
        }
        var sources: [SourceList] = []
        for list in baseline?.value?.sources ?? [] {
            let decoded = try attempt { () throws(FileTreeError) in try files.sourceList(list) }
            problems += decoded.problems
            sources += [decoded.value].compactMap(\.self)
        }
        guard problems.isEmpty, let fleet = fleetFile.fleet, let file = groupFile.value,
            let node = node.value,
            let baseline = baseline?.value
        else { throw .unreadable(problems) }
        let gate = try gate(of: file, fleetFile, index)
        guard let group = file.group(gate: gate.setting) else { throw .unreadable(problems) }
        return NodeView(
            fleet: fleet, group: group, node: node.node, baseline: baseline,
            sources: baseline.sources == nil ? nil : sources,
            canaries: gate.canaries,
            soaksLookingHere: Set(gate.soaksLookingHere + group.waveSoaks).sorted(),
            peers: group.movesInWaves ? index.nodes(of: groupName).map(\.name) : [],
            proceed: try proceed(of: group))
    }

    /// What a person has said of a group's pauses. What is wrong with it lets nobody pass, and is no error.
    private func proceed(of group: Group) throws(FleetReadError) -> Proceed? {
        guard let waves = group.waves, !waves.pauses.isEmpty else { return nil }
        return try attempt { () throws(FileTreeError) in
            try files.decoded(Layout.proceed(group.name)) { ProceedFile.decode($0, group: group.name) }
        }.flawless
    }

    /// The witnesses of a wave: the records of those nodes whose reports judge it.
    ///
    /// - Returns: each node in the order of the wave; without a record where its file is wrong.
    package func witnesses(
        of wave: Int, in plan: WavePlan, group: GroupName
    ) throws(FleetReadError) -> [(name: NodeName, record: NodeRecord?)] {
        let paths = Dictionary(try index().nodes(of: group).map { ($0.name, $0.path) }) { first, _ in first }
        var records: [NodeName: NodeRecord] = [:]
        let names = try plan.witnesses(of: wave) { name throws(FleetReadError) in
            guard let path = paths[name] else { return false }
            let decoded = try attempt { () throws(FileTreeError) in
                try files.decoded(path) { NodeFile.decode($0, name: name, group: group, path: path) }
            }
            records[name] = decoded.flawless?.node
            return records[name]?.hold != nil
        }
        return names.map { ($0, records[$0]) }
    }

    /// What the commit says to all nodes of a group alike, and the nodes that its gate looks at.
    ///
    /// - Throws: `needsNewerAgent`; `unreadable`, with all problems of the group's file; `inaccessible` if
    ///   the tree cannot be read now.
    package func view(ofGroup name: GroupName) throws(FleetReadError) -> GroupView {
        let fleetFile = try fleet()
        let decoded = try group(name, fleetFile)
        guard let fleet = fleetFile.fleet, let file = decoded.flawless else {
            throw .unreadable(decoded.problems)
        }
        let index = try index()
        let gate = try gate(of: file, fleetFile, index)
        guard let group = file.group(gate: gate.setting) else { throw .unreadable([]) }
        return GroupView(
            fleet: fleet, group: group, canaries: gate.canaries,
            peers: group.movesInWaves ? index.nodes(of: name).map(\.name) : [],
            proceed: try proceed(of: group))
    }

    /// The baseline `name` with its includes merged: what its digest is made from.
    ///
    /// - Throws: `unreadable`, `inaccessible`.
    package func baseline(named name: BaselineName) throws(FleetReadError) -> Baseline {
        let decoded = try attempt { () throws(FileTreeError) in try files.mergedBaseline(name) }
        guard let baseline = decoded.flawless else { throw .unreadable(decoded.problems) }
        return baseline
    }

    /// The baseline `name` with its includes merged, and the source lists that it names; nil if it names
    /// none.
    ///
    /// - Throws: `unreadable`, `inaccessible`.
    package func declared(
        _ name: BaselineName
    ) throws(FleetReadError) -> (baseline: Baseline, sources: [SourceList]?) {
        let baseline = try baseline(named: name)
        guard let names = baseline.sources else { return (baseline, nil) }
        return (baseline, try sources(names))
    }

    private func sources(_ names: [SourceListName]) throws(FleetReadError) -> [SourceList] {
        var sources: [SourceList] = []
        for name in names {
            let decoded = try attempt { () throws(FileTreeError) in try files.sourceList(name) }
            guard let source = decoded.flawless else { throw .unreadable(decoded.problems) }
            sources.append(source)
        }
        return sources
    }

    /// The files that decide the digest of the baseline `name`: its own, then the ones that it includes.
    ///
    /// Between two commits in which all of them are the same blobs the digest is the same. Where its own file
    /// cannot be read, it stands alone.
    package func pathsOfDigest(of name: BaselineName) throws(FleetReadError) -> [String] {
        let own = try attempt { () throws(FileTreeError) in try files.baseline(name) }
        let included = own?.value?.includes.map(\.name).filter { $0 != name } ?? []
        return ([name] + included).map(Layout.baseline)
    }

    /// The holds that the commit puts on a node, as far as they can be read. A file that is wrong elsewhere
    /// still holds.
    ///
    /// - Throws: `inaccessible` alone.
    package func holds(on name: NodeName) throws(FleetReadError) -> [Hold] {
        try attempt { () throws(FileTreeError) in
            let index = try readableIndex()
            let fleet = try HoldReader(files.bytes(Layout.fleet))
            var holds = fleet.hold.map { [Hold(level: .fleet, reason: $0)] } ?? []
            for (group, path) in index.files(of: name) {
                let file = try HoldReader(files.bytes(Layout.group(group)))
                let reason = file.isWritten ? file.hold : fleet.defaultHold
                holds += [reason].compactMap(\.self).map { Hold(level: .group, reason: $0) }
                let node = try HoldReader(files.bytes(path)).hold
                holds += [node].compactMap(\.self).map { Hold(level: .node, reason: $0) }
            }
            return holds
        }
    }
}

extension FleetReader {
    /// Who is in which group; nobody where the folder of the groups cannot be read.
    private func readableIndex() throws(FileTreeError) -> FleetIndex {
        do throws(FileTreeError) {
            return FleetIndex(paths: try files.tree.paths(below: Layout.groups))
        } catch {
            guard error.code != .access else { throw error }
            return FleetIndex(paths: [])
        }
    }

    private func fleet() throws(FleetReadError) -> FleetFile {
        let read = try attempt { () throws(FileTreeError) in try files.bytes(Layout.fleet) }
        let bytes: [UInt8]
        switch read {
        case .success(let content): bytes = content
        case .failure(let problem): throw .unreadable([problem])
        }
        let decoded = FleetFile.decode(bytes)
        // Asked first: what an older agent finds wrong may be right in the newer one.
        if let needed = FleetFile.requiredAgent(bytes), needed > .current { throw .needsNewerAgent(needed) }
        guard let file = decoded.flawless else { throw .unreadable(decoded.problems) }
        return file
    }

    func index() throws(FleetReadError) -> FleetIndex {
        FleetIndex(
            paths: try attempt { () throws(FileTreeError) in try files.tree.paths(below: Layout.groups) })
    }

    private func place(
        of name: NodeName, in index: FleetIndex
    ) throws(FleetReadError) -> (group: GroupName, path: String) {
        let found = index.files(of: name)
        guard let first = found.first else {
            // Behind a link or a submodule nobody looks: that is no removal from the fleet.
            var hiding: [Problem] = []
            for place in index.placesOfFolders {
                let problem = try attempt { () throws(FileTreeError) in try files.notFollowed(place) }
                hiding += [problem].compactMap(\.self)
            }
            guard hiding.isEmpty else { throw .unreadable(hiding) }
            throw .notInFleet(awaited: "groups/<group>/nodes/\(name).yaml")
        }
        guard found.count == 1 else {
            throw .unreadable(
                found.dropFirst().map {
                    Problem(file: $0.path, message: "node '\(name)' is also in '\(first.path)'")
                })
        }
        return first
    }

    private func group(
        _ name: GroupName, _ fleet: FleetFile
    ) throws(FleetReadError) -> Decoded<GroupFile> {
        try attempt { () throws(FileTreeError) in
            try files.decoded(Layout.group(name)) { GroupFile.decode($0, name: name, fleet: fleet) }
        }
    }

    /// The gate of a group, with the nodes that it looks at.
    private func gate(
        of file: GroupFile, _ fleet: FleetFile, _ index: FleetIndex
    ) throws(FleetReadError) -> (setting: GateSetting, canaries: [CanaryGroup], soaksLookingHere: [TimeSpan])
    {
        var groups: [GroupName: GroupFile] = [:]
        var unreadable: Set<GroupName> = []
        for name in index.groups {
            if let other = try group(name, fleet).flawless {
                groups[name] = other
            } else {
                unreadable.insert(name)
            }
        }
        // Its own group has this node at least; of the others only those count that its gate looks at.
        var sizes = [file.name: 1]
        for group in file.after { sizes[group] = index.nodes(of: group).count }
        let graph = GateGraph(groups: groups, unreadable: unreadable, sizes: sizes)
        let soaks = graph.soaks(lookingAt: file.name)
        let setting = graph.setting(of: file)
        guard case .rule(let rule) = setting else { return (setting, [], soaks) }
        switch try canaries(of: rule, groups, index) {
        case .success(let canaries): return (setting, canaries, soaks)
        case .failure(let problem): return (.broken(problem.description), [], soaks)
        }
    }

    /// The nodes that a gate looks at, or what is wrong with one of their files.
    private func canaries(
        of rule: GateRule, _ groups: [GroupName: GroupFile], _ index: FleetIndex
    ) throws(FleetReadError) -> Result<[CanaryGroup], Problem> {
        var canaries: [CanaryGroup] = []
        var keys: Set<String> = []
        for group in rule.after {
            var nodes: [NodeRecord] = []
            for (name, path) in index.nodes(of: group) {
                let decoded = try attempt { () throws(FileTreeError) in
                    try files.decoded(path) { NodeFile.decode($0, name: name, group: group, path: path) }
                }
                if let problem = decoded.problems.first { return .failure(problem) }
                guard let placed = decoded.value else { continue }
                // One machine must not count as two witnesses.
                guard keys.insert(placed.node.key).inserted else {
                    return .failure(Problem(path, placed.keyPlace, "this key is also that of another canary"))
                }
                nodes.append(placed.node)
            }
            nodes.sort { $0.name < $1.name }
            canaries.append(CanaryGroup(name: group, hold: groups[group]?.keys.hold ?? nil, nodes: nodes))
        }
        return .success(canaries)
    }

    /// Runs what reads the tree; that it could not be read now is told as `inaccessible`, what is wrong with
    /// its content as `unreadable`.
    func attempt<Value>(
        _ read: () throws(FileTreeError) -> Value
    ) throws(FleetReadError) -> Value {
        do throws(FileTreeError) {
            return try read()
        } catch {
            guard error.code == .access else {
                throw .unreadable([Problem(error.path, .start, error.message)])
            }
            throw .inaccessible(error)
        }
    }
}
