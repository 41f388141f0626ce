import CLibgit2
import FleetCore
import FleetTesting
import Synchronization

@testable import FleetRepository

extension FuzzTarget {
    /// A commit as a server may send it, with its signature. Whatever is found signed by the sample's key
    /// must say what was signed, in all that anybody reads of it.
    static let commit = FuzzTarget(
        bytes: "commit", longest: 8_192,
        words: [
            "tree ", "parent ", "author ", "committer ", "gpgsig ", "gpgsig-sha256 ", "encoding ",
            "mergetag ",
            "\n \n", "\n\n", " 1700000000 +0000\n", "Plimsoll-Chain: ",
        ]
    ) { bytes in
        let read = CommitRepository.shared.withLock { ($0.commit(bytes), $0.commit(SignedSample.commit)) }
        guard let commit = read.0, let signed = read.1 else { return }
        _ = ReportCommit.chainTip(in: commit.message)
        guard let found = commit.signature, let signature = try? CommitSignature(found.text) else { return }
        let time = commit.committer.time
        guard case .authorised = signature.verdict(on: found.payload, by: SignedSample.signers, at: time)
        else { return }
        try demand(commit.treeID == signed.treeID, "the tree is the signed one")
        try demand(commit.parents == signed.parents, "the parents are the signed ones")
        try demand(commit.message == signed.message, "the message is the signed one")
        try demand(commit.committer == signed.committer, "the committer is the signed one")
        try demand(commit.author == signed.author, "the author is the signed one")
        try demand(found.payload == signed.signature?.payload, "the payload is the signed one")
        // Else anybody could make other commits of a signed one.
        let header = "gpgsig \(found.text)\n".utf8.count + found.text.utf8.count { $0 == 0x0A }
        try demand(bytes.count == found.payload.count + header, "each byte is signed, or the signature")
    }
}

/// A repository with one object, in memory, after which nothing is left.
private struct CommitRepository: ~Copyable {
    private let repository: GitRepository
    private let database: GitHandle

    /// libgit2's objects are for one thread at a time.
    static let shared = Mutex(CommitRepository())

    init() {
        do {
            // What Git makes first of a repository is opened once, and goes with the folder.
            let folder = try TemporaryFolder("plimsoll-fuzz")
            repository = try withExtendedLifetime(folder) { try GitRepository(initialiseBare: folder.path) }
            database = try GitHandle("make object database", release: git_odb_free) { git_odb_new(&$0) }
            let pointer = database.pointer
            try git("keep objects in memory") { git_odb_add_backend(pointer, OneObject.backend(), 1) }
            try git("keep objects in memory") { git_repository_set_odb(repository.pointer, pointer) }
        } catch {
            preconditionFailure("there is no repository for commits: \(error)")
        }
    }

    /// Reads bytes as the commit that they are under their own name; nil if they are refused.
    func commit(_ bytes: [UInt8]) -> GitCommit? {
        var id = git_oid()
        guard git_odb_hash(&id, bytes, bytes.count, GIT_OBJECT_COMMIT) == 0,
            let name = try? CommitID(id, "read commit")
        else { return nil }
        OneObject.current.withLock { $0 = (name, bytes) }
        return (try? repository.commit(name)) ?? nil
    }
}

/// An object database that has a single commit. As those of files do, it gives libgit2 a NUL behind the
/// bytes: its parsers read C strings.
private enum OneObject {
    static let current = Mutex<(id: CommitID?, bytes: [UInt8])>((nil, []))

    static func backend() -> UnsafeMutablePointer<git_odb_backend> {
        let backend = UnsafeMutablePointer<git_odb_backend>.allocate(capacity: 1)
        backend.initialize(to: git_odb_backend())
        git_odb_init_backend(backend, UInt32(GIT_ODB_BACKEND_VERSION))
        backend.pointee.read = { data, count, type, backend, id in
            guard let bytes = OneObject.bytes(of: id),
                let copy = git_odb_backend_data_alloc(backend, bytes.count + 1)
            else { return GIT_ENOTFOUND.rawValue }
            copy.copyMemory(from: bytes + [0], byteCount: bytes.count + 1)
            data?.pointee = copy
            count?.pointee = bytes.count
            type?.pointee = GIT_OBJECT_COMMIT
            return 0
        }
        backend.pointee.read_header = { count, type, _, id in
            guard let bytes = OneObject.bytes(of: id) else { return GIT_ENOTFOUND.rawValue }
            count?.pointee = bytes.count
            type?.pointee = GIT_OBJECT_COMMIT
            return 0
        }
        backend.pointee.exists = { _, id in OneObject.bytes(of: id) == nil ? 0 : 1 }
        backend.pointee.free = { $0?.deallocate() }
        return backend
    }

    fileprivate static func bytes(of id: UnsafePointer<git_oid>?) -> [UInt8]? {
        guard let id, let name = try? CommitID(id.pointee, "read commit") else { return nil }
        return current.withLock { $0.id == name ? $0.bytes : nil }
    }
}
