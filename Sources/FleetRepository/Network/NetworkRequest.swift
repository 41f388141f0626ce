package import FleetCore

/// What to fetch, and under which name to keep it. Both sides have one `*` or none; it stands for one
/// component of a name.
package struct FetchRefspec: Hashable, Sendable {
    /// The server's name: `refs/heads/main`, `refs/heads/latest/*`.
    package let source: String
    /// The name here: `refs/remotes/fleet/main`. It is set to whatever the server has, also backwards: what
    /// may be followed is decided by the mark, not by this reference.
    package let destination: String

    /// - Returns: nil if a name is not one, or only one side has a `*`.
    package init?(source: String, destination: String) {
        guard isReferencePattern(source), isReferencePattern(destination),
            source.contains("*") == destination.contains("*")
        else { return nil }
        self.source = source
        self.destination = destination
    }

    /// Where a reference of the server is kept; nil if the refspec does not match it.
    func destination(for name: String) -> String? {
        // Git's names are bytes: to Swift a slash with an accent on it is no slash.
        let asterisk = UInt8(ascii: "*")
        let (name, pattern) = (Array(name.utf8), Array(source.utf8))
        guard let star = pattern.firstIndex(of: asterisk) else { return name == pattern ? destination : nil }
        let (prefix, suffix) = (pattern[..<star], pattern[(star + 1)...])
        guard name.count >= pattern.count, name.starts(with: prefix),
            name.suffix(suffix.count).elementsEqual(suffix)
        else { return nil }
        let middle = name[prefix.count..<(name.count - suffix.count)]
        // Were `a` and `a/b` both kept, a name that is a folder could stop all later fetches.
        guard !middle.contains(UInt8(ascii: "/")) else { return nil }
        return String(decoding: destination.utf8.flatMap { $0 == asterisk ? middle : [$0] }, as: UTF8.self)
    }

    /// As Git writes it.
    var text: String { "+\(source):\(destination)" }
}

/// Refspecs, arranged so that a reference finds its own at once: a gate may ask for thousands by name.
struct FetchRefspecs {
    private var exact: [String: [Int]] = [:]
    private var patterns: [Int] = []
    private let all: [FetchRefspec]

    init(_ refspecs: [FetchRefspec]) {
        all = refspecs
        for (index, refspec) in refspecs.enumerated() {
            if refspec.source.contains("*") {
                patterns.append(index)
            } else {
                exact[refspec.source, default: []].append(index)
            }
        }
    }

    /// Where a reference of the server is kept, and the refspec that says so, in the order of the refspecs.
    func destinations(for name: String) -> [(index: Int, name: String)] {
        ((exact[name] ?? []) + patterns).sorted().compactMap { index in
            all[index].destination(for: name).map { (index, $0) }
        }
    }
}

/// What to push: a commit, to a reference of the server.
package struct PushRefspec: Hashable, Sendable {
    /// The commit.
    package let commit: CommitID
    /// The server's reference: `refs/heads/status/atm-0001`.
    package let destination: String
    /// Whether the server's reference may lose commits.
    package let force: Bool

    /// - Returns: nil if the destination is not the full name of a reference.
    package init?(commit: CommitID, destination: String, force: Bool) {
        guard isReferencePattern(destination), !destination.contains("*") else { return nil }
        self.commit = commit
        self.destination = destination
        self.force = force
    }
}

/// Whether a text is the full name of a reference, or one with a single `*`. Source: git-check-ref-format(1).
private func isReferencePattern(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let components = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return bytes.starts(with: "refs/".utf8) && bytes.count <= 1024
        && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f && !":~^?[\\".utf8.contains($0) }
        && bytes.count { $0 == UInt8(ascii: "*") } <= 1
        && zip(bytes, bytes.dropFirst()).allSatisfy { pair in
            ["..", "@{"].allSatisfy { !$0.utf8.elementsEqual([pair.0, pair.1]) }
        }
        && components.allSatisfy {
            !$0.isEmpty && $0.first != UInt8(ascii: ".") && $0.last != UInt8(ascii: ".")
                && !$0.suffix(5).elementsEqual(".lock".utf8)
        }
}

/// What the network child is asked to do. As text: one `key value` a line, values percent-encoded, `end` at
/// the end.
struct NetworkRequest: Equatable {
    enum Operation: Equatable {
        case list
        case fetch([FetchRefspec], byteLimit: Int)
        case push([PushRefspec])

        /// Bytes of a pack that may be received.
        var byteLimit: Int { if case .fetch(_, let byteLimit) = self { byteLimit } else { 0 } }
    }

    /// Bytes that are read of one: room for the names of more than 50,000 canaries.
    static let bytesLimit = 1 << 24

