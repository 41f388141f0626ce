internal import CLibgit2
internal import FleetCore
internal import Glibc

extension GitRepository {
    /// Opens a repository that this process may only read: what it receives is written into `place`.
    static func incoming(for path: String, in place: String) throws(GitError) -> GitRepository {
        let repository = try GitRepository(open: path)
        try repository.receive(into: "\(place)/objects", besides: "\(repository.folder)objects")
        return repository
    }

    /// Makes an empty repository in `place` that has the objects of another: for names that the other one
    /// cannot be given.
    static func outgoing(in place: String, with other: String) throws(GitError) -> GitRepository {
        let objects = try GitRepository(open: other).folder + "objects"
        let repository = try GitRepository(initialiseBare: "\(place)/outgoing.git")
        try repository.receive(into: "\(repository.folder)objects", besides: objects)
        return repository
    }

    /// A repository that has and receives the same objects, and no reference.
    func withoutReferences(at path: String) throws(GitError) -> GitRepository {
        let operation = "make repository"
        let blank = try GitRepository(initialiseBare: path)
        let database = try GitHandle(operation, path, release: git_odb_free) {
            git_repository_odb(&$0, pointer)
        }
        try git(operation, path) { git_repository_set_odb(blank.pointer, database.pointer) }
        return blank
    }

    /// Whether all that references name can be parsed, 100,000 commits far: a negotiation looks at fewer.
    func canBeWalked() -> Bool {
        do throws(GitError) {
            let walk = try GitHandle("walk history", folder, release: git_revwalk_free) {
                git_revwalk_new(&$0, pointer)
            }
            try git("walk history", folder) { git_revwalk_push_glob(walk.pointer, "refs/*") }
            var id = git_oid()
            for _ in 0..<100_000 {
                let result = git_revwalk_next(&id, walk.pointer)
                if result == GIT_ITEROVER.rawValue { return true }
                if result < 0 { return false }
            }
            return true
        } catch {
            return false
        }
    }

    private func receive(into objects: String, besides others: String) throws(GitError) {
        let operation = "make object database"
        do throws(FileError) {
            try DurableFile.makeFolders("\(objects)/pack", mode: 0o700)
        } catch {
            throw GitError(operation, objects, error.isDiskFull ? .diskFull : .other(0), error.description)
        }
        let database = try GitHandle(operation, objects, release: git_odb_free) { git_odb_open(&$0, objects) }
        try git(operation, others) { git_odb_add_disk_alternate(database.pointer, others) }
        try git(operation, objects) { git_repository_set_odb(pointer, database.pointer) }
    }

    /// Takes in a pack: every object under the name that its own bytes give it, and none that names another
    /// which is not there.
    ///
    /// - Parameter descriptor: read from its start to its end; one without a byte holds nothing.
    func takeIn(pack descriptor: Int32, byteLimit: Int) throws(GitError) {
        let operation = "take in pack"
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw GitError(operation, folder, .other(0), "there is no file")
        }
        guard status.st_size > 0 else { return }
        guard Int(status.st_size) <= byteLimit else {
            throw GitError(operation, folder, .tooLarge, "it has more than \(byteLimit) bytes")
        }
        let database = try GitHandle(operation, folder, release: git_odb_free) {
            git_repository_odb(&$0, pointer)
        }
        var options = git_indexer_options()
        git_indexer_options_init(&options, UInt32(GIT_INDEXER_OPTIONS_VERSION))
        options.verify = 1
        let indexer = try GitHandle(operation, folder, release: git_indexer_free) {
            git_indexer_new(&$0, "\(folder)objects/pack", 0o444, database.pointer, &options)
        }
        var progress = git_indexer_progress()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var offset: off_t = 0
        while true {
            let count = pread(descriptor, &buffer, buffer.count, offset)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw GitError(operation, folder, .other(0), "it cannot be read") }
            if count == 0 { break }
            try git(operation, folder) { git_indexer_append(indexer.pointer, buffer, count, &progress) }
            offset += off_t(count)
        }
        try git(operation, folder) { git_indexer_commit(indexer.pointer, &progress) }
        try git(operation, folder) { git_odb_refresh(database.pointer) }
    }

    /// Takes in a pack, and sets the references that the listing changes.
    ///
    /// Of what the child says nothing is believed but the listing: objects prove themselves by their names,
    /// and a reference is set only to what is here then.
    func takeIn(
        _ listed: [GitReference], as refspecs: [FetchRefspec], pack: Int32, byteLimit: Int
    ) throws(GitError) -> [ReferenceUpdate] {
        let (updates, _) = try updates(by: listed, as: refspecs)
        guard !updates.isEmpty else { return [] }
        try takeIn(pack: pack, byteLimit: byteLimit)
        for update in updates {
            guard try objectHeader(update.new.bytes, "look for commit") != nil else {
                throw GitError("take in", update.name, .notFound, "\(update.new) was not received")
            }
        }
        for update in updates { try setReference(update.name, to: update.new) }
        return updates
    }

    /// The references that a listing of the server changes here.
    func updates(
        by listed: [GitReference], as refspecs: [FetchRefspec]
    ) throws(GitError) -> (updates: [ReferenceUpdate], wanted: [FetchRefspec]) {
        let arranged = FetchRefspecs(refspecs)
        var updates: [ReferenceUpdate] = []
        var changed: Set<Int> = []
        for reference in listed {
            for (index, name) in arranged.destinations(for: reference.name) {
                let old = try self.reference(name)
                if old == reference.id { continue }
                updates.append(ReferenceUpdate(name: name, old: old, new: reference.id))
                changed.insert(index)
            }
        }
        return (updates, changed.sorted().map { refspecs[$0] })
    }
}
