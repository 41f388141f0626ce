package import FleetCore

/// A node's own configuration: `/etc/plimsoll/agent.yaml`.
package struct AgentConfiguration: Hashable, Sendable {
    /// nil is the machine's host name.
    package let node: NodeName?
    /// Where the fleet repository is.
    package let remote: String
    /// Where else it is, in the order in which these are asked after it.
    package let furtherRemotes: [String]
    package let branch: String
    /// The first trusted commit.
    package let introduction: CommitID
    /// The private key that authenticates to the remote; nil is the node's own.
    package let sshKey: String?
    /// The host keys of the remote; nil leaves it to ssh(1).
    package let knownHosts: String?
    /// How servers are reached by HTTP.
    package let http: HTTPSettings
    /// The user as whom network work is done; nil is the agent's own.
    package let networkUser: String?
    /// The folder of all that the node remembers.
    package let state: String
    /// The root whose packages are managed.
    package let root: String
    /// The folder whose files hold this node; nil is `hold.d` beside the configuration.
    package let holds: String?
    /// The time between two cycles.
    package let interval: TimeSpan
    /// Whether the wall clock is right although the kernel does not call it synchronised.
    package let isClockTrusted: Bool
    /// Where programs are looked up, as `PATH` has it; nil is the system's own order.
    package let searchPath: String?
    /// How long network work may take.
    package let deadlines: NetworkDeadlines
    /// How long apt and dpkg may work before the node reports that they are stalled. Nothing ends them.
    package let managerDeadline: TimeSpan
    /// How much space the kept package files may take.
    package let keptPackages: ByteCount

    package static let defaultPath = "/etc/plimsoll/agent.yaml"
    package static let defaultState = "/var/lib/plimsoll"

    /// Reads the file.
    ///
    /// - Parameter file: the name for messages.
    /// - Throws: ``ProblemList`` with everything that is wrong.
    package init(parsing bytes: [UInt8], file: String) throws(ProblemList) {
        let problems = FileProblems(file: file)
        guard let reader = MappingReader.document(bytes, keys: Self.keys, problems) else {
            throw ProblemList(problems: problems.problems)
        }
        node = reader.optional("node")
        let remote = reader.required("remote", Self.expectedRemote) { Self.url($0, problems) }
        furtherRemotes = RemoteList.read(reader, besides: remote)
        let introduction: CommitID? = reader.required("introduction")
        branch = reader.node("branch").flatMap { Self.branch($0, problems) } ?? "main"
        sshKey = Self.path("sshKey", of: reader)
        knownHosts = Self.path("knownHosts", of: reader)
        http = HTTPKeys.settings(of: reader)
        networkUser = Self.user("networkUser", of: reader)
        state = Self.path("state", of: reader) ?? Self.defaultState
        root = Self.path("root", of: reader) ?? "/"
        holds = Self.path("holds", of: reader)
        interval = reader.optional("interval") ?? Self.defaultInterval
        isClockTrusted = reader.choice("clock", of: ClockTrust.self) == .trusted
        searchPath = reader.nullableLine("searchPath")
        deadlines = Self.deadlines(of: reader)
        managerDeadline = reader.optional("managerDeadline") ?? Self.defaultManagerDeadline
        keptPackages = reader.optional("keptPackages") ?? Self.defaultKeptPackages
        if interval < Self.shortestInterval, let node = reader.node("interval") {
            problems.add(node, expected: "a duration of at least \(Self.shortestInterval)")
        }
        guard problems.problems.isEmpty, let remote, let introduction else {
            throw ProblemList(problems: problems.problems)
        }
        self.remote = remote
        self.introduction = introduction
    }

    private static let keys = [
        "node", "remote", "remotes", "branch", "introduction", "sshKey", "knownHosts", "http", "networkUser",
        "state", "root", "holds", "interval", "clock", "searchPath", "deadlines", "managerDeadline",
        "keptPackages",
    ]
    private static let defaultKeptPackages = ByteCount(mebibytes: 2_048)
    private static let defaultManagerDeadline = TimeSpan(seconds: 3_600)
    private static let defaultInterval = TimeSpan(seconds: 300)
    private static let shortestInterval = TimeSpan(seconds: 1)
    private static let expectedRemote = RemoteList.expected

    /// The words of `clock`.
    private enum ClockTrust: String, CaseIterable {
        case kernel
        case trusted
    }

    private static func url(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        RemoteList.remote(node, expected: expectedRemote, problems)?.text
    }

    private static func branch(_ node: DocumentNode, _ problems: FileProblems) -> String? {
        let expected = "the name of a branch such as main"
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        guard FetchRefspec(source: "refs/heads/\(text)", destination: FleetReferences.branch) != nil else {
            problems.add(node, expected: expected)
            return nil
        }
        return text
    }

    /// An absolute path, without a slash at its end; nil, with a problem, if it is none.
    static func path(_ key: String, of reader: MappingReader) -> String? {
        guard let node = reader.node(key), !node.isNull else { return nil }
        let expected = "an absolute path"
        guard let text = node.scalar(expected: expected, reader.problems) else { return nil }
        guard text.hasPrefix("/"), text.utf8.count < 4_096,
            !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else {
            reader.problems.add(node, expected: expected)
            return nil
        }
        return text.utf8.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A name as useradd(8) takes it.
    private static func user(_ key: String, of reader: MappingReader) -> String? {
        guard let node = reader.node(key), !node.isNull else { return nil }
        let expected = "the name of a user of this machine such as plimsoll, or null"
        guard let text = node.scalar(expected: expected, reader.problems) else { return nil }
        let isName = text.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        }
        guard isName, 1...32 ~= text.utf8.count, !text.hasPrefix("-") else {
            reader.problems.add(node, expected: expected)
            return nil
        }
        return text
    }

    private static func deadlines(of reader: MappingReader) -> NetworkDeadlines {
        var deadlines = NetworkDeadlines()
        guard let mapping = reader.mapping("deadlines", keys: ["connect", "progress", "total"]) else {
            return deadlines
        }
        let connect: TimeSpan? = mapping.optional("connect")
        let progress: TimeSpan? = mapping.optional("progress")
        let total: TimeSpan? = mapping.optional("total")
        if let connect { deadlines.connect = .milliseconds(connect.milliseconds) }
        if let progress { deadlines.progress = .milliseconds(progress.milliseconds) }
        if let total { deadlines.total = .milliseconds(total.milliseconds) }
        return deadlines
    }
}

/// Everything that is wrong with a file.
package struct ProblemList: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [Problem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Writes `agent.yaml` as `enroll` does it.
package enum AgentFileWriter {
    package static func text(
        remote: String, introduction: CommitID, node: NodeName?, state: String?
    ) -> String {
        var lines = ["apiVersion: plimsoll/v1"]
        if let node { lines.append("node: \(node)") }
        lines.append("remote: \(YAMLText.scalar(remote))")
        lines.append("introduction: \(YAMLText.scalar(introduction.hex))")
        if let state { lines.append("state: \(YAMLText.scalar(state))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
