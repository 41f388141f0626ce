internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// What is left of nodes that have left the fleet, and what became of it, for people and for programs.
///
/// `plimsoll/prune/v1`:
/// - `schema`, `fleet`, `commit` (which lists these nodes no more), `bundle` (null, or the file written);
/// - `nodes`, a list: `node`, `group` (its last one), `remote`, `stays` (null, or why it was left out),
///   `references`, a list: `name`, `commit`, `outcome` (null as long as nothing was done; `moved`, `changed`,
///   `refused`);
/// - `unasked`, a list of former groups whose remote could not be asked: `group`, `message`.
struct PruneRendering {
    private let pruning: FleetPruning
    private let result: FleetPruning.Result?
    private let bundle: String?

    init(_ pruning: FleetPruning, result: FleetPruning.Result?, bundle: String?) {
        self.pruning = pruning
        self.result = result
        self.bundle = bundle
    }

    func lines(colour: Bool) -> [String] {
        guard !pruning.remains.isEmpty else {
            return ["Nothing is left of nodes that are not in the fleet '\(pruning.fleet.name)' any more."]
        }
        var table = Table(["NODE", "LAST GROUP", "REMOTE", "REFERENCE", "COMMIT", ""])
        for (remains, outcomes) in zip(pruning.chosen, outcomes) {
            for (reference, outcome) in zip(remains.references, outcomes) {
                table.add([
                    Table.Cell(remains.node.description), Table.Cell(remains.group.description),
                    Table.Cell(remains.place), Table.Cell(Self.short(reference.name)),
                    Table.Cell("\(reference.id.short)"), Self.cell(outcome),
                ])
            }
        }
        var lines = pruning.chosen.isEmpty ? [] : table.lines(colour: colour)
        for remains in pruning.remains {
            guard let obstacle = remains.obstacle else { continue }
            var hint = ""
            if case .evidence = obstacle { hint = " ('--include \(remains.node)' takes it nevertheless)" }
            lines.append(
                "left out: \(remains.node) at \(remains.place): \(Table.Cell(obstacle.message).text)\(hint)")
        }
        return lines + [summary]
    }

    private var summary: String {
        let references = pruning.chosen.reduce(0) { $0 + $1.references.count }
        let nodes = Set(pruning.chosen.map(\.node)).count
        let what =
            "\(VerificationRendering.count(references, "reference")) of "
            + VerificationRendering.count(nodes, "node")
        guard let result, let bundle else {
            return pruning.chosen.isEmpty
                ? "Nothing to move." : "\(what) would be moved; '--bundle FILE' does it."
        }
        let moved = result.outcomes.joined().count { $0 == .moved }
        return "\(what) written to '\(bundle)', \(moved) deleted."
    }

    private var outcomes: [[FleetPruning.Outcome?]] {
        result?.outcomes ?? pruning.chosen.map { $0.references.map { _ in nil } }
    }

    private static func short(_ reference: String) -> String {
        String(reference.dropFirst("refs/heads/".utf8.count))
    }

    private static func cell(_ outcome: FleetPruning.Outcome?) -> Table.Cell {
        switch outcome {
        case nil: ""
        case .moved: Table.Cell("moved", .green)
        case .changed: Table.Cell("has changed since, stays", .yellow)
        case .refused: Table.Cell("not deleted by the remote", .red)
        }
    }

    var json: JSONValue {
        var done = outcomes.makeIterator()
        return [
            "schema": "plimsoll/prune/v1", "fleet": JSONValue(pruning.fleet.name),
            "commit": JSONValue(pruning.commit), "bundle": bundle.map(JSONValue.string) ?? .null,
            "nodes": .array(
                pruning.remains.map { remains in
                    let outcomes =
                        (remains.obstacle == nil ? done.next() : nil) ?? remains.references.map { _ in nil }
                    return Self.json(remains, outcomes)
                }),
            "unasked": .array(
                pruning.unasked.map { ["group": JSONValue($0.group), "message": .string($0.why)] }),
        ]
    }

    private static func json(
        _ remains: FleetPruning.Remains, _ outcomes: [FleetPruning.Outcome?]
    ) -> JSONValue {
        [
            "node": JSONValue(remains.node), "group": JSONValue(remains.group),
            "remote": .string(remains.place),
            "stays": remains.obstacle.map { .string($0.message) } ?? .null,
            "references": .array(
                zip(remains.references, outcomes).map { reference, outcome in
                    [
                        "name": .string(reference.name), "commit": JSONValue(reference.id),
                        "outcome": outcome.map { .string($0.rawValue) } ?? .null,
                    ]
                }),
        ]
    }
}
