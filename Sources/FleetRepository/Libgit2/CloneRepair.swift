package import FleetCore
internal import Glibc

/// Makes a clone anew beside one that is damaged, of all that can still be read of it, and puts it in its
/// place.
///
/// The old one stays until the new one is whole, so that a full disk or a power failure loses nothing.
/// Reports that wait to be sent go along, and a thin line carries only what is really gone. What a reference
/// names is taken as a whole or not at all: each object is read, and its bytes compared with its name.
package struct CloneRepair {
    /// A commit that the node remembers to have had, for a reference that cannot be read any more.
    package struct Anchor: Hashable, Sendable {
        let reference: String
        let commit: CommitID

        /// The commit up to which the branch was found authentic.
        package static func branch(_ mark: CommitID) -> Anchor {
            Anchor(reference: FleetReferences.branch, commit: mark)
        }

        /// The node's own newest report.
        package static func report(_ report: CommitID, of node: NodeName) -> Anchor {
            Anchor(reference: FleetReferences.ownChain(node), commit: report)
        }
    }

    /// The references that the new clone has; those that are not among them are fetched again.
    package let kept: [String]
    /// The references whose content is damaged or gone.
    package let lost: [String]

    /// Repairs the clone in a folder. Needs the `StateLock`.
    ///
    /// A clone that is found damaged again before a cycle was well has something that this cannot see: of
    /// such a one the node's own reports alone are taken, and all else is fetched.
    ///
    /// - Throws: ``CloneMaintenanceError``; the clone is then as it was.
    package init(_ folder: String, anchors: [Anchor]) throws(CloneMaintenanceError) {
        let beside = Self.beside(folder)
        let isSecond = access("\(folder)/\(Self.marker)", F_OK) == 0
        do throws(FileError) {
            try Self.finish(folder)
            (kept, lost) = try Self.salvage(
                folder, into: beside, Self.wanted(in: folder, anchors, isSecond: isSecond))
            try DurableFile.write([], to: "\(beside)/\(Self.marker)")
            try Self.swap(folder)
        } catch {
            try? Self.finish(folder)
            throw .file(error)
        }
    }

    /// Ends a repair that was interrupted: the new clone takes its place if it was whole, else the old one
    /// stays.
    static func finish(_ folder: String) throws(FileError) {
        let (beside, aside) = (beside(folder), aside(folder))
        if access(folder, F_OK) != 0 {
            let whole = access("\(beside)/\(marker)", F_OK) == 0 ? beside : aside
            guard rename(whole, folder) == 0 || errno == ENOENT else {
                throw FileError("put a clone in place", folder)
            }
        }
        for left in [beside, aside] {
            var status = stat()
            if lstat(left, &status) == 0 { try CloneMaintenance.delete(left) }
        }
    }

    /// A cycle was well with the clone: the next damage is another one.
    package static func forget(in folder: String) { unlink("\(folder)/\(marker)") }

    /// Written last, into the new clone.
    private static let marker = "plimsoll-repaired"

    private static func beside(_ folder: String) -> String { "\(folder).anew" }
    private static func aside(_ folder: String) -> String { "\(folder).damaged" }

    /// What to save, the most important first: what lies in one list is taken together.
    private static func wanted(in folder: String, _ anchors: [Anchor], isSecond: Bool) -> [[Anchor]] {
        let found = (try? GitRepository(open: folder).references(prefix: "refs/")) ?? []
        let references = found.filter { !$0.name.hasPrefix(OutgoingReferences.prefix) }
            .map { Anchor(reference: $0.name, commit: $0.id) }
        let isOwn = { (anchor: Anchor) in anchor.reference.hasPrefix(FleetReferences.own) }
        let own = (references + anchors).filter(isOwn).map { [$0] }
        if isSecond { return own }
        let branch = (references + anchors).filter { $0.reference == FleetReferences.branch }.map { [$0] }
        return own + branch
            + [references.filter { !isOwn($0) && $0.reference != FleetReferences.branch }]
    }

    private static func salvage(
        _ folder: String, into beside: String, _ wanted: [[Anchor]]
    ) throws(FileError) -> (kept: [String], lost: [String]) {
        var kept: [String] = []
        var lost: [String] = []
        do throws(GitError) {
            let anew = try GitRepository(initialiseBare: beside)
            if access("\(folder)/objects", F_OK) == 0 { try anew.borrow(objects: "\(folder)/objects") }
            for anchors in wanted {
                var waiting = [anchors]
                while let group = waiting.popLast() {
                    let fresh = group.filter { !kept.contains($0.reference) }
                    do throws(GitError) {
                        _ = try anew.writePack(of: fresh.map(\.commit))
                    } catch {
                        if error.code == .diskFull { throw error }
                        // One of many is damaged: they are halved until it is alone.
                        let half = fresh.count / 2
                        waiting += fresh.count > 1 ? [Array(fresh[..<half]), Array(fresh[half...])] : []
                        if fresh.count == 1 { lost.append(fresh[0].reference) }
                        continue
                    }
                    for anchor in fresh {
                        try anew.setReference(anchor.reference, to: anchor.commit)
                        kept.append(anchor.reference)
                    }
                }
            }
        } catch {
            throw FileError(
                "make the clone anew", beside, number: error.code == .diskFull ? ENOSPC : EIO)
        }
        return (kept, Set(lost).subtracting(kept).sorted())
    }

    /// Puts the new folder in the old one's place. Where the power fails between the two steps, `finish` does
    /// the second.
    private static func swap(_ folder: String) throws(FileError) {
        guard rename(folder, aside(folder)) == 0, rename(beside(folder), folder) == 0 else {
            throw FileError("put the new clone in place", folder)
        }
        try DurableFile.flushFolder(of: folder)
        try CloneMaintenance.delete(aside(folder))
    }
}

extension CloneRepair: CustomStringConvertible {
    /// Such as `it was made anew with 3 references; gone is what was named by refs/remotes/fleet/branch`.
    package var description: String {
        let names =
            lost.prefix(3).joined(separator: ", ") + (lost.count > 3 ? " and \(lost.count - 3) more" : "")
        return "it was made anew with \(kept.count) reference\(kept.count == 1 ? "" : "s")"
            + (lost.isEmpty ? "" : "; gone is what was named by \(names)")
    }
}
