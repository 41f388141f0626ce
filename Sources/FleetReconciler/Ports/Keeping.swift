package import FleetCore

/// The part of ``PackageSystem`` that makes going back possible.
package protocol PackageKeeping {
    /// Keeps the package file of every version that a plan replaces or removes, durably, so that it can be
    /// undone although no source offers that version; and what was downloaded for it, as far as it costs
    /// nothing. Changes no package.
    ///
    /// - Parameters:
    ///   - needed: earlier changes: the files of their versions before stay.
    ///   - isDemanded: whether files are fetched or rebuilt; false takes what is on the machine.
    /// - Returns: what could not be kept, and what was rebuilt.
    /// - Throws: ``PackageError`` if what is kept cannot be told or written.
    func keep(
        _ plan: Plan, needed: [PackageChange], isDemanded: Bool
    ) async throws(PackageError) -> Keeping
}

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
