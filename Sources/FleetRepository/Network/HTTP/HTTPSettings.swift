internal import FleetCore

/// How servers are reached by HTTP: what `http:` in `agent.yaml` says.
package struct HTTPSettings: Hashable, Sendable {
    /// Each applies to what lies below its URL.
    package var entries: [HTTPEntry]
    /// Whether a person asks: then, where nothing else gives a user, `~/.netrc` counts, and what git's own
    /// credential helpers know.
    package var isPersonal: Bool

    /// Without entries: as curl and its environment have it.
    package init(entries: [HTTPEntry] = [], isPersonal: Bool = true) {
        self.entries = entries
        self.isPersonal = isPersonal
    }

    /// The entry for a place: the one with the longest path that contains it.
    func entry(for address: HTTPAddress) -> HTTPEntry? {
        entries.filter { $0.url.contains(address) }
            .max { $0.url.components.count < $1.url.components.count }
    }
}

/// How one server, or a part of it, is reached.
package struct HTTPEntry: Hashable, Sendable {
    /// What it applies to.
    let url: HTTPAddress
    /// The file with the only authorities whose certificates count; nil: the system's.
    var authorities: String?
    /// The file with this client's certificate, and that with its key.
    var certificate: String?
    var key: String?
    /// The server's public key must be one of these, each `sha256//` with the hash in base64.
    var pins: [String] = []
    /// The proxy's URL; `none` goes around each that the environment names, nil leaves it to that.
    var proxy: String?
    /// The proxy's user and where its password is.
    var proxyUser: String?
    var proxyPassword: SecretSource?
    /// The user, and where the password is; a helper may name the user, too.
    var user: String?
    var password: SecretSource?
    /// Where the token is that takes the place of user and password.
    var token: SecretSource?

    init(url: HTTPAddress) { self.url = url }
}

/// Where a secret comes from.
enum SecretSource: Hashable, Sendable {
    /// The first line of a file that nobody else may read.
    case file(String)
    /// A credential that systemd gives the unit; systemd.exec(5), "CREDENTIALS".
    case credential(String)
    /// A program that speaks git's protocol for it, with its arguments; git-credential(1).
    case helper([String])
}

extension HTTPEntry {
    /// For the network child: one `key value` a line, values percent-encoded.
    var text: String {
        var lines: [(String, String)] = [("url", url.text)]
        if let authorities { lines.append(("ca-file", authorities)) }
        if let certificate { lines.append(("certificate", certificate)) }
        if let key { lines.append(("key", key)) }
        lines += pins.map { ("pin", $0) }
        if let proxy { lines.append(("proxy", proxy)) }
        if let proxyUser { lines.append(("proxy-user", proxyUser)) }
        if let proxyPassword { lines += proxyPassword.lines("proxy-password") }
        if let user { lines.append(("user", user)) }
        if let password { lines += password.lines("password") }
        if let token { lines += token.lines("token") }
        return lines.map { "\($0) \(PercentEncoding.encode($1))\n" }.joined()
    }

    /// - Returns: nil if it is not what `text` writes.
    init?(text: String) {
        var lines = text.lines(omittingEmpty: false)
        guard lines.popLast() == "" else { return nil }
        var values: [String: [String]] = [:]
        for line in lines {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let value = PercentEncoding.decode(words[1]) else { return nil }
            values[String(words[0]), default: []].append(value)
        }
        guard let url = values["url"]?.first, let parsed = HTTPAddress.parse(url), parsed.user == nil else {
            return nil
        }
        self.init(url: parsed.address)
        authorities = values["ca-file"]?.first
        certificate = values["certificate"]?.first
        key = values["key"]?.first
        pins = values["pin"] ?? []
        proxy = values["proxy"]?.first
        proxyUser = values["proxy-user"]?.first
        proxyPassword = SecretSource("proxy-password", in: values)
        user = values["user"]?.first
        password = SecretSource("password", in: values)
        token = SecretSource("token", in: values)
        guard self.text == text else { return nil }
    }
}

extension SecretSource {
    fileprivate func lines(_ name: String) -> [(String, String)] {
        switch self {
        case .file(let path): [("\(name)-file", path)]
        case .credential(let credential): [("\(name)-credential", credential)]
        case .helper(let words): words.map { ("\(name)-helper", $0) }
        }
    }

    fileprivate init?(_ name: String, in values: [String: [String]]) {
        if let path = values["\(name)-file"]?.first {
            self = .file(path)
        } else if let credential = values["\(name)-credential"]?.first {
            self = .credential(credential)
        } else if let words = values["\(name)-helper"] {
            self = .helper(words)
        } else {
            return nil
        }
    }
}
