import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// Remotes in order: what one of them lacks, the next one makes up for.
struct SeveralRemotesTests {
    private let fleet: ClaimFleet
    private let old: CommitID
    private let new: CommitID
    /// A mirror that has not heard of the newest commit.
    private let late: String
    /// A mirror with a commit on top that nobody signed.
    private let forged: String

    init() throws {
        fleet = try ClaimFleet(nodes: 1)
        old = try fleet.publish("old")
        late = try fleet.mirror("late.git")
        new = try fleet.publish("new")
        forged = try fleet.mirror("forged.git")
        try fleet.forgeCommit(in: forged)
    }

    private var away: String { fleet.folder.path("nothing.git") }

    private func source(
        _ remotes: String..., deadlines: NetworkDeadlines = NetworkDeadlines()
    ) throws -> GitFleetSource {
        var network = NetworkChild.built
        network.deadlines = deadlines
        let urls = try remotes.map { try RemoteURL($0) }
        return try GitFleetSource(
            FleetSourceSettings(
                node: .of("atm-1"), remote: urls[0], furtherRemotes: Array(urls.dropFirst()), branch: "main",
                introduction: fleet.introduction, cloneFolder: fleet.folder.path("clone.git")),
            network: network)
    }

    /// One cycle's look at the branch; the memory is then as the cycle leaves it.
    private func look(
        _ source: GitFleetSource, _ memory: inout NodeState
    ) async throws -> (answers: Answers, following: Following) {
        let answers = await source.fetch(memory)
        let following = try source.follow(memory)
        (memory.mark, memory.followed, memory.ground) = (following.mark, following.followed, following.ground)
        (memory.introduction, memory.stacks) = (following.introduction, following.stacks)
        memory.settled = following.settled
        return (answers, following)
    }

    @Test func `the first with the branch as it should be is the last that is asked`() async throws {
        var memory = NodeState()
        let (answers, following) = try await look(source(fleet.server, away), &memory)
        #expect(answers == Answers() && following.conditions.isEmpty && memory.mark == new)
        // Nothing new is an answer.
        #expect(try await look(source(fleet.server, away), &memory).answers == Answers())
        // Nor does one that lags and has all that this node knows keep it waiting.
        memory = NodeState()
        #expect(try await look(source(late, fleet.server), &memory).answers == Answers())
        #expect(memory.mark == old)
    }

    @Test func `one that is away, behind or not authentic is made up for, and named`() async throws {
        var memory = NodeState()
        _ = try await look(source(fleet.server), &memory)
        let (answers, following) = try await look(source(away, late, forged, fleet.server), &memory)
        #expect(answers.isAnswered && following.mayAdmit && following.conditions.isEmpty)
        #expect(answers.conditions.map(\.code) == [.remoteAway, .remoteBehind, .untrusted])
        let ends = answers.conditions.map { $0.message.hasSuffix("; another remote answered") }
        #expect(ends == [true, true, true])
        for (condition, remote) in zip(answers.conditions, [away, late, forged]) {
            #expect(condition.message.hasPrefix("remote '\(remote)': "), "\(condition.message)")
        }
        #expect(memory.mark == new)
        // A new node takes nothing of the forged one but what is authentic.
        var fresh = NodeState()
        let first = try await look(source(forged, fleet.server), &fresh)
        #expect(first.answers.conditions.map(\.code) == [.untrusted] && fresh.mark == new)
        #expect(first.following.mayAdmit)
    }

