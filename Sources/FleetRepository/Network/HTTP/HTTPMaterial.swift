internal import Glibc

/// What one server is shown and must show: the content of what an entry names.
struct HTTPMaterial {
    /// How the server knows us.
    enum Credential: Equatable {
        case password(user: String, password: String)
        case token(String)
    }

    /// The certificates of the only authorities that count, and where they stand; nil: the system's.
    var authorities: (content: [UInt8], file: String)?
    /// This client's certificate and key.
    var certificate: (certificate: [UInt8], key: [UInt8])?
    /// The public keys of which the server must have one, each `sha256//` with the hash in base64.
    var pins: [String] = []
    /// The proxy's URL; empty for none; nil for what the environment names.
    var proxy: String?
    var proxyCredential: (user: String, password: String)?
    var credential: Credential?
    /// Whether a person asks who has shown nothing yet, so that curl may look into `~/.netrc`.
    var isPersonal = false

    /// All that no message may show.
    var secrets: [String] {
        var secrets = [proxyCredential?.password].compactMap(\.self)
        switch credential {
        case .password(_, let password): secrets.append(password)
        case .token(let token): secrets.append(token)
        case nil: break
        }
        return secrets.filter { !$0.isEmpty }
    }
}

/// The content of all that the settings name, read while this process may read it.
final class HTTPKeyring {
    /// Where the repository is.
    let remote: HTTPAddress
    private let settings: HTTPSettings
    private let givenUser: String?
    private let limit: Duration
    private var own: HTTPMaterial
    private var hasAskedGit = false
    /// For the other entries: a server may send on to one of theirs.
    private var others: [(entry: HTTPEntry, material: Result<HTTPMaterial, FileError>)] = []

    /// Reads the files, and asks the helper, for one remote.
    ///
    /// - Parameters:
    ///   - user: user and password as they stand in the remote's URL; they come before those of an entry.
    ///   - limit: how long a helper may take.
    /// - Throws: `FileError` for what is missing, or open to others.
    init(
        _ settings: HTTPSettings, for remote: HTTPAddress, user: String?, within limit: Duration
    ) throws(FileError) {
        self.remote = remote
        self.settings = settings
        self.limit = limit
        givenUser = user.map { Self.parts($0).user }
        let entry = settings.entry(for: remote)
        own = try Self.read(entry, for: remote, settings, user: user, within: limit)
        for other in settings.entries where other != entry {
            others.append((other, Self.attempt(other, settings)))
        }
    }

    /// What counts for an address: the remote's own, or one to which its server has sent us on.
    ///
    /// Where the host is another, nothing of the remote's is shown to it: what is configured for it counts,
    /// without a helper, which could no longer be asked as who may.
    func material(for address: HTTPAddress) throws(FileError) -> HTTPMaterial {
        if address.origin == remote.origin { return own }
        if let entry = settings.entry(for: address), let other = others.first(where: { $0.entry == entry }) {
            return try other.material.get()
        }
        return try Self.read(nil, for: nil, settings, user: nil, within: .zero)
    }

    /// Asks git for user and password, once, where a person's server wants to know who asks: as git itself
    /// does it, but without a question on the terminal.
    ///
    /// - Returns: whether there is something new to show at `address`.
    func takesCredentialOfGit(for address: HTTPAddress) -> Bool {
        guard settings.isPersonal, !hasAskedGit, address.origin == remote.origin else { return false }
        switch own.credential {
        case nil, .password(_, ""): break
        case .password, .token: return false
        }
        hasAskedGit = true
        let answer = try? CredentialHelper.ask(
            ["git", "credential"], "fill", for: remote, user: givenUser, within: limit)
        guard let answer, let user = answer.user, let password = answer.password, !password.isEmpty else {
            return false
        }
        own.credential = .password(user: user, password: password)
        own.isPersonal = false
        return true
    }

