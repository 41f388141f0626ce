internal import FleetCore

/// What is wrong with a fleet repository, and what is only doubtful; both in the order of files and lines.
package struct Validation: Hashable, Sendable {
    package let problems: [Problem]
    package let warnings: [Problem]

    /// Puts both in order, each once.
    init(problems: [Problem], warnings: [Problem]) {
        self.problems = Set(problems).sorted()
        self.warnings = Set(warnings).sorted()
    }
}

/// Finds everything that is wrong with a fleet repository.
package struct FleetValidator {
    private let files: FleetFiles
    private var problems: [Problem] = []
    private var warnings: [Problem] = []

    /// Validates the whole tree.
    ///
    /// - Throws: `FileTreeError` if the tree cannot be read now; what is wrong with its content is a problem.
    package static func validate(_ tree: any FileTree) throws(FileTreeError) -> Validation {
        var validator = FleetValidator(files: FleetFiles(tree: tree))
        try validator.run()
        return Validation(problems: validator.problems, warnings: validator.warnings)
    }

    private init(files: FleetFiles) { self.files = files }

    private mutating func run() throws(FileTreeError) {
        let paths = try files.tree.paths(below: "")
        if let agent = try neededAgent(), agent > .current {
            // What this program finds wrong may be right in the newer one.
            let message =
                "the fleet needs agent \(agent); this program is \(AgentVersion.current) and cannot judge it"
            problems = [Problem(file: Layout.fleet, message: message)]
            return
        }
        let fleet = try fleet()
        try checkPlaces(of: paths)
        let trusted = try trustedKeys(paths)
        try checkHosts(paths, fleet?.fleet)
        let baselines = try baselines(paths)
        let index = FleetIndex(paths: paths)
        let members = Dictionary(
            uniqueKeysWithValues: index.groupsWithNodes.map { ($0, index.nodes(of: $0)) })
        let graph = try checkGroups(index.groups, members, fleet, baselines)
        try checkProceeds(paths, fleet)
        checkNames(of: members)
        let nodes = try nodes(members)
        checkKeys(of: nodes, trusted)
        problems += graph.diversityProblems(among: nodes.map(\.node))
        for node in nodes { problems += BudgetCheck.problems(of: node, in: graph.group(node.node.group)) }
        if let fleet {
            checkRemotes(fleet)
            problems += needsOfReports(graph, index.groups, fleet)
        }
        if let fleet, fleet.fleet?.statusRemote == nil,
            members.values.map(\.count).reduce(0, +) >= Self.manyNodes
        {
            let message =
                "found no 'status.remote' for \(Self.manyNodes) nodes or more; with a repository of its own "
                + "for reports a poll does not list every node's refs, and no node can write to this one"
            warnings.append(Problem(Layout.fleet, fleet.remotePlace, message))
        }
    }

    /// Says what several remotes do not do.
    private mutating func checkRemotes(_ fleet: FleetFile) {
        guard let known = fleet.fleet, !known.remotes.isEmpty, known.statusRemote == nil else { return }
        let message =
            "found 'remotes' and no 'status.remote': what others report is read, and budgets are claimed, at "
            + "each node's own first remote alone"
        warnings.append(Problem(Layout.fleet, fleet.remotePlace, message))
    }

    /// What needs reports of other nodes, where all of them stay where they are: it would wait for ever.
    private func needsOfReports(
        _ graph: GateGraph, _ groups: Set<GroupName>, _ fleet: FleetFile
    ) -> [Problem] {
        guard let values = fleet.fleet, values.keepsReports else { return [] }
        return groups.sorted().compactMap { graph.group($0) }.flatMap { file -> [Problem] in
            var needs: [String] = []
            if !file.after.isEmpty { needs.append("gate") }
            if let waves = file.keys.waves ?? nil, waves.steps.count > 1 { needs.append("waves") }
            if case .some(.some) = file.keys.budget { needs.append("budget") }
            let path = Layout.group(file.name)
            return needs.map { need in
                Problem(
                    Layout.fleet, fleet.remotePlace,
                    "found none, and '\(need)' in \(path), which needs reports of other nodes and would wait "
                        + "for ever; expected null or a URL, or \(path) without '\(need)'"
                        + (need == "gate" ? " ('gate: none')" : ""))
            }
        }
    }

    /// From so many nodes on, reports deserve a repository of their own.
    private static let manyNodes = 100

    private mutating func collect<Value>(_ decoded: Decoded<Value>) -> Value? {
        problems += decoded.problems
        return decoded.value
    }

    private func neededAgent() throws(FileTreeError) -> AgentVersion? {
        guard case .success(let bytes) = try files.bytes(Layout.fleet) else { return nil }
        return FleetFile.requiredAgent(bytes)
    }

    private mutating func fleet() throws(FileTreeError) -> FleetFile? {
        let decoded = try files.decoded(Layout.fleet) { FleetFile.decode($0) }
        problems += decoded.value?.gateProblems ?? []
        return collect(decoded)
    }

    /// Names the files that nothing reads although they look as if something did.
    private mutating func checkPlaces(of paths: [String]) throws(FileTreeError) {
        for path in paths {
            guard case .misplaced(let expected) = FileKind(path: path) else { continue }
            if let problem = try files.notFollowed(path) {
                problems.append(problem)
                continue
            }
            let problem = Problem(file: path, message: "not read by anything: \(expected)")
            let looksMeant = [".yaml", ".yml", ".sources", ".asc"].contains { path.ends(with: $0) }
            if looksMeant { problems.append(problem) } else { warnings.append(problem) }
        }
    }

    /// Checks the keys of servers, and whether they name those that the fleet tells its nodes to ask.
    private mutating func checkHosts(_ paths: [String], _ fleet: Fleet?) throws(FileTreeError) {
        guard paths.contains(Layout.knownHosts) else { return }
        let hosts = collect(try files.decoded(Layout.knownHosts) { KnownHostsFile.decode($0) })
        guard let hosts, let fleet else { return }
        for text in fleet.remotes + [fleet.statusRemote].compactMap(\.self) {
            guard let remote = try? RemoteURL(text), case .ssh(_, let host, let port, _) = remote.location,
                !host.contains("{"), !hosts.names(host, port: port)
            else { continue }
            let message =
                "found no key of the server of '\(remote)'; nodes whose own 'knownHosts' does not name it "
                + "refuse it"
            warnings.append(Problem(Layout.knownHosts, .start, message))
        }
    }

    /// The base64 of the keys in `trust/`.
    private mutating func trustedKeys(_ paths: [String]) throws(FileTreeError) -> Set<String> {
        var keys: Set<String> = []
        switch try files.bytes(Layout.allowedSigners) {
        case .success(let bytes):
            keys = NodeKey.base64(inAllowedSigners: String(decoding: bytes, as: UTF8.self))
        case .failure(let problem) where paths.contains(Layout.allowedSigners): problems.append(problem)
        case .failure: break
        }
        if keys.isEmpty, !paths.contains(where: { $0.hasPrefix("trust/openpgp/") && $0.ends(with: ".asc") }) {
            problems.append(
                Problem(
                    file: Layout.allowedSigners,
                    message: "found no key in 'trust/'; nobody could change the branch"))
        }
        return keys
    }
}