    @Test func `what nobody can parse is in nobody's way`() async throws {
        var memory = NodeState()
        _ = try await look(source(fleet.server), &memory)
        let broken = try fleet.mirror("broken.git")
        let tree = try Git.run("rev-parse", "main^{tree}", in: broken)
        let commit = try Git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", in: broken,
            input: Array("tree \(tree)\nparent \(new)\n\nno author\n".utf8))
        try fleet.folder.write("\(commit)\n", to: "broken.git/refs/heads/main")
        let next = try fleet.publish("next")
        let (answers, following) = try await look(source(broken, fleet.server), &memory)
        #expect(answers.isAnswered && answers.conditions.map(\.code) == [.untrusted])
        #expect(following.mark == next && following.mayAdmit)
    }

    @Test func `one that never answers costs its deadline, and no more`() async throws {
        let silent = try GitServer(.silent, root: "")
        let deadlines = NetworkDeadlines(
            connect: .milliseconds(500), progress: .seconds(60), total: .seconds(60))
        var memory = NodeState()
        let clock = ContinuousClock()
        let start = clock.now
        let url = silent.url("fleet.git")
        let (answers, _) = try await look(source(url, "\(url)2", fleet.server, deadlines: deadlines), &memory)
        #expect(answers.isAnswered && memory.mark == new)
        #expect(answers.conditions.map(\.code) == [.remoteAway, .remoteAway])
        #expect(start.duration(to: clock.now) < .seconds(30))
        silent.stop()
    }

    @Test func `where none has it, all is said and nothing new is admitted`() async throws {
        var memory = NodeState()
        let (answers, following) = try await look(source(forged, away, late), &memory)
        #expect(!answers.isAnswered && answers.conditions.map(\.code) == [.remoteAway])
        // What was authentic at the first one counts for the others.
        #expect(memory.mark == new && !following.mayAdmit)
        #expect(following.conditions.map(\.code) == [.untrusted, .remoteBehind])
        let (silence, kept) = try await look(source(away, "\(away)2"), &memory)
        #expect(!silence.isAnswered && silence.conditions.map(\.code) == [.remoteAway, .remoteAway])
        #expect(memory.mark == new && kept.conditions.map(\.code) == [.remoteBehind])
    }

    @Test func `two authentic histories at two mirrors alarm`() async throws {
        let fork = try fleet.mirror("fork.git")
        var memory = NodeState()
        _ = try await look(source(fleet.server), &memory)
        try Git.run("reset", "--quiet", "--hard", old.hex, in: fleet.work)
        let other = try Git.commit("other", in: fleet.work, signedWith: fleet.folder.path("ada"))
        try Git.run("push", "--quiet", "--force", fork, "main", in: fleet.work)
        let (answers, _) = try await look(source(fork, fleet.server), &memory)
        #expect(answers.isAnswered && memory.mark == new)
        #expect(answers.conditions.map(\.code) == [.untrusted])
        #expect(answers.conditions.first?.message.contains(CommitID(other)?.short ?? "?") == true)
    }

    @Test func `those of the followed commit come after the node's own`() async throws {
        let server = try GitServer(.daemon, root: fleet.folder.path)
        var memory = NodeState()
        _ = try await look(source(fleet.server), &memory)
        let url = server.url("server.git")
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\nremotes: [\(url)]\n",
            to: "work/fleet.yaml")
        let named = try fleet.publish("Name a mirror")
        // Nobody has told this node yet.
        #expect(try await look(source(away), &memory).answers.isAnswered == false)
        _ = try await look(source(fleet.server), &memory)
        #expect(memory.followed == named)
        let next = try fleet.publish("next")
        let (answers, following) = try await look(source(away), &memory)
        #expect(answers.isAnswered && answers.conditions.map(\.code) == [.remoteAway])
        #expect(following.mark == next)
        // Another spelling of one's own is no second one.
        let own = try source("\(url)/")
        #expect(own.remotes(listedBy: memory.followed).count == 1)
        server.stop()
    }

    @Test func `a report goes to the first remote that takes it, with the whole chain`() async throws {
        let mirror = try fleet.mirror("mirror.git")
        try fleet.folder.write(
            "#!/bin/sh\necho 'a mirror takes nothing' >&2\nexit 1\n", to: "mirror.git/hooks/pre-receive",
            mode: 0o755)
        let other = try fleet.mirror("other.git")
        let agent = try await fleet.agent("atm-1", by: [mirror, fleet.server, other])
        let (first, second) = (try agent.write(.converged), try agent.write(.waiting))
        func tip(_ repository: String) throws -> String {
            try Git.run("for-each-ref", "--format=%(objectname)", "refs/heads/status", in: repository)
        }
        #expect(await agent.sink.push(first) == .pushed)
        #expect(try tip(fleet.server) == first.hex && tip(mirror) == "" && tip(other) == "")
        // The one that took it is gone: the next one gets all of it.
        try FileManager.default.moveItem(atPath: fleet.server, toPath: away)
        #expect(await agent.sink.push(second) == .pushed)
        #expect(try tip(other) == second.hex)
        try FileManager.default.moveItem(atPath: away, toPath: fleet.server)
        let third = try agent.write(.converged)
        #expect(await agent.sink.push(third) == .pushed)
        #expect(try tip(fleet.server) == third.hex)
        // A clone made anew looks for the newest of what they have.
        #expect(try await agent.sink.remoteChain()?.tip == third)
        let alone = try await fleet.agent("atm-1", by: [mirror])
        guard case .refused(let words) = await alone.sink.push(try alone.write(.converged)) else {
            Issue.record("taken")
            return
        }
        #expect(words.contains("a mirror takes nothing"), "\(words)")
    }

    @Test func `the next key is taken once no server shuts it out that lets the old one in`() async throws {
        let servers = try (0..<2).map { _ in try GitServer(.ssh, root: fleet.folder.path) }
        let path = try fleet.folder.write("", to: "own")
        let keys = try (0..<2).map { _ in try SSHPrivateKey.generateEd25519(comment: "") }
        for (key, name) in zip(keys, ["own", "own.next"]) {
            try fleet.folder.write(key.file, to: name, mode: 0o600)
        }
        let (old, new) = (keys[0].key.publicKey.description, keys[1].key.publicKey.description)
        for server in servers { try server.letIn([old, new]) }
        let hosts = try servers.map { try String(contentsOfFile: $0.knownHosts, encoding: .utf8) }.joined()
        let ssh = SSHOptions(key: path, knownHosts: try fleet.folder.write(hosts, to: "hosts"))
        let urls = servers.map { $0.url("server.git") } + [servers[0].url("nothing.git")]
        let agent = try await fleet.agent("atm-1", by: urls, ssh: ssh)
        let sink = GitStatusSink(source: agent.source, keys: NodeKeyring(keys[0].key, at: path))
        #expect(try sink.isNext(new))
        #expect(try !sink.isNext(old))
        // The second server alone lags.
        try servers[1].letIn([old])
        let obstacle = #expect(throws: StatusError.self) { _ = try sink.isNext(new) }
        #expect(obstacle?.message.contains(":\(servers[1].port)") == true, "\(obstacle?.message ?? "")")
        // It has never known this node, or is not there: nothing is lost by the new key.
        try servers[1].letIn([])
        #expect(try sink.isNext(new))
        servers[1].stop()
        #expect(try sink.isNext(new))
        servers[0].stop()
        #expect(throws: StatusError.self) { _ = try sink.isNext(new) }
    }

    @Test(arguments: [
        ("ssh://git@Git.Example.com:22/acme//fleet.git/", "git@git.example.com:/acme/fleet.git"),
        ("https://node:secret@example.com:443/a%2Fb", "https://example.com/a/b"),
        ("http://example.com:80/x", "http://EXAMPLE.com/x/."), ("git://[::1]:9418/x", "git://[::1]/x"),
        ("file://localhost/srv/x", "/srv/x/"), ("host:x", "host:~/x"),
    ])
    func `two spellings of a place are one`(_ one: String, _ other: String) throws {
        #expect(try RemoteURL(one).place == RemoteURL(other).place)
    }

    @Test(arguments: [
        ("ssh://git@h/x", "ssh://ada@h/x"), ("ssh://h/x", "ssh://h:2222/x"), ("host:x", "host:/x"),
        ("https://h/x", "http://h/x"), ("https://h/x", "https://h/X"), ("git://h/x", "git://h/x.git"),
    ])
    func `two places are two`(_ one: String, _ other: String) throws {
        #expect(try RemoteURL(one).place != RemoteURL(other).place)
    }

    private static let shared =
        "expected a URL (https, ssh, git) without user and password, or with ssh its user"

    @Test(arguments: [
        ("[/srv/x]", "5:11: '/srv/x': a path says something else on each node; \(shared)"),
        (
            "[ssh://h/x, 'ftp://h/x']",
            "5:22: not a scheme that is known: use https, ssh, git, file or a path; \(shared)"
        ),
        (
            "['https://me:secret@h/x']",
            "5:11: 'https://h/x': everybody who reads the repository would know the secret; \(shared)"
        ),
        ("[ssh://h/x, 'ssh://H:22/x/']", "5:22: 'ssh://H:22/x/' is named before; each remote is named once"),
        ("ssh://h/x", "5:10: found 'ssh://h/x'; expected a list of remotes, each \(shared.dropFirst(9))"),
    ])
    func `what no fleet may say of remotes is an error`(_ list: String, _ problem: String) {
        let text = "apiVersion: plimsoll/v1\nfleet: a\nagent: '0.1'\n\nremotes: \(list)\n"
        let decoded = FleetFile.decode(Array(text.utf8))
        #expect(decoded.problems.map(\.description) == ["fleet.yaml:\(problem)"])
    }

    @Test func `a node's own list may have paths, each once`() throws {
        func parse(_ list: String) throws(ProblemList) -> [String] {
            let text =
                "apiVersion: plimsoll/v1\nremote: /srv/x\nremotes: \(list)\nintroduction: '"
                + String(repeating: "0", count: 40) + "'\n"
            return try AgentConfiguration(parsing: Array(text.utf8), file: "agent.yaml").furtherRemotes
        }
        #expect(try parse("[/media/stick/fleet.git, 'https://node:token@h/x']").count == 2)
        let twice = #expect(throws: ProblemList.self) { _ = try parse("[file:///srv/x/]") }
        #expect(twice?.description == "agent.yaml:3:11: '/srv/x/' is named before; each remote is named once")
        let nine = (1...9).map { "/srv/\($0)" }.joined(separator: ", ")
        let many = #expect(throws: ProblemList.self) { _ = try parse("[\(nine)]") }
        #expect(many?.description == "agent.yaml:3:10: 9 remotes; expected at most 8")
    }
}

extension ClaimFleet {
    /// Copies the server's repository.
    fileprivate func mirror(_ name: String) throws -> String {
        try Git.run("clone", "--quiet", "--mirror", server, name, in: folder.path)
        return folder.path(name)
    }

    /// Puts a commit on a repository's branch that nobody has signed.
    fileprivate func forgeCommit(in repository: String) throws {
        let commit = try Git.run("commit-tree", "-p", "main", "-m", "Forged", "main^{tree}", in: repository)
        try Git.run("update-ref", "refs/heads/main", commit, in: repository)
    }
}
