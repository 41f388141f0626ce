/// What Plimsoll's transactions changed on this node, by declaration, oldest first: the memory that makes
/// going back possible.
///
/// An older baseline may never have named what a newer one changed; comparing it with what is installed finds
/// no drift then. So going back returns each such package to the version that was found, by this record.
package struct ChangeLog: Hashable, Sendable {
    package private(set) var chapters: [Chapter]

    /// The changes that were made for one declaration.
    package struct Chapter: Hashable, Sendable {
        package let declaration: Declaration
        package let changes: [PackageChange]
        /// Whether these are the changes of attempts that have not come to their end: if they fail, they are
        /// undone, and what was changed for the same declaration when it was admitted before is not.
        package let isOpen: Bool

        package init(declaration: Declaration, changes: [PackageChange], isOpen: Bool = false) {
            self.declaration = declaration
            self.changes = changes.sorted { $0.id < $1.id }
            self.isOpen = isOpen
        }
    }

    package init(chapters: [Chapter] = []) { self.chapters = chapters }

    /// The versions that Plimsoll itself put there last.
    package var placed: [PackageID: PackageVersion] {
        var placed: [PackageID: PackageVersion] = [:]
        for change in chapters.flatMap(\.changes) { placed[change.id] = change.to }
        return placed
    }

    /// Adds what a transaction for `declaration` changed; changes of one package become one, from its first
    /// version to its last.
    ///
    /// - Parameter isOpen: whether the transaction belongs to attempts that have not come to their end.
    package mutating func record(
        _ changes: [PackageChange], for declaration: Declaration, isOpen: Bool = false
    ) {
        let old = chapters.first { $0.declaration == declaration && $0.isOpen == isOpen }
        let merged = Self.merged((old?.changes ?? []) + changes)
        chapters.removeAll { $0.declaration == declaration && $0.isOpen == isOpen }
        // An open chapter in which there is nothing still says that the older one is not to be undone.
        guard !merged.isEmpty || isOpen else { return }
        chapters.append(Chapter(declaration: declaration, changes: merged, isOpen: isOpen))
    }

    /// What undoing the attempts for a declaration has to undo.
    package func changesToUndo(for declaration: Declaration) -> [PackageChange] {
        let own = chapters.filter { $0.declaration == declaration }
        return (own.first(where: \.isOpen) ?? own.first)?.changes ?? []
    }

    /// Forgets the changes of attempts that were undone.
    ///
    /// - Parameter isLeft: says of a change that it could not be undone yet: it stays, to be returned later.
    package mutating func forgetUndone(
        for declaration: Declaration, exceptWhere isLeft: (PackageChange) -> Bool = { _ in false }
    ) {
        let left = changesToUndo(for: declaration).filter(isLeft)
        defer { if !left.isEmpty { record(left, for: declaration) } }
        let hasOpen = chapters.contains { $0.declaration == declaration && $0.isOpen }
        chapters.removeAll { $0.declaration == declaration && $0.isOpen == hasOpen }
    }

    /// Adds what was changed by attempts that have come to their end to what was changed for their
    /// declarations before.
    package mutating func close() {
        while let index = chapters.firstIndex(where: \.isOpen) {
            let chapter = chapters.remove(at: index)
            record(chapter.changes, for: chapter.declaration)
        }
    }

    /// Forgets the changes of declarations that are no longer of use: those for which `isNeeded` is false.
    package mutating func keep(where isNeeded: (Declaration) -> Bool) {
        chapters.removeAll { !isNeeded($0.declaration) }
    }

    /// What must change so that the packages which the `left` declarations changed are as they were before.
    ///
    /// Packages that `form` names are its own matter; packages that someone else has changed since are left
    /// alone.
    package func returns(
        leaving left: Set<Declaration>, for form: CanonicalForm, in inventory: InventoryIndex
    ) -> [PackageChange] {
        let named = Set(form.entries.map(\.key))
        let changes = Self.merged(chapters.filter { left.contains($0.declaration) }.flatMap(\.changes))
        return changes.compactMap { change in
            let installed = inventory.package(change.id)
            guard installed?.version == change.to, installed?.isHeld != true,
                !isNamed(change, installed?.source, in: named)
            else { return nil }
            return PackageChange(id: change.id, from: change.to, to: change.from)
        }
    }

    /// Whether an entry is about a changed package. A binary that came in with a newer version of its source
    /// need not exist in the older one: what came in goes, unless it is named itself.
    private func isNamed(
        _ change: PackageChange, _ source: PackageName?, in named: Set<EntryKey>
    ) -> Bool {
        named.contains(.package(change.id.name, nil))
            || named.contains(.package(change.id.name, change.id.architecture))
            || change.from != nil && source.map { named.contains(.source($0)) } ?? false
    }

    private static func merged(_ changes: [PackageChange]) -> [PackageChange] {
        var merged: [PackageID: PackageChange] = [:]
        for change in changes {
            let first = merged[change.id]
            merged[change.id] = PackageChange(
                id: change.id, from: first.map(\.from) ?? change.from, to: change.to)
        }
        return merged.values.filter { $0.from != $0.to }.sorted { $0.id < $1.id }
    }
}

extension ChangeRequest {
    /// This request, and besides that `returns`.
    package func adding(returns: [PackageChange]) -> ChangeRequest {
        var request = self
        for change in returns {
            guard let version = change.to else {
                request.removals[change.id] = false
                request.targets[change.id] = nil
                continue
            }
            request.removals[change.id] = nil
            request.targets[change.id] = version
            request.pins.append(
                Pin(key: .package(change.id.name, change.id.architecture), version: version))
        }
        return request
    }

    /// The request that undoes `changes`: each package to the version it had, what came in goes, what went
    /// comes back.
    ///
    /// - Parameter automatic: the packages that were marked as automatically installed before.
    package static func undoing(
        _ changes: [PackageChange], automatic: [PackageID] = [], sources: [SourceList]?
    ) -> ChangeRequest {
        let inverse = changes.map { PackageChange(id: $0.id, from: $0.to, to: $0.from) }
        return ChangeRequest(
            pins: [], targets: [:], automatic: Set(automatic), sources: sources, isReturn: true
        ).adding(returns: inverse)
    }

    /// This request, with the packages that were marked as automatically installed before an interruption.
    package func withAutomatic(_ automatic: [PackageID]) -> ChangeRequest {
        var request = self
        request.automatic.formUnion(automatic)
        return request
    }
}
