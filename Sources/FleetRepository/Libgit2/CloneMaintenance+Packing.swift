internal import CLibgit2
package import FleetCore
internal import Glibc

extension CloneMaintenance {
    /// How much a clone may hold before it is packed anew.
    package struct PackingLimits: Hashable, Sendable {
        /// Packs: each fetch brings one.
        package var packs = 50
        /// Objects in files of their own: each report adds a few, and each cycle looks whether they are
        /// whole.
        package var looseObjects = 500
        /// Bytes of all packs, where there are more than five of them.
        package var bytes = 256 << 20

        package init() {}
    }

    /// Puts all that is needed into one pack and removes the rest, if the clone has passed a limit.
    ///
    /// At every moment each object that is needed is there, so it may be killed: what is old goes once the
    /// new pack is whole and flushed.
    ///
    /// - Parameter keeping: commits that must stay although perhaps no reference leads to them: the mark,
    ///   reports that are not pushed. What is missing of them is passed over.
    /// - Returns: whether the clone was packed.
    package static func pack(
        _ folder: String, keeping: [CommitID], limits: PackingLimits = PackingLimits()
    ) throws(CloneMaintenanceError) -> Bool {
        let before = try files { () throws(FileError) in try StoredObjects(in: folder) }
        guard before.passes(limits) else { return false }
        let name: String
        do throws(GitError) {
            name = try GitRepository(open: folder).writePack(keeping: keeping)
        } catch {
            throw .git(error)
        }
        try files { () throws(FileError) in
            try flush("\(folder)/objects/pack/pack-\(name).pack")
            try before.remove(exceptPack: name)
        }
        return true
    }

    private static func files<Value>(
        _ work: () throws(FileError) -> Value
    ) throws(CloneMaintenanceError) -> Value {
        do throws(FileError) { return try work() } catch { throw .file(error) }
    }

    private static func flush(_ pack: String) throws(FileError) {
        guard access(pack, R_OK) == 0 else { throw FileError("find the new pack", pack) }
        try DurableFile.flushFolder(of: pack)
    }
}

/// Why a clone could not be packed anew; it is as usable as it was.
package enum CloneMaintenanceError: Error, Equatable, Sendable {
    case git(GitError)
    case file(FileError)
}

/// The files in which a clone keeps its objects.
private struct StoredObjects {
    private var packFiles: [String] = []
    private var looseFiles: [String] = []
    private var packs = 0
    private var bytes = 0

    init(in folder: String) throws(FileError) {
        let objects = "\(folder)/objects"
        for (name, isFolder) in try CloneMaintenance.entries(of: objects) where isFolder {
            let isLoose = name.utf8.count == 2 && name.utf8.allSatisfy(\.isLowercaseHexDigit)
            guard isLoose || name == "pack" else { continue }
            for (file, isFolder) in try CloneMaintenance.entries(of: "\(objects)/\(name)") where !isFolder {
                let path = "\(objects)/\(name)/\(file)"
                if isLoose {
                    looseFiles.append(path)
                } else {
                    packFiles.append(path)
                    if file.hasSuffix(".pack") { packs += 1 }
                    var status = stat()
                    if lstat(path, &status) == 0 { bytes += Int(status.st_size) }
                }
            }
        }
    }

    func passes(_ limits: CloneMaintenance.PackingLimits) -> Bool {
        packs > limits.packs || looseFiles.count > limits.looseObjects || (packs > 5 && bytes > limits.bytes)
    }

    /// Removes these files, but not those of one pack. An index goes before its pack: without it nobody looks
    /// for the pack, while an index without its pack is an error.
    func remove(exceptPack kept: String) throws(FileError) {
        let old = packFiles.filter { !$0.contains("/pack-\(kept).") }
        let indexes = old.filter { $0.hasSuffix(".idx") || $0.hasSuffix("/multi-pack-index") }
        let others = old.filter { !indexes.contains($0) }
        for path in indexes + others + looseFiles {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        }
    }
}

extension GitRepository {
    /// Writes one pack with all that references and the given commits reach, and returns its name.
    fileprivate borrowing func writePack(keeping: [CommitID]) throws(GitError) -> String {
        var tips = try references(prefix: "refs/").map(\.id)
        for commit in keeping where try objectHeader(commit.bytes, "pack the clone") != nil {
            tips.append(commit)
        }
        guard let name = try writePack(of: tips) else {
            throw GitError("pack the clone", folder, .notFound, "nothing is there to be packed")
        }
        return name
    }

    /// Writes one pack with all that these commits and tags reach. Each object is read, and its bytes are
    /// compared with its name.
    ///
    /// - Returns: the pack's name; nil if there is nothing to write.
    /// - Throws: `GitError` if an object is missing or damaged; nothing is written then.
    borrowing func writePack(of tips: [CommitID]) throws(GitError) -> String? {
        let operation = "pack the clone"
        let builder = try GitHandle(operation, folder, release: git_packbuilder_free) {
            git_packbuilder_new(&$0, pointer)
        }
        git_packbuilder_set_threads(builder.pointer, 1)
        let walk = try GitHandle(operation, folder, release: git_revwalk_free) {
            git_revwalk_new(&$0, pointer)
        }
        for tip in tips {
            var id = tip.bytes
            if try objectHeader(id, operation)?.type == GIT_OBJECT_TAG {
                // It, and what it names.
                try git(operation, tip.hex) { git_packbuilder_insert_recur(builder.pointer, &id, nil) }
            } else {
                try git(operation, tip.hex) { git_revwalk_push(walk.pointer, &id) }
            }
        }
        try git(operation, folder) { git_packbuilder_insert_walk(builder.pointer, walk.pointer) }
        guard git_packbuilder_object_count(builder.pointer) > 0 else { return nil }
        try git(operation, folder) { git_packbuilder_write(builder.pointer, nil, 0, nil, nil) }
        guard let name = git_packbuilder_name(builder.pointer) else {
            throw GitError(operation, folder, .other(0), "the new pack has no name")
        }
        return String(cString: name)
    }
}
