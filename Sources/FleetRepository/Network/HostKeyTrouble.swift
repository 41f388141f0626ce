internal import Glibc

/// What is wrong with a server's key, in words of one line in place of ssh's own.
struct HostKeyTrouble {
    /// The files by the names that people know.
    private let names: [String: String]
    private let options: SSHOptions

    /// - Parameters:
    ///   - named: what was asked for.
    ///   - given: what ssh was given instead, copies in memory perhaps.
    init(named: SSHOptions, given: SSHOptions) {
        options = given
        var names: [String: String] = [:]
        if let name = named.knownHosts, let path = given.knownHosts { names[path] = name }
        if case .copy(let path) = given.fleetHosts {
            names[path] = "\(Layout.knownHosts) in the fleet repository"
        }
        self.names = names
    }

    /// The same error; if it is about the server's key, with what was expected and what was seen.
    ///
    /// The words that are looked for are OpenSSH's (sshconnect.c, 7.6 to 10.0).
    func explain(_ error: NetworkError, _ remote: RemoteURL) -> NetworkError {
        guard remote.usesSSH, error.message.contains("Host key verification failed") else { return error }
        let lines = error.message.split(whereSeparator: \.isNewline).map(String.init)
        let message = changed(lines) ?? revoked(lines) ?? unknown(lines, remote)
        guard let message else { return error }
        return NetworkError(error.kind, remote: error.remote, message)
    }

    private func changed(_ lines: [String]) -> String? {
        guard let host = Self.text(between: "Host key for ", " has changed", in: lines) else { return nil }
        let type = Self.text(between: "The fingerprint for the ", " key sent", in: lines) ?? ""
        let seen = lines.first { $0.hasPrefix("SHA256:") }.map { $0.hasSuffix(".") ? $0.dropLast() : $0[...] }
        guard let seen, let place = Self.text(between: "Offending ", nil, in: lines),
            let separator = place.firstRange(of: " key in "), let colon = place.lastIndex(of: ":"),
            let number = Int(place[place.index(after: colon)...])
        else { return nil }
        let path = String(place[separator.upperBound..<colon])
        let expected = Self.key(inLine: number, of: path).map(SSHPublicKey.fingerprint) ?? "another one"
        return "the host key of \(host) has changed: expected \(place[..<separator.lowerBound]) \(expected) "
            + "(\(names[path] ?? path), line \(number)), seen \(type) \(seen). Somebody may stand in "
            + "between: ask who runs the server for its fingerprint before that line is replaced"
    }

    private func revoked(_ lines: [String]) -> String? {
        guard let host = Self.text(between: "host key for ", " is marked as revoked", in: lines) else {
            return nil
        }
        return
            "the host key of \(host) is revoked by a line '@revoked' of \(places): whoever shows it may be "
            + "somebody else"
    }

    private func unknown(_ lines: [String], _ remote: RemoteURL) -> String? {
        guard let host = Self.text(between: " host key is known for ", " and you have", in: lines) else {
            return nil
        }
        let start = "the host key of \(host) is not known: no line of \(places) names it"
        guard let line = seenLine(of: remote), line.hasPrefix("\(host) "),
            let blob = Self.key(in: line[...]), let type = line.split(separator: " ").dropFirst().first
        else {
            return "\(start). Ask who runs the server for the line to add there"
        }
        return "\(start), seen \(type) \(SSHPublicKey.fingerprint(of: blob)). If that is what "
            + "'ssh-keygen -lf' says of the key on the server, add there: \(line)"
    }

    private var places: String {
        let files = options.hostsFiles.map { names[$0] ?? $0 }
        return files.isEmpty ? "ssh's own known_hosts" : files.joined(separator: " or ")
    }

    /// The line that ssh would remember of the server, in a second connection that proves nothing of this
    /// node and asks for nothing: ssh tells an unknown key to nobody who does not take it.
    private func seenLine(of remote: RemoteURL) -> String? {
        guard let notes = try? FileDescriptor(holding: [UInt8]()),
            let command = ServerCommand(lookingAt: remote, notes: "/proc/\(getpid())/fd/\(notes.number)"),
            let server = try? ServerProcess(command)
        else { return nil }
        _ = server.end(abandoned: false)
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = pread(notes.number, &bytes, bytes.count, 0)
        guard count > 0, let text = String(validating: bytes[..<count], as: UTF8.self) else { return nil }
        return text.split(separator: "\n").first.map(String.init)
    }

    /// What stands between two texts on the first line that has both.
    private static func text(between start: String, _ end: String?, in lines: [String]) -> String? {
        for line in lines {
            guard let first = line.firstRange(of: start) else { continue }
            let rest = line[first.upperBound...]
            guard let end else { return String(rest) }
            if let last = rest.firstRange(of: end) { return String(rest[..<last.lowerBound]) }
        }
        return nil
    }

    private static func key(inLine number: Int, of path: String) -> [UInt8]? {
        guard let bytes = (try? DurableFile.read(path, limitBytes: 1 << 20)) ?? nil else { return nil }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return nil }
        return key(in: String(decoding: lines[number - 1], as: UTF8.self)[...])
    }

    /// The key's bytes of a line: the third word, or the fourth after a marker (sshd(8)).
    private static func key(in line: Substring) -> [UInt8]? {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
        let place = words.first?.hasPrefix("@") ?? false ? 3 : 2
        return words.indices.contains(place) ? Base64.decode(Array(words[place].utf8)[...]) : nil
    }
}
