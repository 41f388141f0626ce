internal import FleetCore

/// Reads the `budget` of a group.
enum BudgetDecoder {
    static func budget(_ node: DocumentNode, _ problems: FileProblems) -> Budget? {
        guard case .mapping = node.content else {
            problems.add(node, expected: "null or a mapping such as {unavailable: 2, per: site}")
            return nil
        }
        guard let reader = MappingReader(node, keys: ["unavailable", "per"], problems) else { return nil }
        let count = reader.required("unavailable", "a whole number from 1 to \(most)") {
            $0.integer(in: 1...most, problems)
        }
        let label = reader.required("per", NodeFile.labelExpected) { NodeFile.label($0, problems) }
        guard let count, let label else { return nil }
        return Budget(unavailable: count, per: label)
    }

    /// More nodes than this no group has.
    private static let most = 100_000
}

/// What only a budget demands of a node: a label whose value can be a part of a reference's name.
enum BudgetCheck {
    static func problems(of placed: PlacedNode, in group: GroupFile?) -> [Problem] {
        guard let group, case .some(.some(let budget)) = group.keys.budget else { return [] }
        let demand = "the budget of '\(group.name)' counts by the label '\(budget.per)'"
        guard let text = placed.node.labels[budget.per] else {
            // One that is written and wrong has its own problem.
            guard placed.labelPlaces[budget.per] == nil else { return [] }
            let hint = NearestWord.hint(for: budget.per, in: placed.node.labels.keys.sorted())
            return [Problem(placed.path, placed.labelsPlace, "\(demand), which is missing here\(hint)")]
        }
        guard LabelValue(text) == nil else { return [] }
        let place = placed.labelPlaces[budget.per] ?? placed.labelsPlace
        let found = DocumentNode.quoted(text)
        return [Problem(placed.path, place, "\(demand); found \(found), expected \(LabelValue.expected)")]
    }
}
