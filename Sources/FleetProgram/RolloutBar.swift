package import FleetCore

/// A bar in which each sign stands for one node, or where there are more nodes than signs, for a share.
package struct RolloutBar: Sendable {
    private let counts: [ProgressStanding: Int]

    package init(_ counts: [ProgressStanding: Int]) { self.counts = counts.filter { $0.value > 0 } }

    private var total: Int { counts.values.reduce(0, +) }

    /// How many signs each standing gets: whoever has a node gets one at least, the rest goes by shares.
    package func cells(width: Int) -> [(standing: ProgressStanding, count: Int)] {
        let present = ProgressStanding.allCases.filter { counts[$0] != nil }
        guard total > width else { return present.map { ($0, counts[$0] ?? 0) } }
        let room = max(width - present.count, 0)
        var cells = present.map { standing in
            let (share, rest) = (room * (counts[standing] ?? 0)).quotientAndRemainder(dividingBy: total)
            return (standing: standing, count: 1 + share, rest: rest)
        }
        // Largest remainders first; of equal ones the standing that comes first.
        let left = room - cells.reduce(0) { $0 + $1.count - 1 }
        let ranked = cells.indices.sorted { (-cells[$0].rest, $0) < (-cells[$1].rest, $1) }
        for index in ranked.prefix(left) { cells[index].count += 1 }
        return cells.map { ($0.standing, $0.count) }
    }

    package func text(width: Int, colour: Bool) -> String {
        let signs = cells(width: width).map { standing, count in
            let text = String(repeating: standing.sign, count: count)
            return standing.colour?.applied(to: text, if: colour) ?? text
        }
        return "[\(signs.joined())]"
    }

    /// The counts in words.
    package var words: String {
        let parts = ProgressStanding.allCases.compactMap { standing in
            counts[standing].map { "\($0) \(standing.rawValue)" }
        }
        return parts.isEmpty ? "nobody" : parts.joined(separator: ", ")
    }
}

extension ProgressStanding {
    fileprivate var colour: Colour? {
        switch self {
        case .healthy: .green
        case .soaking: .cyan
        case .changing, .silent, .unknown: .yellow
        case .failed: .red
        case .waiting, .held: nil
        }
    }
}
