import FleetCore
import FleetTesting
import Foundation
import Glibc
import Testing

@testable import FleetRepository

/// Cloning, fetching and pushing through each way that leads to a real server without HTTP.
struct ServerMatrixTests {
    enum Way: String, CaseIterable {
        case key
        /// The server knows an authority, and no key.
        case certificate
        /// The same as a user who may not read the key.
        case certificateAsNobody
        /// The key is in `ssh-agent` alone.
        case agent
        /// Through a second server.
        case jump
        case gitShell
        case gitolite
        case daemon
        case readOnlyDaemon
        case otherFileSystem

        static var possible: [Way] {
            allCases.filter { way in
                switch way {
                case .gitolite: Gitolite.isInstalled
                case .certificateAsNobody: getuid() == 0
                case .otherFileSystem: access("/dev/shm", W_OK) == 0
                default: true
                }
            }
        }
    }

    @Test(arguments: Way.possible)
    func `each operation does what it does with stock git`(_ way: Way) throws {
        let place = try ServedPlace(way)
        let (child, remote) = (place.child, place.remote)
        let main = try #require(
            FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main"))
        func fetch(_ limit: Int) throws -> [ReferenceUpdate] {
            try child.fetch([main], from: remote, into: place.clone, byteLimit: limit).updated
        }
        let first = try place.publish("first")
        #expect(try fetch(1 << 20).map(\.new) == [first])
        #expect(try fetch(1).isEmpty)
        let second = try place.publish("second")
        let update = try #require(try fetch(1 << 20).first)
        #expect(update.old == first && update.new == second)
        try Git.run("fsck", "--full", in: place.clone)

        let repository = try GitRepository(open: place.clone)
        let report = try repository.report(parent: nil, message: "report")
        let own = try #require(
            PushRefspec(commit: report, destination: "refs/heads/status/atm-1", force: false))
        let foreign = try #require(
            PushRefspec(commit: report, destination: "refs/heads/status/atm-2", force: false))
        if way == .readOnlyDaemon {
            let error = #expect(throws: NetworkError.self) {
                try child.push([own], to: remote, from: place.clone)
            }
            #expect(error?.message.contains("not exported") == true, "\(error?.description ?? "")")
            #expect(try Git.run("for-each-ref", "--format=%(refname)", in: place.served) == "refs/heads/main")
            return
        }
        let verdicts = try child.push([own, foreign], to: remote, from: place.clone)
        #expect(verdicts[own.destination] == .accepted)
        guard case .rejected(let words) = verdicts[foreign.destination] else {
            Issue.record("\(verdicts)")
            return
        }
        let expected = way == .gitolite ? "W refs/heads/status/atm-2 fleet atm-1 DENIED" : "not yours"
        #expect(words.contains(expected), "\(words)")
        #expect(
            try Git.run(
                "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/status", in: place.served)
                == "refs/heads/status/atm-1 \(report)")
        guard way == .jump else { return }
        place.jump?.stop()
        #expect(throws: NetworkError.self) { _ = try child.list(remote) }
    }
}

/// A repository behind one of the servers, and how it is reached.
private final class ServedPlace {
    let folder: TemporaryFolder
    let served: String
    let clone: String
    var remote: RemoteURL
    var child = NetworkChild.built
    /// The server on the way to the other one.
    private(set) var jump: GitServer?
    /// What must live as long as the place is asked.
    private var servers: [AnyObject] = []
    private let work: String

