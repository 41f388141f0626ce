import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// What an HTTP server can do instead of what it is asked, and how that is told.
@Suite struct HTTPFailureTests {
    /// A place on a server, how one comes there, and what is said of it.
    struct Case: CustomTestStringConvertible {
        let name: String
        let place: GitHTTPServer.Place
        var scheme = GitHTTPServer.Scheme.tls
        var repository = "fleet.git"
        var change: @Sendable (inout HTTPEntry, HTTPFleet) throws -> Void = { _, _ in }
        let kind: NetworkError.Kind
        let words: [String]

        var testDescription: String { name }
    }

    static let answers = [
        Case(name: "nobody", place: .basic, kind: .authentication, words: ["asks who we are (401)"]),
        Case(
            name: "wrong password", place: .basic,
            change: { entry, fleet in
                entry.user = "node"
                entry.password = .file(try fleet.secret("wr0ng-one", "wrong"))
            }, kind: .authentication, words: ["refuses this user and password, or this token (401)"]),
        Case(
            name: "wrong token", place: .bearer,
            change: { entry, fleet in entry.token = .file(try fleet.secret("wr0ng-one", "wrong")) },
            kind: .authentication, words: ["refuses this user and password, or this token (401)"]),
        Case(name: "forbidden", place: .forbidden, kind: .authentication, words: ["(403)"]),
        Case(
            name: "missing", place: .open, repository: "none.git", kind: .repositoryNotFound,
            words: ["no such repository"]),
        Case(
            name: "captive portal", place: .portal, kind: .unreachable,
            words: [
                "answered with text/html, not with Git's protocol: perhaps a captive portal or a login page",
                "'Welcome to the hotel'",
            ]),
        Case(name: "login page", place: .login, kind: .unreachable, words: ["sends us to another page"]),
        Case(
            name: "other type", place: .files, kind: .protocolViolation,
            words: ["answered with application/octet-stream, not with Git's protocol"]),
        Case(
            name: "busy", place: .busy, kind: .busy,
            words: ["cannot serve now (503), and wants to be asked again after 7 seconds"]),
        Case(name: "too many requests", place: .limited, kind: .busy, words: ["(429)"]),
        Case(
            name: "without TLS", place: .downgrade, kind: .protocolViolation,
            words: ["sends us to http://127.0.0.1:", "which is not encrypted"]),
    ]

    static let identities = [
        Case(
            name: "unknown authority", place: .open, change: { entry, _ in entry.authorities = nil },
            kind: .authentication,
            words: [
                "an authority of /etc/ssl/certs/ca-certificates.crt", "seen: ",
                "issuer: CN=Fleet Test Authority", "public key hash: sha256//",
            ]),
        Case(
            name: "another authority", place: .open,
            change: { entry, fleet in
                entry.authorities = try fleet.folder.write(
                    TestAuthority("Another").certificate, to: "another.pem")
            }, kind: .authentication, words: ["an authority of /", "another.pem", "subject: CN=server"]),
        Case(
            name: "changed key", place: .open,
            change: { entry, _ in entry.pins = ["sha256//\(String(repeating: "B", count: 43))="] },
            kind: .authentication,
            words: [
                "another key than the one that is pinned; expected: sha256//BBBB", "seen: subject: CN=server",
            ]),
        Case(
            name: "no client certificate", place: .open, scheme: .clientCertificate, kind: .protocolViolation,
            words: ["'400 No required SSL certificate was sent'"]),
        Case(
            name: "open key", place: .open,
            change: { entry, fleet in
                entry.certificate = fleet.authority.path("server.pem")
                entry.key = try fleet.folder.write("key", to: "open.key", mode: 0o640)
            }, kind: .other, words: ["its mode is 0640; a secret's file must be 0600 or 0400"]),
        Case(
            name: "no certificate", place: .open,
            change: { entry, fleet in entry.authorities = try fleet.secret("nothing", "empty.pem") },
            kind: .other, words: ["empty.pem", "it has no certificate in PEM"]),
        Case(
            name: "silent helper", place: .basic,
            change: { entry, _ in entry.password = .helper(["/bin/true"]) },
            kind: .other, words: ["'/bin/true': it has no password for https://localhost"]),
        Case(
            name: "failing helper", place: .basic,
            change: { entry, _ in entry.password = .helper(["/bin/false"]) }, kind: .other,
            words: ["'/bin/false': it ended with 1"]),
        Case(
            name: "no credential", place: .basic,
            change: { entry, _ in
                entry.user = "node"
                entry.password = .credential("git-password")
            }, kind: .other, words: ["the unit needs 'LoadCredential=git-password:PATH'"]),
    ]

    @Test func `each answer that is not Git's is told in plain words`() throws {
        try check(Self.answers)
    }

    @Test func `who is not believed, or cannot be shown who we are, is told in plain words`() throws {
        try check(Self.identities)
    }

