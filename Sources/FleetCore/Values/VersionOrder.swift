/// The order in which a package manager puts versions.
package enum VersionOrder: Sendable {
    /// dpkg's order (deb-version(7)).
    case debian

    /// How `left` stands to `right`.
    ///
    /// - Returns: nil if one of them is no version in this order. "Cannot tell" is not "equal".
    package func compare(_ left: PackageVersion, _ right: PackageVersion) -> Comparison? {
        guard left != right else { return accepts(left) ? .same : nil }
        switch self {
        case .debian:
            guard let left = DebianVersion(left), let right = DebianVersion(right) else { return nil }
            return left == right ? .same : left < right ? .older : .newer
        }
    }

    /// Whether `version` can be parsed in this order.
    package func accepts(_ version: PackageVersion) -> Bool {
        switch self {
        case .debian: DebianVersion(version) != nil
        }
    }

    /// The answer of ``compare(_:_:)``.
    package enum Comparison: Sendable {
        case older
        case same
        case newer
    }
}
