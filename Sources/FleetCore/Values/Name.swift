/// The name of a node, group, baseline or fleet: 1–63 of a–z, 0–9 and `-`, beginning and ending with a letter
/// or digit.
///
/// Such a name is at once a file name, a component of a Git reference and a host name label (RFC 1123,
/// section 2.1), so none of them ever needs quoting. `Kind` keeps the four apart.
package struct Name<Kind: NameKind>: TextValue {
    package let description: String

    package static var expected: String {
        "the name of a \(Kind.noun): 1–63 of a–z, 0–9 and '-', beginning and ending with a letter or digit"
    }

    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last,
            first.isLowercaseAlphanumeric, last.isLowercaseAlphanumeric,
            bytes.allSatisfy({ $0.isLowercaseAlphanumeric || $0 == UInt8(ascii: "-") })
        else { return nil }
        description = String(text)
    }
}

extension Name: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// What a ``Name`` names.
package protocol NameKind: Sendable {
    /// The word for it in messages.
    static var noun: String { get }
}

package enum NodeKind: NameKind { package static let noun = "node" }
package enum GroupKind: NameKind { package static let noun = "group" }
package enum BaselineKind: NameKind { package static let noun = "baseline" }
package enum FleetKind: NameKind { package static let noun = "fleet" }
package enum SourceListKind: NameKind { package static let noun = "source" }

package typealias NodeName = Name<NodeKind>
package typealias GroupName = Name<GroupKind>
package typealias BaselineName = Name<BaselineKind>
package typealias FleetName = Name<FleetKind>
/// The name of a file below `sources/`, without its ending.
package typealias SourceListName = Name<SourceListKind>

extension UInt8 {
    /// Whether this byte is one of `a-z` or `0-9` in ASCII.
    package var isLowercaseAlphanumeric: Bool {
        (0x61...0x7A).contains(self) || isDecimalDigit
    }

    /// Whether this byte is one of `0-9` in ASCII.
    package var isDecimalDigit: Bool { (0x30...0x39).contains(self) }

    /// Whether this byte is one of `a-z`, `A-Z` or `0-9` in ASCII.
    package var isAlphanumeric: Bool { isLowercaseAlphanumeric || (0x41...0x5A).contains(self) }
}
