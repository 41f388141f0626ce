internal import FleetCore

/// Finds the rules that the difference of two commits touches.
///
/// Only folders with a rule inside are looked into. What Git would not make (a folder with two entries of one
/// name, or in another order) may read otherwise than it looks, and is not read: see ``TreeForm``.
struct TouchedRules {
    private let clone: Clone
    private let rules: PathRules
    private let old: CommitID
    private let new: CommitID
    /// The rules, nil for the paths that have none, each with a path that touches it.
    private(set) var found: [Int?: String] = [:]

    /// Deeper folders are taken as a whole.
    private static let deepest = 16

    init(
        _ rules: PathRules, from old: CommitID, to new: CommitID, in clone: Clone
    ) throws(GitError) {
        self.rules = rules
        self.old = old
        self.new = new
        self.clone = clone
        try compare([], depth: 0, isOld: true, isNew: true)
    }

    /// Compares a folder that at least one of the two has.
    private mutating func compare(
        _ path: [UInt8], depth: Int, isOld: Bool, isNew: Bool
    ) throws(GitError) {
        guard depth < Self.deepest else { return touchAll(path) }
        let before = isOld ? try entries(path, in: old) : [:]
        let now = isNew ? try entries(path, in: new) : [:]
        for name in Set(before.keys).union(now.keys) {
            let (former, latter) = (before[name], now[name])
            guard former?.id != latter?.id || former?.kind != latter?.kind else { continue }
            let inner = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            let kinds = [former?.kind, latter?.kind].compactMap(\.self)
            if rules.below(inner).isEmpty || kinds.contains(where: { $0 != .folder }) {
                touchAll(inner)
            } else {
                try compare(inner, depth: depth + 1, isOld: former != nil, isNew: latter != nil)
            }
        }
    }

    /// The entries of a folder by the bytes of their names.
    private func entries(
        _ path: [UInt8], in commit: CommitID
    ) throws(GitError) -> [[UInt8]: GitTreeEntry] {
        let entries = try clone.repository.entries(of: String(decoding: path, as: UTF8.self), in: commit)
        return Dictionary((entries ?? []).map { (Array($0.name.utf8), $0) }) { first, _ in first }
    }

    /// The rule for a path, and those for what is below it.
    private mutating func touchAll(_ path: [UInt8]) {
        let sample = path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
        for rule in rules.below(path).map(Optional.some) + [rules.governing(path)] {
            found[rule] = found[rule].map { min($0, sample) } ?? sample
        }
    }

    /// A file in which the two differ, below a path in which they do; the path itself where none is found.
    func example(below path: String) throws(GitError) -> String {
        var path = path
        for _ in 0..<Self.deepest {
            let sides = [old, new]
            var lists: [[GitTreeEntry]] = []
            for commit in sides {
                let entry = try clone.repository.entry(at: path, in: commit)
                let isFolder = entry?.kind == .folder
                lists.append(isFolder ? try clone.repository.entries(of: path, in: commit) ?? [] : [])
            }
            let differing =
                lists[0].filter { !lists[1].contains($0) }
                + lists[1].filter { !lists[0].contains($0) }
            guard let name = differing.map(\.name).min() else { break }
            path += "/\(name)"
        }
        return path
    }
}