    init(_ way: ServerMatrixTests.Way) throws {
        folder = try TemporaryFolder("matrix")
        work = try Git.makeWorkTree("work", in: folder)
        clone = try Git.makeBareRepository("clone.git", in: folder)
        let shelf = try way == .otherFileSystem ? TemporaryFolder("matrix", below: "/dev/shm") : folder
        servers = [shelf]
        if way == .gitolite {
            let key = try SSHKeyFiles("atm-1", in: folder)
            let gitolite = try Gitolite(
                """
                repo fleet
                    R                                      = @all
                    RW+ refs/heads/(status|latest)/USER/?$ = @all

                """, keys: ["atm-1": key.publicLine])
            servers.append(gitolite)
            served = gitolite.path("fleet")
            remote = try RemoteURL(gitolite.server.url("fleet"))
            child.ssh = SSHOptions(key: key.path, knownHosts: gitolite.server.knownHosts)
            return
        }
        served = try Git.makeBareRepository("served/fleet.git", in: shelf)
        try shelf.write(
            "#!/bin/sh\n[ \"$1\" != refs/heads/status/atm-2 ] || { echo 'not yours' >&2; exit 1; }\n",
            to: "served/fleet.git/hooks/update", mode: 0o755)
        remote = try RemoteURL("file://\(served)")
        switch way {
        case .otherFileSystem: break
        case .daemon, .readOnlyDaemon:
            let server = try GitServer(
                way == .daemon ? .daemon : .readOnlyDaemon, root: folder.path("served"))
            servers.append(server)
            remote = try RemoteURL(server.url("fleet.git"))
        default: try reachBySSH(way)
        }
    }

    private func reachBySSH(_ way: ServerMatrixTests.Way) throws {
        let key = try SSHKeyFiles("client", in: folder)
        var settings: [String] = []
        switch way {
        case .certificate, .certificateAsNobody:
            let authority = try SSHKeyFiles("authority", in: folder)
            try runSuccessfully([
                "ssh-keygen", "-q", "-s", authority.path, "-I", "atm-1", "-n", NSUserName(),
                "\(key.path).pub",
            ])
            settings = ["TrustedUserCAKeys \(authority.path).pub", "AuthorizedKeysFile none"]
        case .gitShell: settings = ["ForceCommand git-shell -c \"$SSH_ORIGINAL_COMMAND\""]
        default: break
        }
        let server = try GitServer(.ssh, root: folder.path("served"), sshSettings: settings)
        servers.append(server)
        try server.letIn([key.publicLine])
        remote = try RemoteURL(server.url("fleet.git"))
        child.ssh = SSHOptions(key: key.path, knownHosts: server.knownHosts)
        switch way {
        case .certificateAsNobody: child.confinement = try folder.confinement()
        case .agent:
            // The agent has the key; on the disk is its public half.
            try FileManager.default.moveItem(atPath: key.path, toPath: folder.path("hidden"))
            child.ssh = SSHOptions(key: "\(key.path).pub", knownHosts: server.knownHosts)
            child.executable = try script(
                "exec ssh-agent sh -c 'ssh-add -q \"$0\" < /dev/null && exec \"$@\"' \(folder.path("hidden"))"
            )
        case .jump: try reachByJump(to: server, key)
        default: break
        }
    }

    /// What only the administrator's own configuration of ssh can say, said by a file in its place.
    private func reachByJump(to server: GitServer, _ key: SSHKeyFiles) throws {
        let jump = try GitServer(.ssh, root: folder.path)
        self.jump = jump
        let configuration = try folder.write(
            """
            Host inner.test
                HostName 127.0.0.1
                ProxyJump outer.test
            Host outer.test
                HostName 127.0.0.1
                Port \(jump.port)
                IdentityFile \(jump.clientKey)
                UserKnownHostsFile \(jump.knownHosts)

            """, to: "ssh_config")
        try folder.write(
            "#!/bin/sh\nexec /usr/bin/ssh -F \(configuration) \"$@\"\n", to: "bin/ssh", mode: 0o755)
        child.executable = try script("PATH=\(folder.path("bin")):$PATH; export PATH; exec")
        remote = try RemoteURL(server.url("fleet.git").replacing("127.0.0.1", with: "inner.test"))
    }

    /// A program that does something and becomes the agent.
    private func script(_ start: String) throws -> String {
        try folder.write(
            "#!/bin/sh\n\(start) \(BuiltProgram.path("plimsoll-agent")) \"$@\"\n", to: "agent", mode: 0o755)
    }

    /// Puts the next commit on the served branch.
    func publish(_ message: String) throws -> CommitID {
        let commit = try Git.commit(message, in: work)
        // Not by a push, which the server's hooks would judge.
        try Git.run("fetch", "--quiet", work, "main:main", in: served)
        return try #require(CommitID(commit))
    }
}