    let operation: Operation
    /// The remote's text, with its password.
    let url: String
    /// The repository's folder; empty for a listing.
    let folder: String
    private(set) var ssh: SSHOptions
    /// How servers are reached by HTTP; only paths of secrets.
    let http: HTTPSettings
    /// When what waits for a server by itself gives up.
    let limits: NetworkLimits
    /// Who asks: the child ends when it does.
    let parent: Int32
    /// Whether what comes must outlive a power failure.
    let isDurable: Bool
    /// As whom the work is done; nil: as who asks.
    let account: NetworkAccount?
    /// The child's own folder, where it works as somebody else.
    let place: String

    var text: String {
        var lines: [(String, String)] = [("url", url), ("folder", folder), ("parent", String(parent))]
        if let key = ssh.key { lines.append(("ssh-key", key)) }
        if let knownHosts = ssh.knownHosts { lines.append(("known-hosts", knownHosts)) }
        for entry in http.entries { lines.append(("http", entry.text)) }
        if !http.isPersonal { lines.append(("not-personal", "")) }
        lines.append(("limits", limits.text))
        if case .content(let text) = ssh.fleetHosts { lines.append(("fleet-hosts", text)) }
        if !isDurable { lines.append(("volatile", "")) }
        if let account { lines.append(("account", account.text)) }
        if !place.isEmpty { lines.append(("place", place)) }
        switch operation {
        case .list: lines.append(("list", ""))
        case .fetch(let refspecs, let byteLimit):
            lines.append(("fetch", String(byteLimit)))
            for refspec in refspecs { lines.append(("get", "\(refspec.source):\(refspec.destination)")) }
        case .push(let refspecs):
            lines.append(("push", ""))
            for refspec in refspecs {
                let word = refspec.force ? "put-forced" : "put"
                lines.append((word, "\(refspec.commit):\(refspec.destination)"))
            }
        }
        return lines.map { "\($0) \(PercentEncoding.encode($1))\n" }.joined() + "end\n"
    }

    init(
        operation: Operation, url: String, folder: String, ssh: SSHOptions,
        http: HTTPSettings = HTTPSettings(), limits: NetworkLimits = NetworkLimits(), parent: Int32,
        isDurable: Bool = true, account: NetworkAccount? = nil, place: String = ""
    ) {
        self.operation = operation
        self.url = url
        self.folder = folder
        self.ssh = ssh
        self.http = http
        self.limits = limits
        self.parent = parent
        self.isDurable = isDurable
        self.account = account
        self.place = place
    }

    /// Parses a request.
    ///
    /// - Returns: nil if it is not complete, or has a line that is not known.
    init?(_ text: String) {
        var lines = text.lines(omittingEmpty: false)
        guard lines.popLast() == "", lines.popLast() == "end" else { return nil }
        var values: [String: String] = [:]
        var entries: [HTTPEntry] = []
        var fetches: [FetchRefspec] = []
        var pushes: [PushRefspec] = []
        for line in lines {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let value = PercentEncoding.decode(words[1]) else { return nil }
            let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            switch words[0] {
            case "url", "folder", "parent", "ssh-key", "known-hosts", "fleet-hosts", "volatile", "account",
                "place", "list", "fetch", "push", "not-personal", "limits":
                guard values.updateValue(value, forKey: String(words[0])) == nil else { return nil }
            case "http":
                guard let entry = HTTPEntry(text: value) else { return nil }
                entries.append(entry)
            case "get":
                guard parts.count == 2, let refspec = FetchRefspec(source: parts[0], destination: parts[1])
                else { return nil }
                fetches.append(refspec)
            case "put", "put-forced":
                let force = words[0] == "put-forced"
                guard parts.count == 2, let commit = CommitID(parts[0]),
                    let refspec = PushRefspec(commit: commit, destination: parts[1], force: force)
                else { return nil }
                pushes.append(refspec)
            default: return nil
            }
        }
        guard let url = values["url"], let folder = values["folder"],
            let parent = values["parent"].flatMap(Int32.init),
            let limits = values["limits"].map(NetworkLimits.init(text:)) ?? NetworkLimits()
        else { return nil }
        self.limits = limits
        http = HTTPSettings(entries: entries, isPersonal: values["not-personal"] == nil)
        self.url = url
        self.folder = folder
        self.parent = parent
        isDurable = values["volatile"] == nil
        place = values["place"] ?? ""
        account = values["account"].flatMap(NetworkAccount.init(text:))
        if values["account"] != nil && account == nil { return nil }
        ssh = SSHOptions(key: values["ssh-key"], knownHosts: values["known-hosts"])
        ssh.fleetHosts = values["fleet-hosts"].map { .content($0) }
        switch (values["list"], values["fetch"], values["push"]) {
        case (.some, nil, nil): operation = .list
        case (nil, let limit?, nil):
            guard let byteLimit = Int(limit), byteLimit > 0 else { return nil }
            operation = .fetch(fetches, byteLimit: byteLimit)
        case (nil, nil, .some): operation = .push(pushes)
        default: return nil
        }
    }
}
