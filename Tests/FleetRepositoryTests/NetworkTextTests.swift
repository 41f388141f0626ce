import FleetCore
import Testing

@testable import FleetRepository

/// What is parsed on both sides of the network child, and what is made of URLs.
@Suite struct NetworkTextTests {
    static let first = String(repeating: "1", count: 40)

    @Test(arguments: [
        ("/srv/git/fleet.git", "/srv/git/fleet.git"),
        ("/srv/a b%", "/srv/a b%"),
        ("file:///srv/a%20b", "/srv/a b"),
        ("file://localhost/srv/x", "/srv/x"),
        ("ssh://git@example.com/acme/fleet.git", "ssh://example.com/acme/fleet.git"),
        ("ssh://git:secret@example.com:2222/~me/fleet.git", "ssh://example.com:2222/~me/fleet.git"),
        ("ssh://git@[::1]:22/x", "ssh://::1:22/x"),
        ("git@example.com:acme/fleet.git", "ssh://example.com/acme/fleet.git"),
        ("https://token@example.com/fleet.git", "https://example.com/fleet.git"),
        ("https://me:p%40ss@example.com/fleet.git?key=1", "https://example.com/fleet.git"),
        ("https://example.com?a@b/fleet.git", "https://example.com"),
        ("git://example.com/fleet.git", "git://example.com/fleet.git"),
    ])
    func aRemoteIsShownWithoutSecrets(_ text: String, _ shown: String) throws {
        #expect(try RemoteURL(text).description == shown)
    }

    @Test(arguments: [
        "", "fleet.git", "../fleet.git", "ftp://example.com/x", "ext::sh -c id", "file://host/x",

        "ssh://-oProxyCommand=id/x", "ssh://-x@host/x", "ssh://host:0/x", "ssh://host:99999/x", "ssh://host",
        "ssh:///x",
        "https://", "https:///x", "http://host:0/x", "http://a\\b/x", "http://-host/x",
        "-host:path", "host:-path", "git@host:", "https://host/\u{1}", "/srv/\u{0}x", "ssh://host/%zz",
        "ssh://host/%00",
    ])
    func whatIsNoRemoteIsRefused(_ text: String) {
        let error = #expect(throws: NetworkError.self) { try RemoteURL(text) }
        #expect(error?.kind == .invalid)
    }

