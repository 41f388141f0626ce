/// How many of a number of nodes: a share of them (`90%`) or a count (`2`).
///
/// Integer arithmetic only, so that every node of the fleet computes the same.
package enum Quota: Hashable, Sendable {
    /// A share in whole percent, 0–100.
    case percent(Int)
    /// A number of nodes.
    case count(Int)

    /// How many of `total` are *required*: a share is rounded up.
    package func required(of total: Int) -> Int {
        switch self {
        case .percent(let percent): (total * percent + 99) / 100
        case .count(let count): count
        }
    }

    /// Whether `number` of `total` is *more* than this quota allows.
    package func isExceeded(by number: Int, of total: Int) -> Bool {
        switch self {
        case .percent(let percent): number * 100 > total * percent
        case .count(let count): number > count
        }
    }
}

extension Quota: TextValue {
    package static let expected = "a share such as 90% or a count such as 2"

    package init?(_ text: some StringProtocol) {
        let isShare = text.hasSuffix("%")
        let digits = String(isShare ? text.dropLast() : text[...])
        guard (1...6).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDecimalDigit),
            let number = Int(digits)
        else { return nil }
        guard isShare else {
            self = .count(number)
            return
        }
        guard number <= 100 else { return nil }
        self = .percent(number)
    }

    package var description: String {
        switch self {
        case .percent(let percent): "\(percent)%"
        case .count(let count): "\(count)"
        }
    }
}