    private static func attempt(
        _ entry: HTTPEntry, _ settings: HTTPSettings
    ) -> Result<HTTPMaterial, FileError> {
        Result { () throws(FileError) in
            try read(entry, for: nil, settings, user: nil, within: .zero)
        }
    }

    /// - Parameter address: whom a helper is asked about; nil: no helper is asked.
    private static func read(
        _ entry: HTTPEntry?, for address: HTTPAddress?, _ settings: HTTPSettings, user: String?,
        within limit: Duration
    ) throws(FileError) -> HTTPMaterial {
        var material = HTTPMaterial()
        let isEncrypted = (address ?? entry?.url)?.isEncrypted ?? true
        if isEncrypted, let file = entry?.authorities ?? environmentAuthorities {
            material.authorities = (try certificates(file), file)
        }
        let given = user.map(parts)
        if let entry {
            if let certificate = entry.certificate {
                let key = try SecretFile.content(entry.key ?? certificate)
                material.certificate = (try certificates(certificate), key)
            }
            material.pins = entry.pins
            material.proxy = entry.proxy == "none" ? "" : entry.proxy
            if let proxyUser = entry.proxyUser, let source = entry.proxyPassword,
                let proxy = entry.proxy.flatMap({ HTTPAddress.parse($0)?.address })
            {
                let answer = try value(of: source, for: address == nil ? nil : proxy, proxyUser, limit)
                if let password = answer.password { material.proxyCredential = (proxyUser, password) }
            }
            if let token = entry.token, given?.password == nil {
                material.credential = try value(of: token, for: address, nil, limit).password
                    .map(HTTPMaterial.Credential.token)
            } else if let source = entry.password, given?.password == nil {
                let name = given?.user ?? entry.user
                let answer = try value(of: source, for: address, name, limit)
                if let user = name ?? answer.user, let password = answer.password {
                    material.credential = .password(user: user, password: password)
                }
            }
        }
        if material.credential == nil, let given {
            material.credential = .password(user: given.user, password: given.password ?? "")
        }
        material.isPersonal = settings.isPersonal && material.credential == nil
        return material
    }

    private static func value(
        of source: SecretSource, for address: HTTPAddress?, _ user: String?, _ limit: Duration
    ) throws(FileError) -> CredentialHelper.Answer {
        switch source {
        case .file(let path): return .init(user: user, password: try SecretFile.line(path))
        case .credential(let name):
            let folder = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
            return .init(user: user, password: try SecretFile.credential(name, in: folder))
        case .helper(let command):
            guard let address else { return .init() }
            let answer = try CredentialHelper.ask(command, for: address, user: user, within: limit)
            guard answer.password?.isEmpty == false, (user ?? answer.user)?.isEmpty != true else {
                throw FileError(
                    "ask the credential helper", command.first ?? "",
                    "it has no password for \(address.origin)")
            }
            return answer
        }
    }

    /// User and password as a URL has them (RFC 3986, 3.2.1).
    private static func parts(_ text: String) -> (user: String, password: String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = parts.map { PercentEncoding.decode($0) ?? String($0) }
        return (decoded.first ?? "", decoded.count > 1 ? decoded[1] : nil)
    }

    private static let certificatesBytesLimit = 4 << 20

    private static func certificates(_ path: String) throws(FileError) -> [UInt8] {
        guard let content = try DurableFile.read(path, limitBytes: certificatesBytesLimit) else {
            throw FileError("read", path, number: ENOENT)
        }
        let mark = "-----BEGIN CERTIFICATE-----"
        guard String(decoding: content, as: UTF8.self).contains(mark) else {
            throw FileError("read", path, "it has no certificate in PEM: no line '\(mark)'")
        }
        return content
    }

    /// The authorities that the environment names to git and curl; git-config(1), curl(1).
    private static var environmentAuthorities: String? {
        for name in ["GIT_SSL_CAINFO", "CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
            if let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty { return value }
        }
        return nil
    }
}
