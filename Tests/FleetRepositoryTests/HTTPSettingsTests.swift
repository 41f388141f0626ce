import FleetCore
import FleetTesting
import Glibc
import Testing

@testable import FleetRepository

/// What `http` of `agent.yaml` says, which part of it counts for a URL, and where secrets may stand.
@Suite struct HTTPSettingsTests {
    private static let head = """
        apiVersion: plimsoll/v1
        remote: https://git.example.com/acme/fleet.git
        introduction: 0123456789abcdef0123456789abcdef01234567
        http:

        """
    private static let pin = "sha256//\(String(repeating: "A", count: 43))="

    private func settings(_ text: String) throws -> HTTPSettings {
        try AgentConfiguration(parsing: Array((Self.head + text).utf8), file: "agent.yaml").http
    }

    @Test func `every key is read, and the child reads it again`() throws {
        let settings = try settings(
            """
              - url: https://git.example.com/acme
                caFile: /etc/plimsoll/ca.pem
                clientCertificate: /etc/plimsoll/client.pem
                clientKey: /etc/plimsoll/client.key
                pinnedKeys: ["\(Self.pin)"]
                proxy: http://proxy.example.com:3128
                proxyUser: atm
                proxyPassword: {file: /etc/plimsoll/proxy}
                user: node 1
                password: {credential: git-password}
              - url: https://git.example.com
                proxy: none
                token: {helper: [/usr/bin/helper, a b, "%"]}
            """)
        let first = try #require(settings.entries.first)
        #expect(first.url.text == "https://git.example.com/acme")
        #expect(first.authorities == "/etc/plimsoll/ca.pem")
        #expect(first.certificate == "/etc/plimsoll/client.pem")
        #expect(first.key == "/etc/plimsoll/client.key")
        #expect(first.pins == [Self.pin])
        #expect(first.proxy == "http://proxy.example.com:3128")
        #expect(first.proxyUser == "atm")
        #expect(first.proxyPassword == .file("/etc/plimsoll/proxy"))
        #expect(first.user == "node 1")
        #expect(first.password == .credential("git-password"))
        #expect(settings.entries.last?.proxy == "none")
        #expect(settings.entries.last?.token == .helper(["/usr/bin/helper", "a b", "%"]))
        for entry in settings.entries { #expect(HTTPEntry(text: entry.text) == entry) }
        #expect(HTTPEntry(text: first.text + "word x\n") == nil)
        let request = NetworkRequest(
            operation: .list, url: "https://git.example.com/acme/fleet.git", folder: "", ssh: SSHOptions(),
            http: settings, parent: 1)
        #expect(NetworkRequest(request.text) == request)
    }

    @Test(arguments: [
        ("- {url: ftp://x}", "5:11", "expected an http or https URL"),
        ("- {url: https://me:pass@x}", "5:11", "expected an http or https URL"),
        ("- {url: https://x, caFile: ca.pem}", "5:30", "expected an absolute path"),
        ("- {url: https://x, cafile: /ca.pem}", "5:22", "did you mean 'caFile'?"),
        ("- {url: https://x, pinnedKeys: [sha1//x]}", "5:35", "'sha256//' and the hash of a public key"),
        ("- {url: https://x, proxy: socks5://y}", "5:29", "expected the URL of a proxy"),
        ("- {url: https://x, user: me}", "5:22", "expected 'password' beside 'user'"),
        ("- {url: https://x, password: {file: /p}}", "5:22", "expected 'user' beside 'password'"),
        ("- {url: https://x, user: me, password: hunter2}", "5:42", "the secret itself has no place"),
        ("- {url: https://x, token: {file: /t, credential: t}}", "5:29", "found 2 of them"),
        ("- {url: https://x, token: {}}", "5:29", "found none of them"),
        ("- {url: https://x, token: {helper: [helper]}}", "5:38", "the absolute path of a credential helper"),
        ("- {url: https://x, token: {credential: ../t}}", "5:42", "the name of a credential of systemd"),
        ("- {url: https://x, token: {file: /t}, user: me}", "5:41", "either 'token', or 'user' and"),
        ("- {url: https://x, clientKey: /k}", "5:22", "expected 'clientCertificate' beside"),
        ("- {url: https://x, proxyUser: a, proxyPassword: {file: /p}}", "5:36", "as 'proxy'"),
        ("- {url: http://x, caFile: /ca.pem}", "5:21", "is of TLS; expected an https URL"),
        ("- {url: http://x, token: {file: /t}}", "5:21", "would be sent unencrypted"),
        ("- {url: https://x/a/}\n  - {url: https://X:443/a}", "4:1", "two entries have the URL"),
        ("{}", "5:3", "a list of mappings"),
    ])
    func `what is wrong is named with its place`(_ text: String, _ place: String, _ words: String) throws {
        let error = #expect(throws: ProblemList.self) { try settings("  \(text)\n") }
        let lines = error?.description ?? ""
        #expect(lines.hasPrefix("agent.yaml:\(place): "), "\(lines)")
        #expect(lines.contains(words), "\(lines)")
        #expect(!lines.contains("hunter2") && !lines.contains("pass@"))
    }

    @Test(arguments: [
        ("https://git.example.com/acme/fleet.git", "https://git.example.com/acme"),
        ("https://GIT.example.com:443/acme", "https://git.example.com/acme"),
        ("https://git.example.com/acme-labs/x", "https://git.example.com"),
        ("https://git.example.com/ACME/x", "https://git.example.com"),
        ("https://git.example.com:8443/acme/x", nil),
        ("http://git.example.com/acme/x", nil),
        ("https://example.com/acme/x", nil),
    ])
    func `the entry with the longest path counts, component by component`(
        _ url: String, _ counts: String?
    ) throws {
        let settings = try settings(
            "  - {url: https://git.example.com/}\n  - {url: https://git.example.com/acme/}\n")
        let address = try #require(HTTPAddress.parse(url)?.address)
        let found = settings.entry(for: address)?.url.text
        #expect(found.map { $0.last == "/" ? String($0.dropLast()) : $0 } == counts)
    }

    @Test(arguments: [
        "https://", "https:///x", "https://a b/", "https://a\\b/", "https://[::1/x", "https://x:0/",
        "https://x:1e3/",
        "https://-x/", "https://x#y", "https://x/%\u{1}", "ftp://x", "x", "https://a%2fb/",
    ])
    func `what is no address is refused`(_ text: String) {
        #expect(HTTPAddress.parse(text) == nil)
    }

    @Test(arguments: [
        ("https://h/a.git", "https://h/b/a.git/info/refs?service=git-upload-pack", "https://h/b/a.git"),
        ("https://h/a.git/", "https://i/info/refs?service=git-upload-pack", "https://i"),
        ("https://h/a.git", "https://h/login?from=/a.git", nil),
        ("https://h/a.git", "https://h/a.git/info/refs?service=git-receive-pack", nil),
    ])
    func `only the part before what was asked for may change`(
        _ from: String, _ to: String, _ repository: String?
    ) throws {
        let asked = try #require(HTTPAddress.parse(from)?.address)
        let target = try #require(HTTPAddress.parse(to)?.address)
        #expect(asked.repository(redirectedTo: target, listing: "git-upload-pack")?.text == repository)
    }

    @Test func `a secret's file is nobody else's`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("s3cret\r\nmore\n", to: "secret", mode: 0o600)
        #expect(try SecretFile.line(path) == "s3cret")
        for (mode, text) in [(0o644, "x"), (0o640, "x"), (0o700, "x"), (0o600, "\n"), (0o600, "a\u{1}b\n")] {
            try folder.write(text, to: "secret")
            try runSuccessfully(["chmod", String(mode, radix: 8), path])
            let error = #expect(throws: FileError.self) { try SecretFile.line(path) }
            #expect(error?.path == path)
        }
        let large = try folder.write(String(repeating: "a", count: 65_537), to: "large", mode: 0o600)
        #expect(throws: FileError.self) { try SecretFile.line(large) }
        if getuid() == 0 {
            try runSuccessfully(["chown", "12345", large])
            let error = #expect(throws: FileError.self) { try SecretFile.line(large) }
            #expect(error?.message.contains("user 12345 owns it") == true)
        }
        #expect(throws: FileError.self) { try SecretFile.line(folder.path) }
        #expect(throws: FileError.self) { try SecretFile.line(folder.path("none")) }
        #expect(throws: FileError.self) { try SecretFile.credential("x", in: nil) }
    }