    /// One server is enough for all.
    private func check(_ cases: [Case]) throws {
        let fleet = try HTTPFleet()
        for one in cases {
            var child = HTTPFleet.child
            child.http = try fleet.settings(one.scheme) { try one.change(&$0, fleet) }
            let variables = ["GIT_SSL_CAINFO", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]
            try fleet.useEnvironment(variables.flatMap { ["-u", $0] }, &child)
            let remote = try RemoteURL(fleet.server.url(one.repository, one.scheme, at: one.place))
            let error = #expect(throws: NetworkError.self, "\(one.name)") { try child.list(remote) }
            #expect(error?.kind == one.kind, "\(one.name): \(error?.description ?? "")")
            for words in one.words {
                #expect(error?.message.contains(words) == true, "\(one.name): \(error?.description ?? "")")
            }
            #expect(error?.message.contains("wr0ng-one") == false)
        }
    }

    @Test func `a proxy that wants a password says so`() throws {
        let fleet = try HTTPFleet(proxyDemandsPassword: true)
        for scheme in [GitHTTPServer.Scheme.plain, .tls] {
            var child = HTTPFleet.child
            child.http = try fleet.settings(scheme) { $0.proxy = fleet.proxy?.url }
            let remote = try RemoteURL(fleet.server.url("fleet.git", scheme))
            let error = #expect(throws: NetworkError.self) { try child.list(remote) }
            #expect(error?.kind == .authentication, "\(error?.description ?? "")")
            #expect(
                error?.message.contains("the proxy refuses our user and password, or has none (407)") == true)
        }
    }

    @Test func `none goes around the proxy of the environment`() throws {
        let fleet = try HTTPFleet()
        var child = HTTPFleet.child
        child.http = try fleet.settings()
        try fleet.useEnvironment(["https_proxy=http://127.0.0.1:1"], &child)
        let remote = try RemoteURL(fleet.server.url("fleet.git", .tls))
        let error = #expect(throws: NetworkError.self) { try child.list(remote) }
        #expect(error?.kind == .unreachable)
        child.http = try fleet.settings { $0.proxy = "none" }
        #expect(try child.list(remote).map(\.name) == ["HEAD", "refs/heads/main"])
    }

    @Test func `a machine without libcurl is told what to install`() throws {
        let fleet = try HTTPFleet()
        var child = HTTPFleet.child
        try fleet.folder.write("", to: "libcurl.so.4")
        try fleet.useEnvironment(["LD_LIBRARY_PATH=\(fleet.folder.path)"], &child)
        let remote = try RemoteURL(fleet.server.url("fleet.git"))
        let error = #expect(throws: NetworkError.self) { try child.list(remote) }
        #expect(error?.kind == .other)
        #expect(error?.message.contains("Debian's package libcurl4") == true, "\(error?.description ?? "")")
    }

    @Test func `a name that nobody has is said to have no address`() throws {
        // Longer than a label may be, so that no resolver is asked.
        let remote = try RemoteURL("http://\(String(repeating: "a", count: 64))/fleet.git")
        let error = #expect(throws: NetworkError.self) { try HTTPFleet.child.list(remote) }
        #expect(error?.kind == .unreachable)
        #expect(error?.message.contains("cannot be resolved") == true, "\(error?.description ?? "")")
    }

    /// A relay that lets so many bytes of the answers through and then breaks the connection.
    @Test(arguments: [400, 2_000, 100_000])
    func `a pack that is cut leaves nothing, and comes whole with the next try`(_ bytes: Int) throws {
        let fleet = try HTTPFleet()
        let noise = try runSuccessfully(["head", "-c", "300000", "/dev/urandom"]).output
        try runSuccessfully(["sh", "-c", "cat > noise"], in: fleet.work, input: noise)
        _ = try fleet.commit("large")
        let relay = try LoopbackService(command: [
            "bash", "-c",
            "exec 3<>/dev/tcp/127.0.0.1/\(fleet.server.port); cat <&0 >&3 & stdbuf -o0 head -c \(bytes) <&3; kill $!",
        ])
        let clone = try Git.makeBareRepository("clone.git", in: fleet.folder)
        let main = try #require(FetchRefspec(source: "refs/heads/main", destination: "refs/fleet/main"))
        let cut = try RemoteURL("http://127.0.0.1:\(relay.port)/open/fleet.git")
        let error = #expect(throws: NetworkError.self) {
            try HTTPFleet.child.fetch([main], from: cut, into: clone, byteLimit: 1 << 20)
        }
        #expect(error?.kind == .unreachable, "\(error?.description ?? "")")
        #expect(try Git.run("for-each-ref", in: clone) == "")
        let whole = try RemoteURL(fleet.server.url("fleet.git"))
        let result = try HTTPFleet.child.fetch([main], from: whole, into: clone, byteLimit: 1 << 20)
        #expect(result.updated.count == 1)
        try Git.run("fsck", "--full", in: clone)
        withExtendedLifetime(relay) {}
    }

    @Test func `a push of some mebibytes goes out while it is made, and one that is too large is told`()
        throws
    {
        let fleet = try HTTPFleet()
        let clone = try Git.makeBareRepository("clone.git", in: fleet.folder)
        let repository = try GitRepository(open: clone)
        let noise = try runSuccessfully(["sh", "-c", "head -c 3000000 /dev/urandom | base64 -w0"]).text
        let report = try repository.report(parent: nil, message: noise)
        var child = HTTPFleet.child
        child.http = try fleet.settings()
        let verdicts = try child.push(
            [try refspec(report, "refs/heads/status/large")],
            to: try RemoteURL(fleet.server.url("fleet.git", .tls)), from: clone)
        #expect(Array(verdicts.values) == [.accepted])
        try Git.run("fsck", "--full", in: fleet.served)
        let sent = fleet.server.requests.compactMap { Int($0.split(separator: " ")[4]) }.max() ?? 0
        #expect(sent > 2_900_000, "\(fleet.server.requests)")
        let other = try repository.report(parent: nil, message: "other " + noise.dropFirst(1_000_000))
        let error = #expect(throws: NetworkError.self) {
            try child.push(
                [try refspec(other, "refs/heads/status/other")],
                to: try RemoteURL(fleet.server.url("fleet.git", .tls, at: .small)), from: clone)
        }
        #expect(error?.kind == .tooLarge, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        // A head without end, and a listing without end.
        ("yes 'X-Filler: 0123456789012345678901234567890123456789'", "bytes of headers"),
        (
            "printf 'Content-Type: application/x-git-upload-pack-advertisement\\r\\n\\r\\n'; "
                + "printf '001e# service=git-upload-pack\\n0000'; "
                + "yes '003f0123456789abcdef0123456789abcdef01234567 refs/heads/branch'",
            "an answer of more than"
        ),
    ])
    func `an answer without end is not listened to for ever`(_ script: String, _ words: String) throws {
        let server = try LoopbackService(command: [
            "bash", "-c", "read -r line; printf 'HTTP/1.1 200 OK\\r\\n'; \(script)",
        ])
        let remote = try RemoteURL("http://127.0.0.1:\(server.port)/fleet.git")
        let error = #expect(throws: NetworkError.self) { try HTTPFleet.child.list(remote) }
        #expect(error?.kind == .tooLarge, "\(error?.description ?? "")")
        #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
        withExtendedLifetime(server) {}
    }

    @Test func `a helper that hangs ends with the child`() throws {
        let folder = try TemporaryFolder()
        let helper = try folder.write(
            "#!/bin/sh\necho $$ > \(folder.path("process"))\nexec sleep 1000\n", to: "helper", mode: 0o755)
        var child = HTTPFleet.child
        var entry = HTTPEntry(url: try #require(HTTPAddress.parse("http://127.0.0.1")?.address))
        entry.password = .helper([helper])
        child.http = HTTPSettings(entries: [entry])
        child.deadlines.connect = .seconds(3)
        let error = #expect(throws: NetworkError.self) {
            try child.list(try RemoteURL("http://127.0.0.1/fleet.git"))
        }
        #expect(error?.kind == .connectTimeout, "\(error?.description ?? "")")
        let process = try folder.read("process").trimmingCharacters(in: .whitespacesAndNewlines)
        let gone = try run([
            "timeout", "5", "sh", "-c",
            "while [ -e /proc/$0 ] && ! grep -q '^State:.Z' /proc/$0/status; do sleep 0.01; done", process,
        ])
        #expect(gone.exitCode == 0)
    }

    @Test func `what is for one server is not sent to another`() throws {
        let folder = try TemporaryFolder()
        let seen = folder.path("seen")
        let stranger = try LoopbackService(command: [
            "bash", "-c",
            "while read -r line; do echo \"$line\" >> \(seen); [ ${#line} -le 1 ] && break; done; "
                + "printf 'HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n'",
        ])
        let target = "http://127.0.0.1:\(stranger.port)/x/info/refs?service=git-upload-pack"
        let sender = try LoopbackService(command: [
            "bash", "-c",
            "while read -r line; do echo \"$line\" >> \(seen)-first; [ ${#line} -le 1 ] && break; done; "
                + "printf 'HTTP/1.1 302 Found\\r\\nLocation: \(target)\\r\\nContent-Length: 0\\r\\n\\r\\n'",
        ])
        let remote = try RemoteURL("http://node:s3cret@127.0.0.1:\(sender.port)/x")
        let error = #expect(throws: NetworkError.self) { try HTTPFleet.child.list(remote) }
        #expect(error?.kind == .repositoryNotFound, "\(error?.description ?? "")")
        #expect(try folder.read("seen-first").contains("Authorization: Basic"))
        #expect(try !folder.read("seen").contains("Authorization"))
        withExtendedLifetime((stranger, sender)) {}
    }
}
