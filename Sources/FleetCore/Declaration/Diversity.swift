/// A gate's demand that the healthy nodes of each `after` group differ: canaries of one site, or of one
/// model, prove little for the others.
package struct Diversity: Hashable, Sendable {
    /// The label that is compared.
    package let label: String
    /// How many values of it the healthy nodes of each group must show; at least 1.
    package let atLeast: Int

    package init(label: String, atLeast: Int) {
        self.label = label
        self.atLeast = max(atLeast, 1)
    }
}

extension Diversity: CustomStringConvertible {
    package var description: String { "\(atLeast) values of '\(label)'" }
}

extension Diversity {
    package var json: JSONValue { ["label": .string(label), "atLeast": JSONValue(atLeast)] }

    package init?(json: JSONValue) {
        guard let label = json["label"]?.string, let atLeast = json["atLeast"]?.integer, atLeast >= 1 else {
            return nil
        }
        self.init(label: label, atLeast: Int(clamping: atLeast))
    }

    /// Why the healthy nodes of a group do not differ enough; nil if they do.
    ///
    /// - Parameters:
    ///   - healthy: the healthy nodes that count.
    ///   - others: the other nodes of the group, whose values may still come.
    func reason(_ healthy: [CanaryEvidence], others: [CanaryEvidence], in group: GroupName) -> Reason? {
        let shown = Set(healthy.compactMap { $0.labels[label] })
        guard shown.count < atLeast else { return nil }
        let missing = Set(others.compactMap { $0.labels[label] }).subtracting(shown)
        let found = shown.isEmpty ? "none" : Self.list(shown)
        let hope = missing.isEmpty ? "no node has another" : "not there yet: \(Self.list(missing))"
        return Reason(
            .diversity, count: shown.count,
            "the healthy nodes of '\(group)' show \(shown.count) of \(atLeast) required values of "
                + "'\(label)' (\(found)); \(hope)")
    }

    private static func list(_ values: Set<String>) -> String {
        let names = values.sorted().prefix(3).joined(separator: ", ")
        return values.count > 3 ? "\(names) and \(values.count - 3) more" : names
    }
}