    @Test func secretsAreTakenOutOfMessages() throws {
        let remote = try RemoteURL("https://node:s3cret@example.com/fleet.git")
        #expect(
            remote.redacted("could not reach https://node:s3cret@example.com/: s3cret is wrong")
                == "could not reach https://example.com/: ... is wrong")
    }

    @Test func sshIsAskedAsGitAsksIt() throws {
        let remote = try RemoteURL("ssh://git@example.com:2222/srv/it's.git")
        let options = SSHOptions(key: "/keys/100%", knownHosts: "/etc/known hosts")
        let command = try ServerCommand(.receivePack, at: remote, ssh: options)
        #expect(
            command.arguments == [
                "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=60", "-o", "ForwardAgent=no", "-o",
                "IdentityFile=\"/keys/100%%\"",
                "-o", "IdentitiesOnly=yes", "-o", "UserKnownHostsFile=\"/etc/known hosts\"",
                "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-p", "2222",
                "git@example.com", "git-receive-pack '/srv/it'\\''s.git'",
            ])
        let short = try ServerCommand(.uploadPack, at: RemoteURL("host:~/x"), ssh: SSHOptions())
        var patient = SSHOptions()
        patient.connectSeconds = 181
        let slow = try ServerCommand(.uploadPack, at: RemoteURL("host:~/x"), ssh: patient)
        #expect(slow.arguments.contains("ConnectTimeout=181"))
        #expect(short.arguments.suffix(2) == ["host", "git-upload-pack '~/x'"])
        #expect(!short.environment.contains { $0.hasPrefix("GIT_PROTOCOL=") || $0.hasPrefix("GIT_DIR=") })
    }

    @Test(arguments: [
        ("refs/heads/main", "refs/remotes/fleet/main", "refs/heads/main", "refs/remotes/fleet/main"),
        ("refs/heads/main", "refs/remotes/fleet/main", "refs/heads/main2", nil),
        ("refs/heads/latest/*", "refs/latest/*", "refs/heads/latest/atm-1", "refs/latest/atm-1"),
        ("refs/heads/latest/*", "refs/latest/*", "refs/heads/latest/a/b", nil),
        ("refs/heads/latest/*", "refs/latest/*", "refs/heads/latest/", nil),
        ("refs/heads/latest/*", "refs/latest/*", "refs/heads/status/a", nil),
    ])
    func aRefspecSaysWhereAReferenceIsKept(
        _ source: String, _ destination: String, _ name: String, _ kept: String?
    ) throws {
        let refspec = try #require(FetchRefspec(source: source, destination: destination))
        #expect(refspec.destination(for: name) == kept)
    }

    @Test func aReferenceFindsAllItsRefspecs() throws {
        let texts = [
            ("refs/heads/a", "refs/x/a"), ("refs/heads/*", "refs/y/*"), ("refs/heads/b", "refs/x/b"),
            ("refs/heads/a", "refs/z/a"),
        ]
        let refspecs = try texts.map { try #require(FetchRefspec(source: $0, destination: $1)) }
        let wanted = FetchRefspecs(refspecs)
        #expect(wanted.destinations(for: "refs/heads/a").map(\.index) == [0, 1, 3])
        #expect(wanted.destinations(for: "refs/heads/a").map(\.name) == ["refs/x/a", "refs/y/a", "refs/z/a"])
        #expect(wanted.destinations(for: "refs/heads/c").map(\.name) == ["refs/y/c"])
        #expect(wanted.destinations(for: "refs/tags/a").isEmpty)
    }

    @Test func aRequestHoldsTenThousandCanaries() throws {
        let refspecs = try (0..<10_000).map { number in
            let name = "a-node-with-a-name-that-is-not-short-\(number)"
            return try #require(
                FetchRefspec(source: "refs/heads/latest/\(name)", destination: "refs/remotes/peers/\(name)"))
        }
        let request = NetworkRequest(
            operation: .fetch(refspecs, byteLimit: 1), url: "file:///srv/it.git", folder: "/clone",
            ssh: SSHOptions(), parent: 1)
        #expect(request.text.utf8.count < NetworkRequest.bytesLimit)
        #expect(NetworkRequest(request.text) == request)
    }

    @Test(arguments: [
        ("main", "refs/a"), ("refs/a", "refs/*"), ("refs/*/*", "refs/*/*"), ("refs/a b", "refs/a"),
        ("refs/a", "refs/../a"),
        ("refs/a:b", "refs/a"), ("refs/a", "refs//a"), ("refs/a", "refs/a.lock"), ("+refs/a", "refs/a"),
    ])
    func whatIsNoRefspecIsRefused(_ source: String, _ destination: String) {
        #expect(FetchRefspec(source: source, destination: destination) == nil)
    }

    static let id = CommitID(first)

    static var messages: [NetworkMessage] {
        guard let id else { return [] }
        return [
            .connected, .done, .progress(0), .progress(1 << 40),
            .listed(GitReference(name: "refs/heads/ü %\n", id: id)),
            .updated(ReferenceUpdate(name: "refs/a", old: nil, new: id)),
            .updated(ReferenceUpdate(name: "refs/a", old: id, new: id)),
            .verdict(name: "refs/a", .accepted), .verdict(name: "refs/a", .notFastForward),
            .verdict(name: "refs/a", .rejected("")),
            .verdict(name: "refs/a", .rejected("pre-receive hook\ndeclined")),
            .failed(.unreachable, "no route to host"), .failed(.diskFull, ""),
        ]
    }

    @Test(arguments: messages)
    func aMessageIsReadAsItWasWritten(_ message: NetworkMessage) {
        #expect(NetworkMessage(message.line) == message)
        #expect(!message.line.contains("\n"))
    }

    @Test(arguments: [
        "", " ", "connected ", "done done", "progress", "progress -1", "progress 1e3", "listed 1 refs/a",
        "listed \(first)",
        "updated x \(first) a", "accepted", "rejected a", "failed none x", "failed other %",
        "failed other %g0",
        "listed \(first) %ff", "accepted %f",
    ])
    func whatIsNoMessageIsRefused(_ line: String) {
        #expect(NetworkMessage(line) == nil)
    }

    @Test func aLongReasonIsCutToALine() {
        let message = NetworkMessage.failed(.other, String(repeating: "é\n", count: 100_000))
        #expect(message.line.utf8.count < NetworkMessage.bytesLimit)
        #expect(NetworkMessage(message.line) != nil)
    }

    @Test func aRequestIsReadAsItWasWritten() throws {
        let id = try #require(Self.id)
        let get = try #require(FetchRefspec(source: "refs/heads/*", destination: "refs/kept/*"))
        let put = try #require(PushRefspec(commit: id, destination: "refs/heads/a", force: false))
        let forced = try #require(PushRefspec(commit: id, destination: "refs/heads/b", force: true))
        let operations: [NetworkRequest.Operation] = [
            .list, .fetch([get], byteLimit: 10), .push([put, forced]),
        ]
        var ssh = SSHOptions(key: "/k k", knownHosts: "/h")
        ssh.fleetHosts = .content("a b c\n")
        for operation in operations {
            let request = NetworkRequest(
                operation: operation, url: "https://a:b@c/d e\n", folder: "/a b",
                ssh: ssh, parent: 7, isDurable: operation != .list)
            #expect(NetworkRequest(request.text) == request)
            #expect(NetworkRequest(String(request.text.dropLast(4))) == nil)
            #expect(NetworkRequest("list \n" + request.text) == nil || operation == .list)
        }
    }
}
