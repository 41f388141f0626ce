extension RemoteURL {
    /// The most that a list of remotes has: each that is dead costs a deadline.
    static let mostInList = 8

    /// A text that is the same for two spellings of one place: with or without the scheme's own port, a slash
    /// at the end, digits for letters, capitals in the host (RFC 3986, 6.2), and with ssh as `host:/path`.
    ///
    /// User and password are no part of it, but for ssh, where the user may choose the folder.
    package var place: String {
        switch location {
        case .file(let path): return "file://\(Self.path(path))"
        case .ssh(let user, let host, let port, let path):
            // Only an absolute path means the same for each spelling and user.
            let path =
                path.hasPrefix("/") ? path : "/~/\(path.hasPrefix("~/") ? String(path.dropFirst(2)) : path)"
            let name = user.map { "\($0)@" } ?? ""
            return "ssh://\(name)\(host.lowercased())\(Self.port(port, of: "ssh"))\(Self.path(path))"
        default: return Self.place(of: text)
        }
    }

    private static func place(of text: String) -> String {
        guard let separator = text.firstRange(of: "://") else { return text }
        let scheme = String(text[..<separator.lowerBound])
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        var host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        var port: Int?
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            port = Int(host[host.index(after: colon)...])
            host = host[..<colon]
        }
        let path = rest.dropFirst(authority.count)
        let decoded = PercentEncoding.decode(path) ?? String(path)
        return "\(scheme)://\(host.lowercased())\(self.port(port, of: scheme))\(self.path(decoded))"
    }

    private static func port(_ port: Int?, of scheme: String) -> String {
        guard let port, port != usualPorts[scheme] else { return "" }
        return ":\(port)"
    }

    private static let usualPorts = ["ssh": 22, "git": 9418, "http": 80, "https": 443]

    private static func path(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }
}
