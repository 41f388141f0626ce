import FleetCore
import FleetTesting
import Glibc
import Testing

@testable import FleetRepository

/// Listing, fetching and pushing through a child process, against each kind of real server.
@Suite struct NetworkChildTests {
    let folder: TemporaryFolder
    let work: String
    let served: String
    let clone: String
    let first: CommitID

    init() throws {
        folder = try TemporaryFolder()
        served = try Git.makeBareRepository("served/fleet.git", in: folder)
        // git http-backend takes no push from somebody unknown unless told to.
        try Git.run("config", "http.receivepack", "true", in: served)
        work = try Git.makeWorkTree("work", in: folder, origin: served)
        first = try #require(CommitID(try Git.commit("first", in: work)))
        try Git.run("push", "--quiet", "origin", "main", in: work)
        clone = try Git.makeBareRepository("clone.git", in: folder)
    }

    private var main: FetchRefspec {
        get throws {
            try #require(FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main"))
        }
    }

    /// How the tests reach a server, and what must live as long as they do.
    struct Reached {
        let remote: RemoteURL
        var child = NetworkChild.built
        let server: AnyObject?

        /// The same, by a child that has no rights of root.
        func asNobody(_ folder: TemporaryFolder) throws -> Reached {
            var reached = self
            reached.child.confinement = try folder.confinement()
            return reached
        }
    }

    enum Way: String, CaseIterable {
        case path
        case file
        case daemon
        case http
        case ssh
        /// As another user; a path is left out, for git serves nobody else's repository by that way.
        case daemonAsNobody
        case httpAsNobody
        case sshAsNobody

        /// Only root can work as somebody else.
        static var possible: [Way] {
            allCases.filter { getuid() == 0 || !$0.rawValue.hasSuffix("Nobody") }
        }
    }

    private func reach(_ way: Way, _ repository: String = "fleet.git") throws -> Reached {
        switch way {
        case .daemonAsNobody: return try reach(.daemon, repository).asNobody(folder)
        case .httpAsNobody: return try reach(.http, repository).asNobody(folder)
        case .sshAsNobody: return try reach(.ssh, repository).asNobody(folder)
        default: return try reachAsRoot(way, repository)
        }
    }

    private func reachAsRoot(_ way: Way, _ repository: String) throws -> Reached {
        let root = folder.path("served")
        switch way {
        case .path: return Reached(remote: try RemoteURL("\(root)/\(repository)"), server: nil)
        case .file: return Reached(remote: try RemoteURL("file://\(root)/\(repository)"), server: nil)
        case .daemon:
            let server = try GitServer(.daemon, root: root)
            return Reached(remote: try RemoteURL(server.url(repository)), server: server)
        case .http:
            let server = try GitHTTPServer(root: root)
            return Reached(remote: try RemoteURL(server.url(repository)), server: server)
        case .ssh:
            let server = try GitServer(.ssh, root: root)
            var reached = Reached(remote: try RemoteURL(server.url(repository)), server: server)
            reached.child.ssh = SSHOptions(key: server.clientKey, knownHosts: server.knownHosts)
            return reached
        default: throw FileError("reach", way.rawValue, "not as root")
        }
    }