    @Test(arguments: [
        ("username=me\npassword=a=b\n", "me", "a=b"), ("password=x\nother=y\n\nusername=z\n", nil, "x"),
        ("", nil, nil),
    ])
    func `a helper's answer is read as git reads it`(
        _ text: String, _ user: String?, _ password: String?
    ) throws {
        let answer = try #require(CredentialHelper.parse(Array(text.utf8)))
        #expect(answer == CredentialHelper.Answer(user: user, password: password))
        #expect(CredentialHelper.parse(Array("username\n".utf8)) == nil)
        #expect(CredentialHelper.parse(Array("password=a\u{1b}b\n".utf8)) == nil)
    }

    @Test func `a helper is told where and for whom, and does not outlast its time`() throws {
        let address = try #require(HTTPAddress.parse("https://git.example.com:8443/acme/fleet.git")?.address)
        #expect(
            CredentialHelper.question(for: address, user: "me")
                == "protocol=https\nhost=git.example.com:8443\npath=acme/fleet.git\nusername=me\n\n")
        let error = #expect(throws: FileError.self) {
            try CredentialHelper.ask(
                ["/bin/sleep", "60"], for: address, user: nil, within: .milliseconds(50))
        }
        // `sleep 60 get` is refused at once by its own words.
        #expect(error?.path == "/bin/sleep")
        let folder = try TemporaryFolder()
        let hanging = try folder.write("#!/bin/sh\nexec sleep 60\n", to: "hanging", mode: 0o755)
        let late = #expect(throws: FileError.self) {
            try CredentialHelper.ask([hanging], for: address, user: nil, within: .milliseconds(50))
        }
        #expect(late?.message == "it did not answer in time")
    }

    @Test(arguments: [
        ("text/html", "<HTML><Title>\n Log\u{1b}[31m in </title>", "'Log [31m in'"),
        ("text/html", "<title>", ""),
        ("text/plain", "remote: \u{7}no\n \u{202e}such", "remote: no such"), ("image/png", "x", ""),
    ])
    func `what a server says besides is one printable line`(_ type: String, _ body: String, _ gist: String) {
        #expect(HTTPGist.of(Array(body.utf8), type: type) == gist)
    }
}
