package import FleetCore

/// A group whose protection a change loosens.
package struct LoosenedGroup: Hashable, Sendable {
    package let group: GroupName
    package let loosenings: [Loosening]
    /// Whether the same change gives the group another baseline: then it is refused.
    package let changesBaseline: Bool
    /// Each loosening at its place, with what to do.
    package let problems: [Problem]
}

/// Finds the gates and waves that a change of the fleet repository loosens.
///
/// Who needs a gate to be looser for a baseline to pass says so in a commit of its own, merged before: a
/// reviewer of the baseline must not have to find it among five hundred versions.
package struct LooseningExamination {
    let old: FleetReader
    let new: FleetReader
    let oldFiles: FleetFiles
    let files: FleetFiles

    package init(from old: any FileTree, to new: any FileTree) {
        self.old = FleetReader(old)
        self.new = FleetReader(new)
        oldFiles = FleetFiles(tree: old)
        files = FleetFiles(tree: new)
    }

    /// The groups that are looser than before. What cannot be read, then or now, is compared with nothing.
    ///
    /// - Throws: `FileTreeError` if a tree cannot be read now.
    package func groups() throws(FileTreeError) -> [LoosenedGroup] {
        let index = FleetIndex(paths: try files.tree.paths(below: Layout.groups))
        let sizes = index.sizes
        let oldIndex = FleetIndex(paths: try oldFiles.tree.paths(below: Layout.groups))
        let moves = GroupMoves(from: oldIndex, to: index)
        var sizesBefore: [GroupName: Int] = [:]
        for (group, size) in oldIndex.sizes { sizesBefore[moves.renamed[group] ?? group] = size }
        var found: [LoosenedGroup] = []
        for name in index.groups.sorted() {
            guard let now = try files.writtenGroup(name) else { continue }
            found += try groups(whoseNodesMove: moves.moves(to: name), to: now, moves, sizes: sizes)
            guard let before = try oldFiles.writtenGroup(name)?.naming(moves.renamed) else { continue }
            let loosenings = now.loosenings(from: before, sizes: sizes, before: sizesBefore)
            guard !loosenings.isEmpty else { continue }
            let change = try baselineChange(from: before.baseline, to: now.baseline)
            var problems: [Problem] = []
            for loosening in loosenings {
                let (path, place) = try place(of: loosening.key, in: name)
                problems.append(Problem(path, place, message(loosening, of: name, change)))
            }
            found.append(
                LoosenedGroup(
                    group: name, loosenings: loosenings, changesBaseline: change != nil, problems: problems))
        }
        return found
    }

    private func message(_ loosening: Loosening, of group: GroupName, _ change: String?) -> String {
        let what =
            "the \(loosening.key) of group '\(group)' \(loosening.verb) loosened: \(loosening.sentence)"
        guard let change else { return what }
        return "\(what); the same change brings \(change); loosen it in a commit of its own, merged before"
    }

    /// How the baseline of a group becomes another; nil if it does not.
    private func baselineChange(
        from before: BaselineName, to now: BaselineName
    ) throws(FileTreeError) -> String? {
        guard before == now else { return "the baseline '\(now)' instead of '\(before)'" }
        let digests = (try digest(of: before, by: old), try digest(of: now, by: new))
        guard digests.0 != digests.1 else { return nil }
        return "another content of the baseline '\(now)'"
    }

    func digest(of name: BaselineName, by reader: FleetReader) throws(FileTreeError) -> Digest? {
        try readable { () throws(FleetReadError) in CanonicalForm(try reader.baseline(named: name)).digest }
    }

    /// What could be read; nil for what is wrong in itself.
    private func readable<Value>(
        _ read: () throws(FleetReadError) -> Value
    ) throws(FileTreeError) -> Value? {
        do throws(FleetReadError) {
            return try read()
        } catch {
            if case .inaccessible(let error) = error { throw error }
            return nil
        }
    }

    /// Where a key stands: in the group's file, in the fleet's defaults, or, where it was dropped, at the
    /// beginning of the group's file.
    func place(
        of key: String, in group: GroupName
    ) throws(FileTreeError) -> (path: String, place: Place) {
        let path = Layout.group(group)
        if let pair = try document(path)?.pair(key) { return (path, pair.keyPlace) }
        if let pair = try document(Layout.fleet)?.pair("defaults")?.value.pair(key) {
            return (Layout.fleet, pair.keyPlace)
        }
        return (path, .start)
    }

    private func document(_ path: String) throws(FileTreeError) -> DocumentNode? {
        guard case .success(let bytes) = try files.bytes(path) else { return nil }
        return try? DocumentParser.parse(bytes, file: path)
    }
}

extension FleetIndex {
    /// How many nodes each group has.
    fileprivate var sizes: [GroupName: Int] {
        Dictionary(uniqueKeysWithValues: groupsWithNodes.map { ($0, nodes(of: $0).count) })
    }
}

extension FleetFiles {
    /// A group with the gate that its file writes down, whoever is in the groups that it looks at.
    ///
    /// - Returns: nil if there is no such group, or its file is wrong beyond the gate.
    func writtenGroup(_ name: GroupName) throws(FileTreeError) -> Group? {
        let fleet = try decoded(Layout.fleet) { FleetFile.decode($0) }.value
        let file = try decoded(Layout.group(name)) { GroupFile.decode($0, name: name, fleet: fleet) }.flawless
        guard let file else { return nil }
        var setting = GateSetting.none
        if let gate = file.keys.gate, !gate.isNone {
            let rule = file.gateProblems.isEmpty ? gate.rule : nil
            setting = rule.map { .rule($0) } ?? .broken("the gate is not whole")
        }
        return file.group(gate: setting)
    }
}

extension DocumentNode {
    fileprivate func pair(_ key: String) -> Pair? {
        guard case .mapping(let pairs) = content else { return nil }
        return pairs.first { $0.key == key }
    }
}
