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
    }
}

/// A repository whose objects are in memory, one at a time.
private struct CommitRepository: ~Copyable {
    private let repository: GitRepository
    private let database: GitHandle
    private let backend: OpaquePointer

    /// Only one thread reads commits at a time: libgit2's objects are not made for more.
    static let shared = Mutex(CommitRepository())

    init() {
        do {
            // What Git makes first of a repository is opened once, and goes with the folder.
            let folder = try TemporaryFolder("plimsoll-fuzz")
            repository = try withExtendedLifetime(folder) { try GitRepository(initialiseBare: folder.path) }
            database = try GitHandle("make object database", release: git_odb_free) { git_odb_new(&$0) }
            var memory: OpaquePointer?
            try git("keep objects in memory") { git_mempack_new(&memory) }
            guard let memory else { preconditionFailure("libgit2 returned nothing") }
            backend = memory
            let pointer = database.pointer
            try git("keep objects in memory") { git_odb_add_backend(pointer, memory, 1) }
            try git("keep objects in memory") { git_repository_set_odb(repository.pointer, pointer) }
        } catch {
            preconditionFailure("there is no repository for commits: \(error)")
        }
    }

    /// Reads bytes as the commit that they are under their own name; nil if they are refused.
    func commit(_ bytes: [UInt8]) -> GitCommit? {
        defer { git_mempack_reset(backend) }
        var id = git_oid()
        guard git_odb_write(&id, database.pointer, bytes, bytes.count, GIT_OBJECT_COMMIT) == 0,
            let name = try? CommitID(id, "read commit")
        else { return nil }
        return (try? repository.commit(name)) ?? nil
    }
}
