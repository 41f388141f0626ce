internal import CLibgit2
internal import FleetCore
internal import Glibc

/// Keeps a bare clone usable and small: libgit2 neither removes what a crash left nor packs anew what many
/// fetches brought.
///
/// Everything here needs the `StateLock`: nobody else may work in the clone.
package enum CloneMaintenance {
    /// In what state a clone is.
    package enum Condition: Equatable, Sendable {
        /// Not there yet.
        case missing
        /// It can be worked with.
        case usable
        /// It cannot be opened, or what a reference names cannot be read. What follows is to delete it and to
        /// clone anew: the mark is not in the clone, so nothing is forgotten.
        case unusable(GitError)
    }

    /// Removes what a crash or the disk left: lock files, unfinished packs, torn objects, the names that a
    /// push gave to its commits.
    ///
    /// - Returns: the paths that were removed, for the log.
    /// - Throws: `FileError` if a folder cannot be read or a file not removed.
    package static func removeLeftovers(in folder: String) throws(FileError) -> [String] {
        var removed: [String] = []
        var waiting = [folder]
        let outgoing = "\(folder)/\(OutgoingReferences.prefix)"
        while let current = waiting.popLast() {
            for (name, isFolder) in try entries(of: current) {
                let path = "\(current)/\(name)"
                if isFolder {
                    waiting.append(path)
                    continue
                }
                let isTorn = try isTorn(name, in: current)
                if isTorn || isLeftover(name) || path.hasPrefix(outgoing) {
                    guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
                    removed.append(path)
                }
            }
        }
        return removed.sorted()
    }

    /// Opens the clone and reads what each of its references names.
    package static func condition(of folder: String) -> Condition {
        guard access(folder, F_OK) == 0 else { return .missing }
        do throws(GitError) {
            let repository = try GitRepository(open: folder)
            // A listing passes over a reference whose file is torn; the next fetch would fail at it.
            for name in try looseReferences(in: folder) { _ = try repository.reference(name) }
            for reference in try repository.references(prefix: "refs/") {
                if try repository.objectHeader(reference.id.bytes, "read what a reference names")
                    == nil
                {
                    return .unusable(
                        GitError("read", reference.name, .notFound, "the commit that it names is missing"))
                }
            }
            return .usable
        } catch {
            return .unusable(error)
        }
    }

    /// Deletes a folder, such as a clone that is of no use, with all that is in it; symbolic links are
    /// removed, not followed.
    package static func delete(_ folder: String) throws(FileError) {
        for (name, isFolder) in try entries(of: folder) {
            let path = "\(folder)/\(name)"
            if isFolder {
                try delete(path)
            } else if unlink(path) != 0, errno != ENOENT {
                throw FileError("remove", path)
            }
        }
        guard rmdir(folder) == 0 || errno == ENOENT else { throw FileError("remove", folder) }
    }

    /// The names of the references that have a file of their own.
    private static func looseReferences(in folder: String) throws(GitError) -> [String] {
        var names: [String] = []
        var waiting = ["refs"]
        while let current = waiting.popLast() {
            do throws(FileError) {
                for (name, isFolder) in try entries(of: "\(folder)/\(current)") {
                    if isFolder {
                        waiting.append("\(current)/\(name)")
                    } else {
                        names.append("\(current)/\(name)")
                    }
                }
            } catch {
                throw GitError("list references", folder, .malformed, error.description)
            }
        }
        return names
    }

    /// What libgit2 (`filebuf`, `indexer`, loose objects) and stock git name what is not finished.
    private static func isLeftover(_ name: String) -> Bool {
        name.hasSuffix(".lock") || name.hasPrefix("tmp_pack_") || name.hasPrefix("tmp_idx_")
            || name.hasPrefix("tmp_obj_") || name.hasPrefix("incoming-") || name.contains("_git2_")
    }

    /// Whether a file is an object of which the end is missing, or something within.
    private static func isTorn(_ name: String, in folder: String) throws(FileError) -> Bool {
        let parent = folder.split(separator: "/").last ?? ""
        guard LooseObject.isName(folder: parent, file: name) else { return false }
        return try !LooseObject("\(folder)/\(name)").isWhole
    }

    /// The entries of a folder; symbolic links count as files, so that nothing outside the clone is touched.
    static func entries(of folder: String) throws(FileError) -> [(name: String, isFolder: Bool)] {
        guard let stream = opendir(folder) else { throw FileError("list", folder) }
        defer { closedir(stream) }
        var found: [(name: String, isFolder: Bool)] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw FileError("list", folder) }
                return found
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            // Most file systems say in the folder itself what an entry is; this is asked in every cycle.
            let type = Int(entry.pointee.d_type)
            guard type == Int(DT_UNKNOWN) else {
                found.append((name, type == Int(DT_DIR)))
                continue
            }
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else {
                guard errno == ENOENT else { throw FileError("look at", "\(folder)/\(name)") }
                continue
            }
            found.append((name, status.st_mode & S_IFMT == S_IFDIR))
        }
    }
}