extension FleetValidator {
    /// The files of the nodes of each group.
    private typealias Members = [GroupName: [(name: NodeName, path: String)]]

    /// Checks all baselines, with their includes and sources.
    ///
    /// - Returns: the names of those that exist.
    private mutating func baselines(_ paths: [String]) throws(FileTreeError) -> [BaselineName] {
        var known: [BaselineName] = []
        var lists: [SourceListName] = []
        for path in paths {
            switch FileKind(path: path) {
            case .baseline(let name): known.append(name)
            case .sourceList(let name):
                lists.append(name)
                _ = collect(try files.sourceList(name))
            default: break
            }
        }
        var written: [BaselineName: BaselineFile] = [:]
        for name in known {
            guard let decoded = try files.baseline(name) else { continue }
            written[name] = collect(decoded)
        }
        for file in written.values {
            let merged = BaselineMerge.merge(file, known: known.filter { $0 != file.name }) { name in
                known.contains(name) ? .some(written[name]) : nil
            }
            problems += merged.problems
            for (answer, place) in file.debconf where answer.kind == .password {
                let message =
                    "found a password for '\(answer.question)'; whoever can read the repository can read it, "
                    + "and so can every node"
                warnings.append(Problem(file.path, place, message))
            }
            for (name, place) in file.sources ?? [] where !lists.contains(name) {
                let hint = NearestWord.hint(for: name.description, in: lists.map(\.description))
                problems.append(Problem(file.path, place, "unknown source '\(name)'\(hint)"))
            }
        }
        return known
    }

