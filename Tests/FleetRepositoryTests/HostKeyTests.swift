import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// How a node knows the servers that it reaches by ssh, and what it says of those that it does not know.
struct HostKeyTests {
    private let folder: TemporaryFolder
    private let server: GitServer
    private let remote: RemoteURL
    private var child = NetworkChild.built

    init() throws {
        folder = try TemporaryFolder("host-keys")
        _ = try Git.makeBareRepository("fleet.git", in: folder)
        server = try GitServer(.ssh, root: folder.path)
        remote = try RemoteURL(server.url("fleet.git"))
        child.ssh = SSHOptions(key: server.clientKey)
    }

    private var name: String { "[127.0.0.1]:\(server.port)" }

    private func fingerprint(_ key: String) throws -> String { try SSHPublicKey(text: key).fingerprint }

    private func refusal(_ child: NetworkChild) throws -> String {
        let error = try #require(#expect(throws: NetworkError.self) { _ = try child.list(remote) })
        #expect(error.kind == .authentication && !error.message.contains("\n"), "\(error)")
        return error.message
    }

    @Test func `what the fleet lists counts beside the node's own file, and nothing else does`() throws {
        var child = child
        let line = "\(name) \(try server.hostKey)\n"
        child.ssh.fleetHosts = .content("# servers\n\(line)")
        #expect(try child.list(remote).isEmpty)
        child.ssh.knownHosts = try folder.write("git.example.com \(try server.hostKey)\n", to: "own")
        #expect(try child.list(remote).isEmpty)
        if getuid() == 0 {
            child.confinement = try folder.confinement()
            #expect(try child.list(remote).isEmpty)
        }
        // An authority vouches for the server's key.
        let authority = try SSHKeyFiles("authority", in: folder)
        try server.certifyHost(by: authority)
        child.ssh.fleetHosts = .content("@cert-authority 127.0.0.*,[127.0.0.1]:* \(authority.publicLine)\n")
        #expect(try child.list(remote).isEmpty)
        child.ssh.fleetHosts = .content(line + "@revoked * \(try server.hostKey)\n")
        #expect(
            try refusal(child).hasPrefix(
                "the host key of \(name) is revoked by a line '@revoked' of \(folder.path("own")) or "
                    + "trust/known_hosts in the fleet repository"))
    }

    @Test func `of a key that has changed both are named, with the line`() throws {
        var child = child
        child.ssh.knownHosts = server.knownHosts
        let old = try fingerprint(try server.hostKey)
        try server.replaceHostKey()
        let new = try fingerprint(try server.hostKey)
        #expect(
            try refusal(child)
                == "the host key of \(name) has changed: expected ED25519 \(old) "
                + "(\(server.knownHosts), line 1), seen ED25519 \(new). Somebody may stand in between: ask "
                + "who runs the server for its fingerprint before that line is replaced")
        let text = try String(contentsOfFile: server.knownHosts, encoding: .utf8)
        child.ssh = SSHOptions(key: server.clientKey)
        child.ssh.fleetHosts = .content("# one\n# two\n\(text)")
        #expect(
            try refusal(child).contains("\(old) (trust/known_hosts in the fleet repository, line 3), seen"))
    }

    @Test func `of a key that is not known the line to add is named`() throws {
        var child = child
        child.ssh.knownHosts = try folder.write("", to: "own")
        let key = try server.hostKey
        let message = try refusal(child)
        #expect(
            message
                == "the host key of \(name) is not known: no line of \(folder.path("own")) names it, seen "
                + "ssh-ed25519 \(try fingerprint(key)). If that is what 'ssh-keygen -lf' says of the key on "
                + "the server, add there: \(name) \(key)")
        guard getuid() == 0 else { return }
        child.confinement = try folder.confinement()
        #expect(try refusal(child) == message)
    }

    @Test(arguments: [
        ("KEY", "1:1: found no key; expected its type and base64 after the names"),
        ("a,,b KEY", "1:1: found 'a,,b'; expected names with one comma between them"),
        (
            "@trusted a KEY",
            "1:1: found '@trusted'; expected '@cert-authority', '@revoked' or the names of a server"
        ),
        (
            "git.example.com:2222 KEY",
            "1:1: found 'git.example.com:2222'; expected '[git.example.com]:2222', as ssh looks for a port "
                + "that is not 22"
        ),
        (
            "[git.example.com] KEY",
            "1:1: found '[git.example.com]'; expected a name and a port such as '[git.example.com]:2222'"
        ),
        ("|1|abc|def KEY", "1:1: found '|1|abc|def'; expected a name as 'ssh-keygen -H' hashes it"),
        ("git.example.com ssh-ed25519 AAAA", "1:17: the key cannot be read: "),
        (
            "a KEY\n@cert-authority b ssh-ed25519-cert-v01@openssh.com AAAA",
            "2:19: found a certificate; expected the key of its authority, marked '@cert-authority'"
        ),
        (
            "# nothing\n\n",
            "1:1: found no key: nodes would know no server; list their keys, or remove the file"
        ),
    ])
    func `a line that ssh would pass over is an error`(_ text: String, _ expected: String) throws {
        let key = text == "KEY" ? "x" : try server.hostKey
        let decoded = KnownHostsFile.decode(Array(text.replacing("KEY", with: key).utf8))
        #expect(decoded.problems.count == 1)
        let problem = try #require(decoded.problems.first?.description)
        #expect(problem.hasPrefix("trust/known_hosts:\(expected)"), "\(problem)")
    }

    @Test func `names are found as ssh finds them`() throws {
        let key = try server.hostKey
        let text = """
            git.example.com,!bad.example.com,*.example.com \(key) comment
            [git.example.net]:2222\t\(key)
            @revoked old.example.org \(key)

            """
        let file = try #require(KnownHostsFile.decode(Array(text.utf8)).flawless)
        #expect(file.names("GIT.example.com", port: nil) && file.names("x.example.com", port: 22))
        #expect(!file.names("bad.example.com", port: nil) && !file.names("old.example.org", port: nil))
        #expect(file.names("git.example.net", port: 2222) && !file.names("git.example.net", port: nil))
        let path = try folder.write(text, to: "hosts")
        try runSuccessfully(["ssh-keygen", "-q", "-H", "-f", path])
        let hashed = try #require(KnownHostsFile.decode(Array(try folder.read("hosts").utf8)).flawless)
        #expect(hashed.names("git.example.net", port: 2222) && !hashed.names("git.example.org", port: nil))
    }
}
