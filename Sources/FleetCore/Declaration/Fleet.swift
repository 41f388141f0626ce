/// What `fleet.yaml` says, apart from defaults, which the groups have taken up.
package struct Fleet: Hashable, Sendable {
    package let name: FleetName
    /// The oldest agent that must understand this repository.
    package var agent: AgentVersion
    package let trust: TrustSettings
    /// Where reports go; nil is the fleet repository itself, ``keptStatus`` nowhere. May contain `{group}`.
    package let statusRemote: String?
    /// Where else the branch is: URLs in the order in which nodes ask them, after their own.
    package let remotes: [String]
    /// The longest time between two reports of a node.
    package let heartbeat: TimeSpan
    /// A node that has heard nothing new of the branch for so long says so; nil: none does.
    package let freshness: TimeSpan?
    /// The reason of a hold of the whole fleet.
    package var hold: String?

    package init(
        name: FleetName, agent: AgentVersion, trust: TrustSettings = TrustSettings(),
        statusRemote: String? = nil, remotes: [String] = [], heartbeat: TimeSpan = Fleet.defaultHeartbeat,
        freshness: TimeSpan? = nil, hold: String? = nil
    ) {
        self.name = name
        self.agent = agent
        self.trust = trust
        self.statusRemote = statusRemote
        self.remotes = remotes
        self.heartbeat = heartbeat
        self.freshness = freshness
        self.hold = hold
    }

    /// The `status.remote` by which nothing is pushed: each node keeps its reports.
    package static let keptStatus = "none"

    /// Whether reports stay on their nodes.
    package var keepsReports: Bool { statusRemote == Self.keptStatus }

    package static let defaultHeartbeat = TimeSpan(seconds: 86_400)
}

/// The version of an agent, such as `0.1`: numbers with dots.
package struct AgentVersion: TextValue {
    private let numbers: [Int]

    package static let expected = "the version of an agent such as 0.1"

    /// The version of this program.
    package static let current = AgentVersion(numbers: [0, 1, 0])

    private init(numbers: [Int]) { self.numbers = numbers }

    package init?(_ text: some StringProtocol) {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(fields.count),
            fields.allSatisfy({ (1...6).contains($0.utf8.count) && $0.utf8.allSatisfy(\.isDecimalDigit) })
        else { return nil }
        numbers = fields.compactMap { Int($0) }
    }

    package var description: String { numbers.map(String.init).joined(separator: ".") }
}

extension AgentVersion: Comparable {
    package static func < (left: AgentVersion, right: AgentVersion) -> Bool {
        left.padded.lexicographicallyPrecedes(right.padded)
    }

    package static func == (left: AgentVersion, right: AgentVersion) -> Bool { left.padded == right.padded }

    package func hash(into hasher: inout Hasher) { hasher.combine(padded) }

    private var padded: [Int] { numbers + Array(repeating: 0, count: 4 - numbers.count) }
}
