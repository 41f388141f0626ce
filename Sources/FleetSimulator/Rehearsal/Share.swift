package import FleetCore

/// A share of nodes, or a probability, in hundredths of a percent.
package struct Share: Hashable, Sendable, TextValue {
    /// 0–10,000.
    package let basisPoints: Int

    package static let none = Share(basisPoints: 0)
    package static let expected = "a share such as 2% or 0.25%, from 0% to 100%"

    package init(basisPoints: Int) { self.basisPoints = min(max(basisPoints, 0), 10_000) }

    package init?(_ text: some StringProtocol) {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isDecimalDigit) }),
            let whole = Int(parts[0]), whole <= 100
        else { return nil }
        var hundredths = 0
        if parts.count == 2 {
            guard parts[1].utf8.count <= 2, let digits = Int(parts[1]) else { return nil }
            hundredths = parts[1].utf8.count == 1 ? digits * 10 : digits
        }
        guard whole * 100 + hundredths <= 10_000 else { return nil }
        basisPoints = whole * 100 + hundredths
    }

    package var description: String {
        let rest = basisPoints % 100
        guard rest > 0 else { return "\(basisPoints / 100)%" }
        let digits = rest % 10 == 0 ? "\(rest / 10)" : (rest < 10 ? "0\(rest)" : "\(rest)")
        return "\(basisPoints / 100).\(digits)%"
    }
}

/// What breaks on a baseline: a share of all nodes, of a group's, or of those with a label.
package struct BreakRule: Hashable, Sendable {
    package let place: Place
    package let share: Share

    package init(_ place: Place, _ share: Share) {
        self.place = place
        self.share = share
    }

    package enum Place: Hashable, Sendable {
        case everywhere
        case group(GroupName)
        case label(String, value: String)
    }

    /// Whether it is about a node.
    package func holds(for node: NodeRecord) -> Bool {
        switch place {
        case .everywhere: true
        case .group(let group): node.group == group
        case .label(let label, let value): node.labels[label] == value
        }
    }
}

extension BreakRule: TextValue {
    package static let expected =
        "a share such as 2%, of all nodes, of a group (stores=2%) or of those with a label (site:berlin=2%)"

    package init?(_ text: some StringProtocol) {
        guard let equals = text.lastIndex(of: "=") else {
            guard let share = Share(text) else { return nil }
            self.init(.everywhere, share)
            return
        }
        guard let share = Share(text[text.index(after: equals)...]) else { return nil }
        let place = text[..<equals]
        guard let colon = place.firstIndex(of: ":") else {
            guard let group = GroupName(place) else { return nil }
            self.init(.group(group), share)
            return
        }
        let value = place[place.index(after: colon)...]
        guard colon > place.startIndex, !value.isEmpty else { return nil }
        self.init(.label(String(place[..<colon]), value: String(value)), share)
    }

    package var description: String {
        switch place {
        case .everywhere: "\(share)"
        case .group(let group): "\(group)=\(share)"
        case .label(let label, let value): "\(label):\(value)=\(share)"
        }
    }
}