    private mutating func checkGroups(
        _ names: Set<GroupName>, _ members: Members, _ fleet: FleetFile?, _ baselines: [BaselineName]
    ) throws(FileTreeError) -> GateGraph {
        var groups: [GroupName: GroupFile] = [:]
        for name in names {
            groups[name] = collect(
                try files.decoded(Layout.group(name)) { GroupFile.decode($0, name: name, fleet: fleet) })
        }
        let graph = GateGraph(
            groups: groups, unreadable: names.subtracting(groups.keys), sizes: members.mapValues(\.count))
        for file in groups.values {
            problems += file.gateProblems + graph.problems(of: file)
            warnings += graph.warnings(of: file)
            guard let baseline = file.baseline, !baselines.contains(baseline) else { continue }
            let hint = NearestWord.hint(for: baseline.description, in: baselines.map(\.description))
            problems.append(
                Problem(Layout.group(file.name), file.baselinePlace, "unknown baseline '\(baseline)'\(hint)"))
        }
        for (group, nodes) in members where !names.contains(group) {
            guard let first = nodes.first else { continue }
            let hint = NearestWord.of(group.description, in: names.sorted().map(\.description))
            let question = hint.map { "; did you mean '\($0)'?" } ?? ""
            problems.append(
                Problem(
                    file: first.path,
                    message: "unknown group '\(group)': it has no '\(Layout.group(group))'\(question)"))
        }
        return graph
    }

    /// Checks what people have said of pauses: whether it is whole, and about a step that there is.
    private mutating func checkProceeds(_ paths: [String], _ fleet: FleetFile?) throws(FileTreeError) {
        for path in paths {
            guard case .proceed(let group) = FileKind(path: path) else { continue }
            let proceed = collect(try files.decoded(path) { ProceedFile.decode($0, group: group) })
            let decoded = try files.decoded(Layout.group(group)) { bytes in
                GroupFile.decode(bytes, name: group, fleet: fleet)
            }
            guard let proceed, let file = decoded.value else { continue }
            let waves = file.keys.waves ?? nil
            guard let waves, !waves.pauses.isEmpty else {
                // What is wrong in the file may be the waves.
                guard decoded.flawless != nil else { continue }
                let message = "nothing in '\(group)' waits for it: no step of its 'waves' has 'pause: true'"
                warnings.append(Problem(file: path, message: message))
                continue
            }
            guard proceed.step > waves.steps.count else { continue }
            let message = "found step \(proceed.step); '\(group)' has \(waves.steps.count) steps"
            problems.append(Problem(file: path, message: message))
        }
    }

    private mutating func nodes(_ members: Members) throws(FileTreeError) -> [PlacedNode] {
        var nodes: [PlacedNode] = []
        for (group, files) in members {
            for (name, path) in files {
                let decoded = try self.files.decoded(path) {
                    NodeFile.decode($0, name: name, group: group, path: path)
                }
                nodes += [collect(decoded)].compactMap(\.self)
            }
        }
        return nodes.sorted { $0.path < $1.path }
    }

    private mutating func checkNames(of members: Members) {
        var first: [NodeName: String] = [:]
        for (name, path) in members.values.joined().sorted(by: { $0.path < $1.path }) {
            guard let known = first[name] else {
                first[name] = path
                continue
            }
            problems.append(Problem(file: path, message: "node '\(name)' is also in '\(known)'"))
        }
    }

    private mutating func checkKeys(of nodes: [PlacedNode], _ trusted: Set<String>) {
        var first: [String: String] = [:]
        for node in nodes {
            if let known = first[node.node.key] {
                problems.append(
                    Problem(
                        node.path, node.keyPlace,
                        "this key is also that of '\(known)'; expected one for each node"))
            } else {
                first[node.node.key] = node.path
            }
            guard let key = NodeKey(node.node.key), trusted.contains(String(key.base64)) else { continue }
            problems.append(
                Problem(
                    node.path, node.keyPlace,
                    "this key is also in 'trust/'; a node that could change the branch could patch the fleet")
            )
        }
    }
}
