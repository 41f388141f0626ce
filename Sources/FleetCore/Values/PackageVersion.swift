/// The written version of a package, such as `1:7.88.1-10+deb12u14`: 1–256 printable characters that versions
/// consist of.
///
/// The text is the identity: two spellings of one version (`1.0` and `0:1.0`) are different values that
/// compare alike in the manager's ``VersionOrder``. Whether the manager can parse it is the order's question.
package struct PackageVersion: TextValue {
    package let description: String

    package static let expected = "a version: letters, digits and '. + - ~ : ^ _'"

    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...256).contains(bytes.count), let first = bytes.first, first.isAlphanumeric,
            bytes.allSatisfy({ $0.isAlphanumeric || Self.punctuation.contains($0) })
        else { return nil }
        description = String(text)
    }

    private static let punctuation: [UInt8] = Array(".+-~:^_".utf8)

    /// This version without a binary rebuild's suffix `+bN` (Debian's binNMU), which the source's version
    /// does not have.
    package var withoutRebuild: PackageVersion {
        let bytes = Array(description.utf8)
        var start = bytes.count
        while start > 0, bytes[start - 1].isDecimalDigit { start -= 1 }
        guard start < bytes.count, start > 2, bytes[start - 1] == UInt8(ascii: "b"),
            bytes[start - 2] == UInt8(ascii: "+")
        else { return self }
        return PackageVersion(description.prefix(start - 2)) ?? self
    }
}
