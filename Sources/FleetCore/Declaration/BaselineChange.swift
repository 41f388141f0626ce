/// How an entry of a baseline differs from what it was.
package struct EntryChange: Hashable, Sendable {
    package let key: EntryKey
    /// nil for one that is added.
    package let from: Entry?
    /// nil for one that is taken out.
    package let to: Entry?

    package init(key: EntryKey, from: Entry?, to: Entry?) {
        self.key = key
        self.from = from
        self.to = to
    }

    /// Whether the version goes down.
    package func isDowngrade(in order: VersionOrder) -> Bool {
        guard let old = from?.requirement.version, let new = to?.requirement.version else { return false }
        return order.compare(new, old) == .older
    }
}

extension Baseline {
    /// The entries in which what they require differs between this baseline and `new`, in the order of keys.
    package func changes(to new: Baseline) -> [EntryChange] {
        let old = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
        let now = Dictionary(new.entries.map { ($0.key, $0) }) { first, _ in first }
        return Set(old.keys).union(now.keys).sorted().compactMap { key in
            guard old[key]?.requirement != now[key]?.requirement else { return nil }
            return EntryChange(key: key, from: old[key], to: now[key])
        }
    }
}
