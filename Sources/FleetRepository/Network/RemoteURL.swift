/// Where a repository is: `https`, `http`, `ssh`, `git` or `file` as a URL, `user@host:path` as ssh has it,
/// or an absolute path. Source: git-fetch(1), "Git URLs".
package struct RemoteURL: Hashable, Sendable {
    /// How the repository is reached.
    enum Location: Hashable, Sendable {
        /// On this machine; the absolute path.
        case file(path: String)
        /// Through `ssh`; port nil is the configuration's.
        case ssh(user: String?, host: String, port: Int?, path: String)
        /// From `git daemon`, whose paths are absolute.
        case daemon(host: String, port: Int?, path: String)
        /// By HTTP, with or without TLS.
        case http(HTTPAddress)
    }

    /// Whether ssh reaches it.
    package var usesSSH: Bool { if case .ssh = location { true } else { false } }

    /// Whether its text has a user, password or token that is to be kept from others.
    var carriesSecret: Bool { secret != nil }

    /// What Git is given; may hold a password.
    let text: String
    let location: Location
    /// User, password or token as they stand in the text, which no message may show; nil if there are none.
    private let secret: String?

    /// Parses a remote.
    ///
    /// - Throws: `NetworkError.Kind.invalid` for another scheme, a relative path, a control character, or a
    ///   user, host or path that a program would take for an option.
    package init(_ text: String) throws(NetworkError) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) || text.hasPrefix("/"),
            !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }), text.utf8.count <= 4096, !text.isEmpty
        else {
            throw NetworkError(
                .invalid, remote: "", "not a URL: it is empty, too long or has a control character")
        }
        if text.hasPrefix("/") {
            location = .file(path: text)
            self.text = "file://" + PercentEncoding.encode(text)
            secret = nil
        } else if let separator = text.firstRange(of: "://") {
            let rest = text[separator.upperBound...]
            let authority = rest.prefix { $0 != "/" }
            let user = authority.lastIndex(of: "@").map { authority[..<$0] }
            self.text = text
            switch text[..<separator.lowerBound] {
            case "file":
                location = .file(path: try Self.path(ofFile: rest, in: text))
                secret = nil
            case "ssh":
                location = try Self.location(
                    authority: authority, path: rest.dropFirst(authority.count), in: text)
                secret = nil
            case "https", "http":
                guard let (address, user) = HTTPAddress.parse(text) else {
                    throw NetworkError(
                        .invalid, remote: "", "not an http URL: host, port or path has what none may have")
                }
                location = .http(address)
                secret = user
            case "git":
                location = try Self.daemon(
                    authority: authority, path: rest.dropFirst(authority.count), in: text)
                secret = user.map(String.init)
            default:
                throw NetworkError(
                    .invalid, remote: text, "not a scheme that is known: use https, ssh, git, file or a path")
            }
        } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
            let authority = text[..<colon]
            let path = String(text[text.index(after: colon)...])
            let user = authority.lastIndex(of: "@").map { String(authority[..<$0]) }
            let host =
                authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            self.text = text
            location = try Self.ssh(user: user, host: String(host), port: nil, path: path, in: text)
            secret = nil
        } else {
            throw NetworkError(.invalid, remote: text, "not a URL and not an absolute path")
        }
    }

    private static func path(ofFile rest: Substring, in text: String) throws(NetworkError) -> String {
        // file://localhost/path is the same machine (RFC 8089).
        let path = rest.hasPrefix("localhost/") ? rest.dropFirst("localhost".count) : rest
        guard path.hasPrefix("/"), let decoded = PercentEncoding.decode(path), !decoded.utf8.contains(0)
        else {
            throw NetworkError(.invalid, remote: text, "a file URL needs an absolute path: file:///path")
        }
        return decoded
    }

    private static func location(
        authority: Substring, path: Substring, in text: String
    ) throws(NetworkError) -> Location {
        let at = authority.lastIndex(of: "@")
        let user = at.map { authority[..<$0].prefix { $0 != ":" } }
        var host = at.map { authority[authority.index(after: $0)...] } ?? authority
        var port: Int?
        // Brackets enclose an IPv6 address, which has colons of its own.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else {
                throw NetworkError(.invalid, remote: String(host), "the port is not a number from 1 to 65535")
            }
            port = Int(number)
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let decoded = PercentEncoding.decode(path), let name = user.map(PercentEncoding.decode) ?? ""
        else {
            throw NetworkError(.invalid, remote: String(host), "a percent sign is not followed by two digits")
        }
        // A home folder is written after the slash that ends the host: ssh://host/~user/path.
        let absolute = decoded.hasPrefix("/~") ? String(decoded.dropFirst()) : decoded
        return try ssh(
            user: user == nil ? nil : name, host: String(host), port: port, path: absolute, in: String(host))
    }

    private static func daemon(
        authority: Substring, path: Substring, in text: String
    ) throws(NetworkError) -> Location {
        guard
            case .ssh(_, let host, let port, let found) = try location(
                authority: authority, path: path, in: text)
        else { throw NetworkError(.invalid, remote: "", "not a git URL") }
        return .daemon(host: host, port: port, path: found.hasPrefix("/") ? found : "/\(found)")
    }

    private static func ssh(
        user: String?, host: String, port: Int?, path: String, in text: String
    ) throws(NetworkError) -> Location {
        // CVE-2017-1000117: such a host is an option of ssh, and can name a program to run.
        for part in [user ?? "x", host, path]
        where part.isEmpty || part.utf8.first == UInt8(ascii: "-") || part.utf8.contains(0) {
            throw NetworkError(.invalid, remote: text, "user, host or path is empty or begins with '-'")
        }
        return .ssh(user: user, host: host, port: port, path: path)
    }

    /// What is asked, whatever repository is asked for: two remotes of one server have the same.
    var server: String {
        switch location {
        case .file(let path): path
        case .ssh(_, let host, let port, _): "ssh://\(host):\(port ?? 22)"
        case .daemon(let host, let port, _): "git://\(host):\(port ?? 0)"
        case .http(let address): "http://\(address.host):\(address.port)"
        }
    }

    /// User and password as they stand in the URL; nil if there are none.
    var givenUser: String? { if case .http = location { secret } else { nil } }

    /// `message` without the user, password or token of this remote.
    func redacted(_ message: String) -> String {
        guard let secret, !secret.isEmpty else { return message }
        var text = message.replacing("\(secret)@", with: "").replacing(secret, with: "...")
        for part in secret.split(separator: ":") where part.utf8.count > 3 {
            text = text.replacing(part, with: "...")
        }
        return text
    }
}

extension RemoteURL: CustomStringConvertible {
    /// The remote without user, password or token, for people.
    package var description: String {
        switch location {
        case .file(let path): path
        case .ssh(_, let host, let port, let path):
            "ssh://\(host)\(port.map { ":\($0)" } ?? "")\(path.hasPrefix("/") ? "" : "/")\(path)"
        case .daemon, .http:
            String((secret.map { text.replacing("\($0)@", with: "") } ?? text).prefix { $0 != "?" })
        }
    }
}
