internal import Crypto

/// `trust/known_hosts`: the keys of servers, as OpenSSH has them in files of this name.
///
/// Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. ssh passes over a line that it cannot read, and then knows
/// that server no more; so what is wrong is said before.
struct KnownHostsFile: Sendable {
    private let lines: [Line]

    /// One server's key, or the key of an authority that signs those of servers.
    private struct Line: Sendable {
        let hosts: Substring
        let isRevoked: Bool
    }

    static func decode(_ bytes: [UInt8]) -> Decoded<KnownHostsFile> {
        var problems: [Problem] = []
        var lines: [Line] = []
        // Lines end as ssh's do; their text may be in any encoding behind the key.
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            let words = words(of: text)
            guard let first = words.first, !first.text.hasPrefix("#") else { continue }
            do throws(Fault) {
                lines.append(try read(words))
            } catch {
                problems.append(
                    Problem(Layout.knownHosts, Place(line: index + 1, column: error.column), error.message))
            }
        }
        if lines.isEmpty, problems.isEmpty {
            let message = "found no key: nodes would know no server; list their keys, or remove the file"
            problems.append(Problem(Layout.knownHosts, .start, message))
        }
        return Decoded(value: KnownHostsFile(lines: lines), problems: problems)
    }

    /// Whether a line gives a key for a server.
    ///
    /// - Parameter port: nil is ssh's own, 22, under which a server goes by its bare name.
    func names(_ host: String, port: Int?) -> Bool {
        let host = host.lowercased()
        let names = port == nil || port == 22 ? [host] : ["[\(host)]:\(port ?? 22)", host]
        return lines.contains { line in !line.isRevoked && names.contains { Self.matches($0, line.hosts) } }
    }

    private static func matches(_ name: String, _ hosts: Substring) -> Bool {
        guard hosts.hasPrefix("|") else { return PatternList(hosts.lowercased()).matches(name) }
        let parts = hosts.split(separator: "|")
        guard parts.count == 3, let salt = Base64.decode(Array(parts[1].utf8)[...]),
            let hash = Base64.decode(Array(parts[2].utf8)[...])
        else { return false }
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Array(name.utf8), using: SymmetricKey(data: salt))
        return Array(code) == hash
    }
}

extension KnownHostsFile {
    private struct Fault: Error {
        let column: Int
        let message: String
    }

    private struct Word {
        let text: Substring
        let column: Int
    }

    private static func words(of line: String) -> [Word] {
        line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { word in
            Word(
                text: word,
                column: line.unicodeScalars.distance(from: line.startIndex, to: word.startIndex) + 1)
        }
    }

    private static func read(_ words: [Word]) throws(Fault) -> Line {
        var words = words[...]
        var marker: Substring?
        if let first = words.first, first.text.hasPrefix("@") {
            guard ["@cert-authority", "@revoked"].contains(first.text) else {
                throw Fault(
                    column: first.column,
                    message: "found \(DocumentNode.quoted(String(first.text))); expected '@cert-authority', "
                        + "'@revoked' or the names of a server")
            }
            marker = first.text
            words.removeFirst()
        }
        guard let hosts = words.first else {
            throw Fault(column: 1, message: "found no server; expected its names, then its key")
        }
        try check(hosts)
        guard let type = words.dropFirst().first else {
            throw Fault(
                column: hosts.column, message: "found no key; expected its type and base64 after the names")
        }
        guard !type.text.contains("-cert-v0") else {
            throw Fault(
                column: type.column,
                message: "found a certificate; expected the key of its authority, marked '@cert-authority'")
        }
        do throws(SigningError) {
            _ = try SSHPublicKey(text: words.dropFirst().prefix(2).map(\.text).joined(separator: " "))
        } catch {
            throw Fault(column: type.column, message: "the key cannot be read: \(error.message)")
        }
        return Line(hosts: hosts.text, isRevoked: marker == "@revoked")
    }

    private static func check(_ hosts: Word) throws(Fault) {
        func refuse(_ found: some StringProtocol, _ expected: String) -> Fault {
            Fault(
                column: hosts.column,
                message: "found \(DocumentNode.quoted(String(found))); expected \(expected)")
        }
        guard !hosts.text.hasPrefix("|") else {
            let parts = hosts.text.split(separator: "|", omittingEmptySubsequences: false)
            let isHash =
                parts.count == 4 && parts[1] == "1"
                && parts.suffix(2).allSatisfy { Base64.decode(Array($0.utf8)[...])?.count == 20 }
            guard isHash else { throw refuse(hosts.text, "a name as 'ssh-keygen -H' hashes it") }
            return
        }
        for pattern in hosts.text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = pattern.hasPrefix("!") ? pattern.dropFirst() : pattern
            guard !name.isEmpty else { throw refuse(hosts.text, "names with one comma between them") }
            let parts = name.split(separator: ":", omittingEmptySubsequences: false)
            if name.hasPrefix("[") {
                guard let end = name.lastIndex(of: "]"), name[end...].hasPrefix("]:"),
                    UInt16(name[end...].dropFirst(2)) ?? 0 > 0
                else { throw refuse(name, "a name and a port such as '[git.example.com]:2222'") }
            } else if parts.count == 2, let port = UInt16(parts[1]) {
                throw refuse(name, "'[\(parts[0])]:\(port)', as ssh looks for a port that is not 22")
            }
        }
    }
}
