/// The name of a binary or source package, as dpkg and rpm allow it: 1–128 letters, digits and `+ - . _`,
/// beginning with a letter or digit.
///
/// Such a name can be an argument of a command, a file name and a line of apt's configuration without
/// quoting. Source: Debian Policy, section 5.6.1; rpm allows capitals and `_` as well.
package struct PackageName: TextValue {
    package let description: String

    package static let expected = "the name of a package: letters, digits and '+', '-', '.', '_'"

    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), let first = bytes.first, first.isAlphanumeric,
            bytes.allSatisfy({ $0.isAlphanumeric || Self.punctuation.contains($0) })
        else { return nil }
        description = String(text)
    }

    private static let punctuation: [UInt8] = Array("+-._".utf8)
}

extension PackageName: Comparable {
    package static func < (left: PackageName, right: PackageName) -> Bool {
        left.description < right.description
    }
}

/// An architecture as the package manager names it, such as `amd64`, `i386`, `x86_64` or `all`.
package struct Architecture: TextValue {
    package let description: String

    package static let expected = "an architecture such as amd64 or i386"

    /// Debian's name for packages that fit every architecture.
    package static let all = Architecture(known: "all")

    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...32).contains(bytes.count), let first = bytes.first, first.isLowercaseAlphanumeric,
            bytes.allSatisfy({
                $0.isLowercaseAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            })
        else { return nil }
        description = String(text)
    }

    private init(known: String) { description = known }
}

extension Architecture: Comparable {
    package static func < (left: Architecture, right: Architecture) -> Bool {
        left.description < right.description
    }
}
