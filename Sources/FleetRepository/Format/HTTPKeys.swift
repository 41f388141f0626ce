internal import FleetCore

/// Reads `http` of `agent.yaml`: how servers are reached by HTTP.
enum HTTPKeys {
    private static let keys = [
        "url", "caFile", "clientCertificate", "clientKey", "pinnedKeys", "proxy", "proxyUser",
        "proxyPassword",
        "user", "password", "token",
    ]
    private static let expectedURL =
        "an http or https URL without user and query, such as https://git.example.com"
    private static let expectedProxy = "the URL of a proxy such as http://proxy.example.com:3128, or 'none'"
    private static let expectedPin = "'sha256//' and the hash of a public key in base64"
    private static let expectedSecret = "one of 'file', 'credential' and 'helper'"

    static func settings(of reader: MappingReader) -> HTTPSettings {
        let problems = reader.problems
        let read = reader.list("http", "a list of mappings with the key 'url'") { node in
            MappingReader(node, keys: keys, problems).flatMap(entry)
        }
        let entries = read ?? []
        for (index, entry) in entries.enumerated()
        where entries[..<index].contains(where: { $0.url.contains(entry.url) && entry.url.contains($0.url) })
        {
            problems.add(
                reader.place(of: "http"), "two entries have the URL '\(entry.url.text)'; expected one")
        }
        // What a node shows of itself stands in its configuration, not in somebody's home.
        return HTTPSettings(entries: entries, isPersonal: false)
    }

    private static func entry(_ reader: MappingReader) -> HTTPEntry? {
        let url = reader.required("url", expectedURL) { address($0, expectedURL, reader.problems) }
        guard let url else { return nil }
        var entry = HTTPEntry(url: url)
        entry.authorities = AgentConfiguration.path("caFile", of: reader)
        entry.certificate = AgentConfiguration.path("clientCertificate", of: reader)
        entry.key = AgentConfiguration.path("clientKey", of: reader)
        entry.pins = reader.list("pinnedKeys", "a list: \(expectedPin)") { pin($0, reader.problems) } ?? []
        entry.proxy = reader.node("proxy").flatMap { proxy($0, reader.problems) }
        entry.proxyUser = user("proxyUser", of: reader)
        entry.proxyPassword = secret("proxyPassword", of: reader)
        entry.user = user("user", of: reader)
        entry.password = secret("password", of: reader)
        entry.token = secret("token", of: reader)
        check(entry, reader)
        return entry
    }

    /// What only makes sense together, or not at all.
    private static func check(_ entry: HTTPEntry, _ reader: MappingReader) {
        let problems = reader.problems
        if entry.key != nil, entry.certificate == nil {
            problems.add(reader.place(of: "clientKey"), "expected 'clientCertificate' beside 'clientKey'")
        }
        if entry.token != nil, let key = ["user", "password"].first(where: { reader.node($0) != nil }) {
            problems.add(reader.place(of: key), "expected either 'token', or 'user' and 'password'")
        }
        pair("user", "password", entry.password, of: reader)
        pair("proxyUser", "proxyPassword", entry.proxyPassword, of: reader)
        if entry.proxyPassword != nil, entry.proxy == nil || entry.proxy == "none" {
            problems.add(
                reader.place(of: "proxyPassword"), "expected \(expectedProxy.prefix { $0 != "," }) as 'proxy'"
            )
        }
        guard !entry.url.isEncrypted else { return }
        for key in ["caFile", "clientCertificate", "pinnedKeys"] where reader.node(key) != nil {
            problems.add(reader.place(of: key), "'\(key)' is of TLS; expected an https URL as 'url'")
        }
        // Everybody on the way could read it.
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains(entry.url.host)
        for key in ["password", "token"] where reader.node(key) != nil && !isLocal {
            problems.add(
                reader.place(of: key), "'\(key)' would be sent unencrypted; expected an https URL as 'url'")
        }
    }

