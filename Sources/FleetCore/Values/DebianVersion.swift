/// A version as dpkg reads it: `[epoch:]upstream[-revision]`, in dpkg's order.
///
/// Source: deb-version(7); the order is that of `dpkg --compare-versions`, against which the tests hold it.
package struct DebianVersion: Sendable {
    package let epoch: Int
    private let upstream: [UInt8]
    private let revision: [UInt8]

    /// Parses a version as strictly as dpkg does for new packages.
    ///
    /// - Returns: nil if dpkg would refuse the version: a bad epoch, no upstream version, one that does not
    ///   begin with a digit, or a character that has no place in it.
    package init?(_ version: PackageVersion) {
        var rest = Array(version.description.utf8)[...]
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            let digits = rest[..<colon]
            guard (1...10).contains(digits.count), digits.allSatisfy(\.isDecimalDigit),
                let number = Int32(String(decoding: digits, as: UTF8.self))
            else { return nil }
            epoch = Int(number)
            rest = rest[(colon + 1)...]
        } else {
            epoch = 0
        }
        if let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) {
            revision = Array(rest[(hyphen + 1)...])
            rest = rest[..<hyphen]
            guard !revision.isEmpty else { return nil }
        } else {
            revision = []
        }
        upstream = Array(rest)
        guard let first = upstream.first, first.isDecimalDigit,
            upstream.allSatisfy({ $0.isAlphanumeric || Self.upstreamPunctuation.contains($0) }),
            revision.allSatisfy({ $0.isAlphanumeric || Self.revisionPunctuation.contains($0) })
        else { return nil }
    }

    private static let upstreamPunctuation = Array(".+-~:".utf8)
    private static let revisionPunctuation = Array(".+~".utf8)
}

extension DebianVersion: Comparable {
    package static func < (left: DebianVersion, right: DebianVersion) -> Bool { compare(left, right) < 0 }

    /// Equal in the order: `1.0`, `0:1.0` and `1.0-0` are one version.
    package static func == (left: DebianVersion, right: DebianVersion) -> Bool { compare(left, right) == 0 }

    private static func compare(_ left: DebianVersion, _ right: DebianVersion) -> Int {
        if left.epoch != right.epoch { return left.epoch < right.epoch ? -1 : 1 }
        let upstream = compareParts(left.upstream, right.upstream)
        return upstream != 0 ? upstream : compareParts(left.revision, right.revision)
    }

    /// dpkg's `verrevcmp`: stretches without digits by ``weight(_:)``, stretches of digits as numbers of any
    /// length.
    private static func compareParts(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var l = 0
        var r = 0
        while l < left.count || r < right.count {
            while (l < left.count && !left[l].isDecimalDigit) || (r < right.count && !right[r].isDecimalDigit)
            {
                let difference = weight(at: l, of: left) - weight(at: r, of: right)
                if difference != 0 { return difference }
                l += 1
                r += 1
            }
            while l < left.count, left[l] == UInt8(ascii: "0") { l += 1 }
            while r < right.count, right[r] == UInt8(ascii: "0") { r += 1 }
            var firstDifference = 0
            while l < left.count, left[l].isDecimalDigit, r < right.count, right[r].isDecimalDigit {
                if firstDifference == 0 { firstDifference = Int(left[l]) - Int(right[r]) }
                l += 1
                r += 1
            }
            if l < left.count, left[l].isDecimalDigit { return 1 }
            if r < right.count, right[r].isDecimalDigit { return -1 }
            if firstDifference != 0 { return firstDifference }
        }
        return 0
    }

    /// dpkg's `order`: `~` sorts before the end, the end and digits before letters, letters before the rest.
    private static func weight(at index: Int, of part: [UInt8]) -> Int {
        guard index < part.count, !part[index].isDecimalDigit else { return 0 }
        let byte = part[index]
        if byte == UInt8(ascii: "~") { return -1 }
        return byte.isAlphanumeric ? Int(byte) : Int(byte) + 256
    }
}
