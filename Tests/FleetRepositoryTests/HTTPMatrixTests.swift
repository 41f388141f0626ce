import FleetCore
import FleetTesting
import Glibc
import Testing

@testable import FleetRepository

/// Each way to a real HTTP server, with each kind of credential, and all that a node does there.
@Suite struct HTTPMatrixTests {
    /// A server, and how one gets in.
    enum Way: String, CaseIterable {
        case plain
        case privateAuthority
        case passwordInURL
        case passwordFile
        case passwordCredential
        case passwordNetrc
        case passwordOfGit
        case passwordHelper
        case tokenFile
        case tokenHelper
        case clientCertificate
        case pinnedKey
        case moved
        case proxy
        case proxyFromEnvironment
        case proxyPassword
        case proxyPasswordPlain
        case asNobody

        /// Only root can work as somebody else.
        static var possible: [Way] { allCases.filter { getuid() == 0 || $0 != .asNobody } }

        var proxy: Bool? {
            switch self {
            case .proxy, .proxyFromEnvironment: false
            case .proxyPassword, .proxyPasswordPlain: true
            default: nil
            }
        }
    }

    @Test(arguments: Way.possible)
    func `a node clones, finds nothing new, fetches, pushes and is refused`(_ way: Way) throws {
        let fleet = try HTTPFleet(proxyDemandsPassword: way.proxy)
        let (remote, child) = try fleet.reach(way)
        let clone = try Git.makeBareRepository("clone.git", in: fleet.folder)
        let main = try #require(
            FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main"))
        let name = "refs/remotes/fleet/main"
        let first = try child.fetch([main], from: remote, into: clone, byteLimit: 1 << 20)
        #expect(first.updated == [ReferenceUpdate(name: name, old: nil, new: fleet.first)])
        let quiet = try child.fetch([main], from: remote, into: clone, byteLimit: 1)
        #expect(quiet.updated.isEmpty && quiet.listed == first.listed)
        let second = try #require(try fleet.commit("second"))
        let next = try child.fetch([main], from: remote, into: clone, byteLimit: 1 << 20)
        #expect(next.updated == [ReferenceUpdate(name: name, old: fleet.first, new: second)])
        let report = try GitRepository(open: clone).report(parent: nil, message: "report")
        let verdicts = try child.push(
            [
                try refspec(report, "refs/heads/status/atm-1"),
                try refspec(report, "refs/heads/latest/atm-1", force: true),
                try refspec(report, "refs/heads/closed"),
            ], to: remote, from: clone)
        #expect(verdicts["refs/heads/status/atm-1"] == .accepted)
        #expect(verdicts["refs/heads/latest/atm-1"] == .accepted)
        #expect(verdicts["refs/heads/closed"] == .rejected("hook declined"))
        #expect(try Git.run("rev-parse", "status/atm-1", in: fleet.served) == report.hex)
        try Git.run("fsck", "--full", in: clone)
        try Git.run("fsck", "--full", in: fleet.served)
        if way.proxy != nil { #expect(fleet.proxy?.log.contains("Request") == true) }
        // No connection is opened anew for what follows a listing.
        let connections = Dictionary(grouping: fleet.server.requests) { $0.split(separator: " ").last ?? "" }
        if way == .privateAuthority { #expect(connections.count == 4, "\(fleet.server.requests)") }
    }
}

/// A fleet repository with one commit behind nginx, and what is needed to reach it.
final class HTTPFleet {
    let folder: TemporaryFolder
    let server: GitHTTPServer
    let authority: TestAuthority
    let proxy: HTTPProxy?
    let served: String
    let work: String
    let first: CommitID

    /// - Parameter proxyDemandsPassword: nil: there is no proxy.
    init(proxyDemandsPassword: Bool? = nil) throws {
        folder = try TemporaryFolder()
        served = try Git.makeBareRepository("served/fleet.git", in: folder)
        // git http-backend takes no push from somebody unknown unless told to.
        try Git.run("config", "http.receivepack", "true", in: served)
        work = try Git.makeWorkTree("work", in: folder, origin: served)
        let commit = try Git.commit("first", in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        try folder.write(
            "#!/bin/sh\n[ \"$1\" != refs/heads/closed ]\n", to: "served/fleet.git/hooks/update", mode: 0o755)
        authority = try TestAuthority()
        server = try GitHTTPServer(root: folder.path("served"), authority: authority)
        proxy = try proxyDemandsPassword.map { try HTTPProxy(demandsPassword: $0) }
        guard let first = CommitID(commit) else { throw FileError("parse", commit, "it is no commit") }
        self.first = first
    }

    /// A child that does not wait long.
    static var child: NetworkChild {
        var child = NetworkChild.built
        child.deadlines = NetworkDeadlines(
            connect: .seconds(30), progress: .seconds(30), total: .seconds(120))
        return child
    }

    /// Adds a commit to the branch.
    func commit(_ message: String) throws -> CommitID? {
        let commit = try Git.commit(message, in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        return CommitID(commit)
    }

    /// Settings with one entry for the server, which trusts its authority.
    func settings(
        _ scheme: GitHTTPServer.Scheme = .tls, _ change: (inout HTTPEntry) throws -> Void = { _ in }
    ) throws -> HTTPSettings {
        let url = server.url("", scheme, at: .open).replacing("/open/", with: "")
        let address = HTTPAddress.parse(url)?.address
        guard let address else { throw FileError("parse", url, "it is no URL") }
        var entry = HTTPEntry(url: address)
        if scheme != .plain { entry.authorities = authority.certificates }
        try change(&entry)
        return HTTPSettings(entries: [entry], isPersonal: false)
    }

    /// A file with a secret.
    func secret(_ text: String, _ name: String) throws -> String {
        try folder.write("\(text)\n", to: name, mode: 0o600)
    }

    /// A child, and the remote as it reaches it.
    func reach(_ way: HTTPMatrixTests.Way) throws -> (RemoteURL, NetworkChild) {
        var child = Self.child
        var place = GitHTTPServer.Place.open
        var scheme = GitHTTPServer.Scheme.tls
        var user = ""
        child.http = try settings()
        switch way {
        case .plain:
            scheme = .plain
            child.http = HTTPSettings()
        case .privateAuthority: break
        case .passwordInURL:
            (place, user) = (.basic, "node:s3cret%20pass@")
        case .passwordFile, .passwordCredential, .passwordHelper, .asNobody:
            place = .basic
            try usePassword(way, &child)
        case .tokenFile, .tokenHelper:
            place = .bearer
            try useToken(way, &child)
        case .passwordNetrc:
            (place, scheme) = (.basic, .plain)
            child.http = HTTPSettings()
            let line =
                "machine 127.0.0.1 login \(GitHTTPServer.user) password \"\(GitHTTPServer.password)\"\n"
            try folder.write(line, to: ".netrc", mode: 0o600)
            try useEnvironment(["HOME=\(folder.path)"], &child)
        case .passwordOfGit:
            (place, scheme, user) = (.basic, .plain, "node@")
            child.http = HTTPSettings()
            let answer = "password=\(GitHTTPServer.password)"
            try folder.write(
                "[credential]\n\thelper = \"!f() { grep -q ^username=node && echo '\(answer)'; }; f\"\n",
                to: ".gitconfig")
            try useEnvironment(["HOME=\(folder.path)"], &child)
        case .clientCertificate:
            scheme = .clientCertificate
            try authority.issue("client", names: "DNS:atm-1")
            child.http = try settings(.clientCertificate) {
                $0.certificate = authority.path("client.pem")
                $0.key = authority.path("client.key")
            }
        case .pinnedKey:
            let pin = try authority.pin(of: "server")
            child.http = try settings { $0.pins = ["sha256//\(String(repeating: "A", count: 43))=", pin] }
        case .moved: place = .moved
        case .proxy, .proxyPassword:
            child.http = try settings { try useProxy(way, &$0) }
        case .proxyPasswordPlain:
            scheme = .plain
            child.http = try settings(.plain) { try useProxy(way, &$0) }
        case .proxyFromEnvironment: try useEnvironment(["https_proxy=\(proxy?.url ?? "")"], &child)
        }
        return (try RemoteURL(server.url("fleet.git", scheme, at: place, user: user)), child)
    }

    private func useProxy(_ way: HTTPMatrixTests.Way, _ entry: inout HTTPEntry) throws {
        entry.proxy = proxy?.url
        guard way != .proxy else { return }
        entry.proxyUser = HTTPProxy.user
        entry.proxyPassword = .file(try secret(HTTPProxy.password, "proxy-password"))
    }

    private func usePassword(_ way: HTTPMatrixTests.Way, _ child: inout NetworkChild) throws {
        let file = try secret(GitHTTPServer.password, "credentials/password")
        child.http = try settings { entry in
            entry.user = GitHTTPServer.user
            switch way {
            case .passwordCredential: entry.password = .credential("password")
            case .passwordHelper:
                entry.user = nil
                entry.password = .helper([
                    try helper("username=\(GitHTTPServer.user)\npassword=\(GitHTTPServer.password)")
                ])
            default: entry.password = .file(file)
            }
        }
        if way == .passwordCredential {
            try useEnvironment(["CREDENTIALS_DIRECTORY=\(folder.path("credentials"))"], &child)
        }
        if way == .asNobody { child.confinement = try folder.confinement() }
    }

    private func useToken(_ way: HTTPMatrixTests.Way, _ child: inout NetworkChild) throws {
        let token = GitHTTPServer.token
        child.http = try settings { entry in
            entry.token =
                way == .tokenFile
                ? .file(try secret(token, "token")) : .helper([try helper("password=\(token)"), "word"])
        }
    }

    /// A program that answers so when it is asked for this server.
    func helper(_ answer: String) throws -> String {
        try folder.write(
            """
            #!/bin/sh
            for last; do :; done
            grep -q '^host=localhost:' && [ "$last" = get ] && printf '%s\\n' '\(answer)'

            """, to: "helper", mode: 0o755)
    }

    /// A child with another environment: words of env(1).
    func useEnvironment(_ words: [String], _ child: inout NetworkChild) throws {
        let words = words.map { "'\($0)'" }.joined(separator: " ")
        child.executable = try folder.write(
            "#!/bin/sh\nexec env \(words) \(child.executable) \"$@\"\n", to: "program", mode: 0o755)
    }
}