    @Test(arguments: Way.possible)
    func aFetchBringsWhatIsAskedForAndNothingElse(_ way: Way) throws {
        try Git.run("checkout", "--quiet", "--orphan", "other", in: work)
        let other = try Git.commit("other", in: work)
        try Git.run("tag", "v1", in: work)
        try Git.run("push", "--quiet", "origin", "other", "v1", in: work)
        let reached = try reach(way)
        let listed = try reached.child.list(reached.remote)
        #expect(listed.map(\.name) == ["HEAD", "refs/heads/main", "refs/heads/other", "refs/tags/v1"])
        let result = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        #expect(result.listed == listed)
        #expect(result.updated == [ReferenceUpdate(name: "refs/remotes/fleet/main", old: nil, new: first)])
        #expect(
            try Git.run("for-each-ref", "--format=%(refname) %(objectname)", in: clone)
                == "refs/remotes/fleet/main \(first)")
        #expect(try run(["git", "cat-file", "-e", other], in: clone).exitCode != 0)
        let quiet = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1)
        #expect(quiet.updated.isEmpty)
        let second = try #require(
            CommitID(
                try {
                    try Git.run("checkout", "--quiet", "main", in: work)
                    return try Git.commit("second", in: work)
                }()))
        try Git.run("push", "--quiet", "origin", "main", in: work)
        let next = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        #expect(next.updated == [ReferenceUpdate(name: "refs/remotes/fleet/main", old: first, new: second)])
        try Git.run("fsck", "--full", in: clone)
    }

    @Test(arguments: [Way.daemon, .daemonAsNobody].filter(Way.possible.contains))
    func aCommitThatNobodyCanParseDoesNotStopLaterFetches(_ way: Way) throws {
        let reached = try reach(way)
        _ = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        let tree = try Git.run("rev-parse", "refs/remotes/fleet/main^{tree}", in: clone)
        let bad = try Git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", in: clone,
            input: Array("tree \(tree)\n\nno author\n".utf8))
        try folder.write("\(bad)\n", to: "clone.git/refs/remotes/peers/atm-1")
        let second = try #require(CommitID(try Git.commit("second", in: work)))
        try Git.run("push", "--quiet", "origin", "main", in: work)
        let next = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        #expect(next.updated == [ReferenceUpdate(name: "refs/remotes/fleet/main", old: first, new: second)])
        #expect(try Git.run("rev-parse", "refs/remotes/fleet/main~1", in: clone) == first.hex)
        #expect(!folder.exists("clone.git/incoming-blank"))
    }

    @Test(arguments: Way.possible)
    func eachReferenceOfAPushHasItsVerdict(_ way: Way) throws {
        let reached = try reach(way)
        _ = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        let repository = try GitRepository(open: clone)
        let mine = try repository.report(parent: nil, message: "mine")
        try folder.write(
            "#!/bin/sh\n[ \"$1\" != refs/heads/closed ]\n", to: "served/fleet.git/hooks/update", mode: 0o755)
        let diverged = try reached.child.push(
            [
                try refspec(mine, "refs/heads/main"),
                try refspec(mine, "refs/heads/latest/atm-1", force: true),
            ], to: reached.remote, from: clone)
        #expect(diverged["refs/heads/main"] == .notFastForward)
        #expect(
            diverged["refs/heads/latest/atm-1"]
                == .rejected("not sent: another reference of this push would lose commits"))
        #expect(try Git.run("for-each-ref", "--format=%(refname)", in: served) == "refs/heads/main")
        let verdicts = try reached.child.push(
            [try refspec(mine, "refs/heads/status/atm-1"), try refspec(mine, "refs/heads/closed")],
            to: reached.remote, from: clone)
        #expect(verdicts["refs/heads/status/atm-1"] == .accepted)
        #expect(verdicts["refs/heads/closed"] == .rejected("hook declined"))
        let next = try repository.report(parent: mine, message: "next")
        let alone = try repository.report(parent: nil, message: "alone")
        let again = try reached.child.push(
            [
                try refspec(next, "refs/heads/status/atm-1"),
                try refspec(mine, "refs/heads/status/atm-1-copy"),
                try refspec(alone, "refs/heads/latest/atm-1", force: true),
            ], to: reached.remote, from: clone)
        #expect(Set(again.values) == [.accepted])
        let replaced = try repository.report(parent: nil, message: "replaced")
        let forced = try reached.child.push(
            [
                try refspec(next, "refs/heads/status/atm-1"),
                try refspec(replaced, "refs/heads/latest/atm-1", force: true),
            ], to: reached.remote, from: clone)
        #expect(Set(forced.values) == [.accepted])
        #expect(
            try Git.run("rev-parse", "main", "status/atm-1", "latest/atm-1", in: served)
                == "\(first)\n\(next)\n\(replaced)")
        try Git.run("fsck", "--full", in: served)
        #expect(try Git.run("for-each-ref", "refs/plimsoll", in: clone) == "")
    }

    @Test(arguments: Way.possible)
    func aMissingRepositoryIsSaidToBeMissing(_ way: Way) throws {
        let reached = try reach(way, "none.git")
        let error = #expect(throws: NetworkError.self) { _ = try reached.child.list(reached.remote) }
        #expect(error?.kind == .repositoryNotFound, "\(error?.description ?? "")")
        #expect(error?.remote == reached.remote.description)
    }

    @Test(arguments: [Way.daemon, .http, .ssh])
    func aServerThatIsGoneIsUnreachable(_ way: Way) throws {
        let gone = try LoopbackService(command: nil)
        gone.stop()
        let scheme = ["daemon": "git", "http": "http", "ssh": "ssh"][way.rawValue] ?? ""
        let remote = try RemoteURL("\(scheme)://127.0.0.1:\(gone.port)/fleet.git")
        let error = #expect(throws: NetworkError.self) { _ = try NetworkChild.built.list(remote) }
        #expect(error?.kind == .unreachable, "\(error?.description ?? "")")
    }

    @Test func aStrangersKeyAndAnUnknownServerAreFailuresOfAuthentication() throws {
        var reached = try reach(.ssh)
        let server = try #require(reached.server as? GitServer)
        let stranger = try SSHKeyFiles("stranger", in: folder)
        reached.child.ssh = SSHOptions(key: stranger.path, knownHosts: server.knownHosts)
        let refused = #expect(throws: NetworkError.self) { _ = try reached.child.list(reached.remote) }
        #expect(refused?.kind == .authentication, "\(refused?.description ?? "")")
        try folder.write("", to: "nobody")
        reached.child.ssh = SSHOptions(key: server.clientKey, knownHosts: folder.path("nobody"))
        let unknown = #expect(throws: NetworkError.self) { _ = try reached.child.list(reached.remote) }
        #expect(unknown?.kind == .authentication, "\(unknown?.description ?? "")")
        #expect(
            unknown?.message.contains("is not known: no line of \(folder.path("nobody")) names it") == true)
    }

    @Test func aPasswordThatIsRefusedIsNotShown() throws {
        let answer =
            "HTTP/1.1 401 Unauthorized\\r\\nWWW-Authenticate: Basic realm=x\\r\\n"
            + "Content-Length: 0\\r\\n\\r\\n"
        let server = try LoopbackService(command: [
            "sh", "-c", "while read -r line; do printf '\(answer)'; done",
        ])
        let remote = try RemoteURL("http://node:s3cret@127.0.0.1:\(server.port)/fleet.git")
        let error = #expect(throws: NetworkError.self) { _ = try NetworkChild.built.list(remote) }
        #expect(error?.kind == .authentication, "\(error?.description ?? "")")
        #expect(error?.description.contains("s3cret") == false)
        withExtendedLifetime(server) {}
    }

    @Test(.enabled(if: getuid() == 0, "only root can give a repository away"))
    func aRepositoryOfAnotherOwnerIsRefusedInGitsWords() throws {
        try runSuccessfully(["chown", "-R", "12345", served])
        let reached = try reach(.file)
        let error = #expect(throws: NetworkError.self) { _ = try reached.child.list(reached.remote) }
        #expect(error?.kind == .repositoryNotFound)
        #expect(error?.message.contains("dubious ownership") == true, "\(error?.description ?? "")")
    }

    @Test(.enabled(if: getuid() == 0, "only root can mount"))
    func aFullDiskIsSaidToBeFull() throws {
        let noise = try runSuccessfully(["head", "-c", "3000000", "/dev/urandom"]).output
        try runSuccessfully(["sh", "-c", "cat > noise"], in: work, input: noise)
        try Git.commit("large", in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        try folder.makeFolder("small")
        // A file system of one mebibyte, seen by this shell and what it starts alone.
        let script = """
            mount -t tmpfs -o size=1m none small && git init --quiet --bare small/clone.git || exit 9
            printf 'url file://\(served)\\nfolder small/clone.git\\nparent %s\\nfetch 9000000\\n' $$ > request
            printf 'get refs/heads/main:refs/remotes/fleet/main\\nend\\n' >> request
            \(BuiltProgram.path("plimsoll-agent")) network-worker < request | cat
            """
        let result = try runSuccessfully(
            ["unshare", "-m", "sh", "-c", script], in: folder.path, environment: Git.environment)
        #expect(result.lines.last?.hasPrefix("failed diskFull ") == true, "\(result.text)")
    }

    @Test(arguments: [Way.file, .daemon, .http])
    func aFetchIsGivenUpAtItsLimit(_ way: Way) throws {
        let noise = try runSuccessfully(["head", "-c", "3000000", "/dev/urandom"]).output
        try runSuccessfully(["sh", "-c", "cat > noise"], in: work, input: noise)
        try Git.commit("large", in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        let reached = try reach(way)
        let error = #expect(throws: NetworkError.self) {
            _ = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 100_000)
        }
        #expect(error?.kind == .tooLarge, "\(error?.description ?? "")")
        #expect(try Git.run("for-each-ref", in: clone) == "")
        _ = try CloneMaintenance.removeLeftovers(in: clone)
        #expect(
            try Git.run("count-objects", "-v", in: clone).contains(
                "size-pack: 0\nprune-packable: 0\ngarbage: 0"))
    }

    @Test func aPatternFetchesAllThatItMatches() throws {
        for name in ["a", "b"] {
            try Git.run("push", "--quiet", "origin", "main:refs/heads/latest/\(name)", in: work)
        }
        try Git.run("push", "--quiet", "origin", "main:refs/heads/latest/c/d", in: work)
        let latest = try #require(FetchRefspec(source: "refs/heads/latest/*", destination: "refs/latest/*"))
        let reached = try reach(.file)
        let result = try reached.child.fetch([latest], from: reached.remote, into: clone, byteLimit: 1 << 20)
        #expect(result.updated.map(\.name) == ["refs/latest/a", "refs/latest/b"])
    }

    @Test func aBranchThatWentBackIsFetchedAsItIs() throws {
        try Git.commit("second", in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        let reached = try reach(.file)
        _ = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        try Git.run("push", "--quiet", "--force", "origin", "\(first):main", in: work)
        let result = try reached.child.fetch([main], from: reached.remote, into: clone, byteLimit: 1 << 20)
        #expect(result.updated.map(\.new) == [first])
    }

    @Test func nothingIsLostWhenManyPushAtOnce() async throws {
        let remote = try RemoteURL("file://\(served)")
        let rounds = 5
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in 0..<8 {
                let own = try Git.makeBareRepository("node-\(node).git", in: folder)
                group.addTask {
                    let repository = try GitRepository(open: own)
                    var parent: CommitID?
                    for round in 0..<rounds {
                        let report = try repository.report(parent: parent, message: "\(node) \(round)")
                        let refspec = try refspec(report, "refs/heads/status/node-\(node)")
                        let verdicts = try NetworkChild.built.push([refspec], to: remote, from: own)
                        #expect(Array(verdicts.values) == [.accepted])
                        parent = report
                    }
                }
            }
            try await group.waitForAll()
        }
        for node in 0..<8 {
            #expect(try Git.run("rev-list", "--count", "status/node-\(node)", in: served) == "\(rounds)")
        }
        try Git.run("fsck", "--full", in: served)
    }

    @Test func whatWasAcceptedOnASharedBranchIsThere() async throws {
        let remote = try RemoteURL("file://\(served)")
        let (main, first) = (try main, first)
        let accepted = try await withThrowingTaskGroup(of: [CommitID].self) { group in
            for writer in 0..<6 {
                let own = try Git.makeBareRepository("writer-\(writer).git", in: folder)
                group.addTask {
                    let repository = try GitRepository(open: own)
                    var accepted: [CommitID] = []
                    for round in 0..<6 {
                        let result = try NetworkChild.built.fetch(
                            [main], from: remote, into: own, byteLimit: 1 << 20)
                        let tip = result.listed.first { $0.name == "refs/heads/main" }?.id ?? first
                        let next = try repository.report(parent: tip, message: "\(writer) \(round)")
                        let push = try refspec(next, "refs/heads/main")
                        let verdicts = try NetworkChild.built.push([push], to: remote, from: own)
                        if verdicts["refs/heads/main"] == .accepted { accepted.append(next) }
                    }
                    return accepted
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let there = try Git.run("rev-list", "main", in: served).split(separator: "\n").map(String.init)
        #expect(Set(accepted.map(\.hex)).isSubset(of: there))
        #expect(there.count == accepted.count + 1)
    }
}

func refspec(_ commit: CommitID, _ destination: String, force: Bool = false) throws -> PushRefspec {
    try #require(PushRefspec(commit: commit, destination: destination, force: force))
}

extension TemporaryFolder {
    /// A state folder of which a child of the user `nobody` has the use.
    func confinement() throws -> NetworkConfinement {
        try NetworkConfinement(as: NetworkAccount(named: "nobody"), stateFolder: try makeFolder("state"))
    }
}

extension NetworkChild {
    /// The child of the program that was built beside the tests.
    static var built: NetworkChild {
        var child = NetworkChild()
        child.executable = BuiltProgram.path("plimsoll-agent")
        return child
    }
}

extension GitRepository {
    /// Writes an unsigned commit with a small tree.
    func report(parent: CommitID?, message: String) throws -> CommitID {
        let tree = try writeTree(["report.json": Array(message.utf8)])
        let identity = GitIdentity(name: "node", email: "node@acme", time: 1_793_530_800, offsetMinutes: 0)
        let content = try unsignedCommit(
            tree: tree, parents: parent.map { [$0] } ?? [], author: identity, committer: identity,
            message: message)
        return try writeCommit(content, signature: nil)
    }
}
