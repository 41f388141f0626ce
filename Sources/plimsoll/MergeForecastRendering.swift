internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// Whether a merge would be authentic, for people and for programs.
///
/// `plimsoll/forecast/v1`:
/// - `schema`, `base`, `head`, `merged` (whether the base has the head already);
/// - `shape` (the one that was asked for), `authentic` (whether that one would be);
/// - `shapes`, a list: `shape` (`merge`, `fast-forward`, `signed-merge`), `authentic`, `failure` (null, or
///   `commit`, `code`, `message`; of the merge itself `commit` is null, for it does not exist yet), `pending`
///   (null, or what would wait for approval: `count`, `newest`, `message`, `demands`, a list of `path`,
///   `needed`, `by`; of a signed merge nobody is in `by`, though its signer will count as one).
struct MergeForecastRendering {
    private let forecast: MergeForecast
    private let shape: MergeShape

    init(_ forecast: MergeForecast, asked shape: MergeShape) {
        self.forecast = forecast
        self.shape = shape
    }

    func lines(colour: Bool) -> [String] {
        let range = "\(forecast.base.short)..\(forecast.head.short)"
        if forecast.isMerged { return ["\(range): \(forecast.head.short) is in the branch already"] }
        return ["\(range) would be, merged as"]
            + MergeShape.allCases.map { shape in
                let name = shape.rawValue + String(repeating: " ", count: 14 - shape.rawValue.utf8.count)
                guard let failure = forecast.failures[shape] else {
                    let word = Colour.green.applied(to: "authentic", if: colour)
                    return "  \(name)\(word)\(condition(of: shape))"
                }
                let word = Colour.red.applied(to: "not authentic", if: colour)
                let commit = shape == .fastForward ? "commit \(failure.commit.short): " : ""
                return "  \(name)\(word): \(commit)\(Table.Cell(failure.message).text)"
            }
    }

    private func condition(of shape: MergeShape) -> String {
        guard shape == .signedMerge else { return forecast.pending[shape].map { "; \($0.words)" } ?? "" }
        let trailer = forecast.branch.map { ", and its message has the trailer '\($0.trailer)'" } ?? ""
        let approvals = (forecast.pending[shape]?.demands ?? []).map { demand in
            "\(demand.needed - 1) more\(demand.path.map { " for \($0)" } ?? "")"
        }
        let rest =
            approvals.isEmpty ? "" : "; then it waits for approval by \(approvals.joined(separator: ", "))"
        return ", if a key signs it that the base lists\(trailer)\(rest)"
    }

    var json: JSONValue {
        [
            "schema": "plimsoll/forecast/v1", "base": JSONValue(forecast.base),
            "head": JSONValue(forecast.head), "merged": .bool(forecast.isMerged),
            "shape": .string(shape.rawValue), "authentic": .bool(forecast.isAuthentic(shape)),
            "shapes": .array(
                MergeShape.allCases.map { shape in
                    [
                        "shape": .string(shape.rawValue), "authentic": .bool(forecast.isAuthentic(shape)),
                        "failure": forecast.failures[shape].map { Self.json($0, of: shape) } ?? .null,
                        "pending": forecast.pending[shape]?.json ?? .null,
                    ]
                }),
        ]
    }

    private static func json(_ failure: TrustError, of shape: MergeShape) -> JSONValue {
        [
            "commit": shape == .fastForward ? JSONValue(failure.commit) : .null,
            "code": .string(failure.code.rawValue), "message": .string(failure.message),
        ]
    }
}