    /// A password belongs to a user; only a helper knows both.
    private static func pair(
        _ user: String, _ password: String, _ source: SecretSource?, of reader: MappingReader
    ) {
        if reader.node(user) != nil, reader.node(password) == nil {
            reader.problems.add(reader.place(of: user), "expected '\(password)' beside '\(user)'")
        }
        if case .helper = source, user == "user" { return }
        if reader.node(password) != nil, reader.node(user) == nil {
            reader.problems.add(reader.place(of: password), "expected '\(user)' beside '\(password)'")
        }
    }

    private static func address(
        _ node: DocumentNode, _ expected: String, _ problems: FileProblems
    ) -> HTTPAddress? {
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard text.utf8.count <= 2_048, let (address, user) = HTTPAddress.parse(text), user == nil,
            !address.path.utf8.contains(UInt8(ascii: "?"))
        else {
            // What is wrong may be a password in it, so it is not shown.
            problems.add(node.place, "expected \(expected)")
            return nil
        }
        return address
    }

    private static func proxy(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        if case .text("none", isPlain: _) = node.content { return "none" }
        guard !node.isNull, let address = address(node, expectedProxy, problems) else { return nil }
        guard address.components.isEmpty else {
            problems.add(node, expected: expectedProxy)
            return nil
        }
        // libcurl's own default port for a proxy is another.
        return "\(address.isEncrypted ? "https" : "http")://\(address.host):\(address.port)"
    }

    private static func pin(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        guard let text = node.scalar(expected: expectedPin, problems) else { return nil }
        guard text.utf8.starts(with: "sha256//".utf8),
            let hash = Base64.decode(Array(text.utf8)[8...]), hash.count == 32
        else {
            problems.add(node, expected: expectedPin)
            return nil
        }
        return text
    }

    private static func user(_ key: String, of reader: MappingReader) -> String? {
        guard let node = reader.node(key), !node.isNull, let text = node.line(reader.problems) else {
            return nil
        }
        // A colon ends the user (RFC 7617).
        guard !text.utf8.contains(UInt8(ascii: ":")) else {
            reader.problems.add(node, expected: "a user's name without ':'")
            return nil
        }
        return text
    }

    private static func secret(_ key: String, of reader: MappingReader) -> SecretSource? {
        guard let node = reader.node(key), !node.isNull else { return nil }
        guard case .mapping = node.content else {
            // Somebody may have written the secret itself.
            reader.problems.add(
                node.place,
                "expected a mapping with \(expectedSecret): the secret itself has no place in this file")
            return nil
        }
        guard
            let mapping = MappingReader(node, keys: ["file", "credential", "helper"], reader.problems)
        else { return nil }
        let file = AgentConfiguration.path("file", of: mapping).map(SecretSource.file)
        let name = mapping.node("credential").flatMap { credentialName($0, reader.problems) }
        let helper = mapping.node("helper").flatMap { program($0, reader.problems) }
        let written = ["file", "credential", "helper"].filter { mapping.node($0) != nil }
        guard written.count == 1 else {
            reader.problems.add(
                node.place,
                "found \(written.isEmpty ? "none" : "\(written.count)") of them; expected \(expectedSecret)")
            return nil
        }
        return file ?? name ?? helper
    }

    /// A name as systemd.exec(5) takes it: one component of a path.
    private static func credentialName(_ node: DocumentNode, _ problems: FileProblems) -> SecretSource? {
        let expected = "the name of a credential of systemd such as git-token"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard 1...255 ~= text.utf8.count, text.utf8.first != UInt8(ascii: "."),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
        else {
            problems.add(node, expected: expected)
            return nil
        }
        return .credential(text)
    }

    private static func program(_ node: DocumentNode, _ problems: FileProblems) -> SecretSource? {
        let expected = "a list: the absolute path of a credential helper of git, and its arguments"
        guard let items = node.items(expected, problems) else { return nil }
        let words = items.compactMap { $0.line(problems) }
        guard words.count == items.count else { return nil }
        guard let program = words.first, program.hasPrefix("/") else {
            problems.add(node, expected: expected)
            return nil
        }
        return .helper(words)
    }
}
