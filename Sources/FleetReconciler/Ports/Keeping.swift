package import FleetCore

/// What came of keeping the package files that a plan would replace.
package struct Keeping: Hashable, Sendable {
    /// Versions of which there is no file: going back to them is not possible.
    package let unkept: [UnkeptPackage]
    /// Packages whose file was put together again from what is installed. Such a file only undoes.
    package let rebuilt: [PackageID]

    package init(unkept: [UnkeptPackage] = [], rebuilt: [PackageID] = []) {
        self.unkept = unkept
        self.rebuilt = rebuilt
    }
}

/// A version of which no package file could be kept.
package struct UnkeptPackage: Hashable, Sendable {
    package let id: PackageID
    package let version: PackageVersion
    /// Why, without a full stop.
    package let cause: String
    /// What a person can do about it, such as `install 'dpkg-repack'`.
    package let remedy: String

    package init(id: PackageID, version: PackageVersion, cause: String, remedy: String) {
        self.id = id
        self.version = version
        self.cause = cause
        self.remedy = remedy
    }
}
