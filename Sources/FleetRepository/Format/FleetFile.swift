internal import FleetCore

/// `fleet.yaml` as it is written.
struct FleetFile: Sendable {
    /// nil where a required key is missing or wrong.
    let fleet: Fleet?
    /// What the groups take where their own file is silent.
    let defaults: GroupKeys
    /// What is wrong with the defaults of the gate: it makes every gate wait, but leaves the file readable.
    let gateProblems: [Problem]
    /// Where `status.remote` stands, or would stand.
    let remotePlace: Place
    /// Where `trust.threshold` stands, or would stand.
    let thresholdPlace: Place

    static func decode(_ bytes: [UInt8]) -> Decoded<FleetFile> {
        let problems = FileProblems(file: Layout.fleet)
        let keys = ["fleet", "agent", "trust", "status", "remotes", "freshness", "defaults", "hold"]
        guard let reader = MappingReader.document(bytes, keys: keys, problems) else {
            return Decoded(value: nil, problems: problems.problems)
        }
        let gateProblems = FileProblems(file: Layout.fleet)
        let file = FleetFile(reader, gateProblems)
        return Decoded(value: file, problems: problems.problems)
    }

    private init(_ reader: MappingReader, _ gateProblems: FileProblems) {
        let name: FleetName? = reader.required("fleet")
        let agent: AgentVersion? = reader.required("agent")
        let trust = reader.mapping("trust", keys: ["policy", "branch", "threshold"])
        let status = reader.mapping("status", keys: ["remote", "heartbeat"])
        let policy: TrustPolicy? = trust?.choice("policy")
        let branch: BranchName? = trust?.nullable("branch")
        let threshold = trust?.node("threshold").flatMap {
            $0.integer(in: TrustSettings.thresholds, reader.problems)
        }
        let remote = status.flatMap(Self.remote)
        let remotes = RemoteList.readShared(reader)
        let heartbeat: TimeSpan? = status?.optional("heartbeat")
        if let heartbeat, heartbeat < Self.shortestHeartbeat, let node = status?.node("heartbeat") {
            reader.problems.add(node, expected: "a duration of at least \(Self.shortestHeartbeat)")
        }
        let freshness = Self.freshness(reader, heartbeat: heartbeat ?? Fleet.defaultHeartbeat)
        let hold = reader.hold()
        if let name, let agent {
            fleet = Fleet(
                name: name, agent: agent,
                trust: TrustSettings(
                    policy: policy ?? .firstParent,
                    branch: branch.map { FleetBranch(fleet: name, branch: $0) },
                    threshold: threshold ?? 1),
                statusRemote: remote, remotes: remotes,
                heartbeat: heartbeat ?? Fleet.defaultHeartbeat, freshness: freshness, hold: hold)
        } else {
            fleet = nil
        }
        defaults =
            reader.mapping("defaults", keys: GroupKeys.names)
            .map { GroupKeys($0, isDefault: true, gateProblems) } ?? GroupKeys()
        self.gateProblems = gateProblems.problems
        thresholdPlace = trust?.place(of: "threshold") ?? reader.place(of: "trust")
        remotePlace = status?.place(of: "remote") ?? reader.place(of: "status")
    }

    /// Shorter ones would have each node publish in nearly each cycle.
    private static let shortestHeartbeat = TimeSpan(seconds: 60)

    /// How old the newest commit may be. Less than two heartbeats would be over before anybody could hear of
    /// it.
    private static func freshness(_ reader: MappingReader, heartbeat: TimeSpan) -> TimeSpan? {
        guard let node = reader.node("freshness"), !node.isNull else { return nil }
        let freshness: TimeSpan? = reader.optional("freshness")
        guard let freshness, freshness < heartbeat * 2 else { return freshness }
        reader.problems.add(node, expected: "null or a duration of at least two heartbeats, \(heartbeat * 2)")
        return nil
    }

    /// The URL of `status.remote`, or ``Fleet/keptStatus``. A URL becomes an argument of `git` and `ssh`, so
    /// it never begins with a hyphen.
    private static func remote(of status: MappingReader) -> String? {
        guard let node = status.node("remote"), !node.isNull else { return nil }
        let expected =
            "null, none or a URL such as ssh://git@git.example.com/acme/status.git, which may contain {group}"
        guard let text = node.scalar(expected: expected, status.problems) else { return nil }
        let withoutGroup = text.split(separator: "{group}", omittingEmptySubsequences: false).joined()
        guard (1...1_024).contains(text.utf8.count), !text.hasPrefix("-"),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !withoutGroup.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") })
        else {
            status.problems.add(node, expected: expected)
            return nil
        }
        return text
    }

    /// The version of `agent:`, read before all else: an older agent must not judge what it does not know.
    ///
    /// - Returns: nil if it cannot be found; the file's problems then say more.
    static func requiredAgent(_ bytes: [UInt8]) -> AgentVersion? {
        guard let root = try? DocumentParser.parse(bytes, file: Layout.fleet),
            case .mapping(let pairs) = root.content,
            case .text(let text, isPlain: _) = pairs.first(where: { $0.key == "agent" })?.value.content
        else { return nil }
        return AgentVersion(text)
    }

    /// What the file says of trust, whatever else is wrong with it.
    ///
    /// - Returns: nil if it cannot be told.
    static func trustSettings(_ bytes: [UInt8]) -> TrustSettings? {
        guard let root = try? DocumentParser.parse(bytes, file: Layout.fleet),
            case .mapping(let pairs) = root.content
        else { return nil }
        guard let trust = pairs.first(where: { $0.key == "trust" })?.value, !trust.isNull else {
            return TrustSettings()
        }
        guard case .mapping(let keys) = trust.content else { return nil }
        // By the readers of the whole file, so that the two never differ in what they take.
        let problems = FileProblems(file: Layout.fleet)
        func node(_ key: String, in pairs: [DocumentNode.Pair]) -> DocumentNode? {
            pairs.first { $0.key == key }?.value
        }
        var settings = TrustSettings()
        if let node = node("policy", in: keys) {
            guard let policy = node.choice(of: TrustPolicy.self, problems) else { return nil }
            settings.policy = policy
        }
        if let node = node("threshold", in: keys) {
            guard let threshold = node.integer(in: TrustSettings.thresholds, problems) else { return nil }
            settings.threshold = threshold
        }
        if let branch = node("branch", in: keys), !branch.isNull {
            guard let name = branch.value(as: BranchName.self, problems),
                let fleet = node("fleet", in: pairs)?.value(as: FleetName.self, problems)
            else { return nil }
            settings.branch = FleetBranch(fleet: fleet, branch: name)
        }
        return settings
    }
}
