import FleetCore
import Testing

@testable import FleetRepository

/// What a node reads, and that it reads nothing else.
struct FormatReaderTests {
    private let store: NodeName
    private let canary: NodeName
    private static let stores = "groups/stores/group.yaml"
    private static let head = "apiVersion: plimsoll/v1\nbaseline: debian-12\n"

    init() throws {
        store = try #require(NodeName("atm-0001"))
        canary = try #require(NodeName("canary-2"))
    }

    /// The error with which the node cannot read the tree.
    private func failure(_ tree: TextTree, _ node: NodeName? = nil) -> FleetReadError? {
        do throws(FleetReadError) {
            _ = try FleetReader(tree).view(of: node ?? store)
            return nil
        } catch {
            return error
        }
    }

    /// What the node's gate becomes in the tree.
    private func gate(_ tree: TextTree) throws -> GateSetting {
        try FleetReader(tree).view(of: store).group.gate
    }

    @Test func aNodeReadsWhatItNeeds() throws {
        let view = try FleetReader(TextTree.sound).view(of: store)
        #expect(view.fleet.name.description == "acme-edge")
        #expect(view.group.name.description == "stores")
        #expect(view.group.freezes.map(\.reason) == ["holiday trading"])
        #expect(view.node.key == keyText(3))
        #expect(view.baseline.entries.map(\.key.description) == ["nginx", "src:openssl", "telnetd"])
        #expect(view.baseline.checks.map(\.name) == ["service ssh", "service nginx"])
        #expect(view.sources?.map(\.content) == ["Types: deb\n"])
        guard case .rule(let rule) = view.group.gate else {
            Issue.record("found \(view.group.gate)")
            return
        }
        #expect(rule.after.map(\.description) == ["canary"])
        #expect(view.canaries.map(\.name) == rule.after)
        #expect(view.canaries.first?.nodes.map(\.name.description) == ["canary-1", "canary-2"])
        #expect(view.canaries.first?.nodes.map(\.key) == [keyText(1), keyText(2)])
        #expect(view.soaksLookingHere == [TimeSpan(seconds: 1_800)])
        #expect(view.peers.contains(store))
        #expect(view.proceed == nil)
    }

    @Test func aCanaryKnowsTheSoaksThatLookAtIt() throws {
        let tree = TextTree.sound
            .with("groups/lab/group.yaml", Self.head + "gate: {after: [canary], soak: 30m}\n")
            .with("groups/wrong/group.yaml", "no yaml: [")
        let view = try FleetReader(tree).view(of: canary)
        #expect(view.group.gate == .none)
        #expect(view.canaries == [])
        #expect(view.soaksLookingHere == [TimeSpan(seconds: 1_800), TimeSpan(seconds: 14_400)])
    }

    @Test(arguments: [
        ("groups/stores/nodes/berlin/atm-0002.yaml", "wrong"), ("groups/other/group.yaml", "wrong"),
        ("baselines/other.yaml", "wrong"), ("groups/stores/nodes/x.yml", ""), ("trust/allowed_signers", ""),
        ("sources/other.sources", ""), ("groups/other/nodes/a/b.yaml", "wrong"),
    ])
    func whatANodeDoesNotNeedMayBeWrong(path: String, text: String) throws {
        let sound = try FleetReader(TextTree.sound).view(of: store)
        #expect(try FleetReader(TextTree.sound.with(path, text)).view(of: store) == sound)
    }

    @Test(arguments: [
        ("fleet.yaml", "fleet.yaml:1:1: the file does not exist"),
        ("groups/stores/group.yaml", "groups/stores/group.yaml:1:1: the file does not exist"),
        ("baselines/debian-12.yaml", "baselines/debian-12.yaml:1:1: the file does not exist"),
        ("baselines/core.yaml", "baselines/debian-12.yaml:5:11: unknown baseline 'core'"),
        ("sources/debian-12.sources", "sources/debian-12.sources:1:1: the file does not exist"),
    ])
    func whatANodeNeedsMustBeThere(path: String, expected: String) {
        #expect(failure(TextTree.sound.with(path, nil))?.description == expected)
    }

    @Test func allProblemsAreToldAtOnce() {
        let tree = TextTree.sound
            .with("groups/stores/group.yaml", Self.head + "hodl: x\n")
            .with("groups/stores/nodes/atm-0001.yaml", "apiVersion: plimsoll/v1\n")
            .with("baselines/core.yaml", "apiVersion: plimsoll/v1\n")
        guard case .unreadable(let problems) = failure(tree) else {
            Issue.record("expected problems")
            return
        }
        #expect(
            problems.map(\.file) == [
                "groups/stores/group.yaml", "groups/stores/nodes/atm-0001.yaml", "baselines/core.yaml",
            ])
    }

    @Test func aNewerAgentIsAskedForBeforeAllElse() throws {
        let tree = TextTree.sound.with("fleet.yaml", "apiVersion: plimsoll/v1\nagent: 0.2\nfuture: [1]\n")
        #expect(failure(tree) == .needsNewerAgent(try #require(AgentVersion("0.2"))))
    }

    @Test func aNodeThatIsNotInTheFleetKnowsWhichFileIsAwaited() throws {
        let stranger = try #require(NodeName("stranger"))
        #expect(failure(.sound, stranger) == .notInFleet(awaited: "groups/<group>/nodes/stranger.yaml"))
        let moved = TextTree.sound.with("groups/canary/nodes/atm-0001.yaml", nodeText(3))
        #expect(
            failure(moved)?.description
                == "groups/stores/nodes/atm-0001.yaml:1:1: node 'atm-0001' is also in "
                + "'groups/canary/nodes/atm-0001.yaml'"
        )
    }

    @Test(arguments: [
        (
            "gate: {after: [canary], soak: 4}",
            "groups/stores/group.yaml:3:31: found '4'; expected \(TimeSpan.expected)"
        ),
        (
            "gate: {after: [canari], soak: 4h}",
            "groups/stores/group.yaml:3:16: unknown group 'canari'; did you mean 'canary'?"
        ),
        (
            "gate: {after: [empty], soak: 4h}",
            "groups/stores/group.yaml:3:16: group 'empty' has no nodes; expected at least one canary"
        ),
        ("gate: {after: [wrong], soak: 4h}", "the gate looks at group 'wrong', whose file cannot be read"),
        (
            "gate: {after: [twins], soak: 4h}",
            "groups/twins/nodes/b.yaml:2:6: this key is also that of another canary"
        ),
        (
            "gate: {after: [bad], soak: 4h}",
            "groups/bad/nodes/a.yaml:1:1: the key 'key' is missing; expected \(NodeKey.expected)"
        ),
        (
            "gate: {after: [canary], soak: 4h, newKey: 1}",
            "groups/stores/group.yaml:3:35: unknown key 'newKey'; known here: after, healthy, soak, "
                + "failures, silence, uncovered, diversity"
        ),
        (
            "hold: null",
            "groups/stores/group.yaml:1:1: found no 'gate', and no gate of another group looks at "
                + "'stores'; expected a gate, or 'gate: none' if it shall move at once"
        ),
    ])
    func whatIsWrongWithAGateMakesItWait(gate: String, expected: String) throws {
        let tree = TextTree.sound
            .with("groups/empty/group.yaml", Self.head + "gate: none\n").with("groups/wrong/group.yaml", "x")
            .with("groups/twins/group.yaml", Self.head + "gate: none\n")
            .with("groups/twins/nodes/a.yaml", nodeText(50)).with("groups/twins/nodes/b.yaml", nodeText(50))
            .with("groups/bad/group.yaml", Self.head + "gate: none\n")
            .with("groups/bad/nodes/a.yaml", "apiVersion: plimsoll/v1\n")
            .with(Self.stores, Self.head + gate + "\n")
        #expect(try self.gate(tree) == .broken(expected))
        #expect(try FleetReader(tree).view(of: store).canaries == [])
    }

    @Test func theHoldOfACanaryGroupIsTold() throws {
        let tree = TextTree.sound.with("groups/canary/group.yaml", Self.head + "hold: look\n")
        #expect(try FleetReader(tree).view(of: store).canaries.map(\.hold) == ["look"])
    }

    @Test func theDigestHangsOnTheBaselineAndItsIncludes() throws {
        let name = try #require(BaselineName("debian-12"))
        let reader = FleetReader(TextTree.sound)
        #expect(try reader.pathsOfDigest(of: name) == ["baselines/debian-12.yaml", "baselines/core.yaml"])
        #expect(try FleetReader(TextTree([:])).pathsOfDigest(of: name) == ["baselines/debian-12.yaml"])
        #expect(try reader.baseline(named: name) == reader.view(of: store).baseline)
    }

    @Test func holdsAreReadFromWhateverCanBeRead() throws {
        #expect(try FleetReader(TextTree.sound).holds(on: store) == [])
        let tree = TextTree.sound
            .with("fleet.yaml", "apiVersion: plimsoll/v9\nagent: 99.0\nfuture: {}\nhold: all stop\n")
            .with(Self.stores, "hold: \"the group: stops\"\nnot: [yaml\n")
            .with("groups/stores/nodes/atm-0001.yaml", "hold: false\nhold2: [\n")
        #expect(
            try FleetReader(tree).holds(on: store) == [
                Hold(level: .fleet, reason: "all stop"), Hold(level: .group, reason: "the group: stops"),
                Hold(level: .node, reason: "false"),
            ])
        #expect(try FleetReader(tree).holds(on: canary).map(\.level) == [.fleet])
    }

    @Test(arguments: [
        ("hold: null # none\nx: [\n", nil), ("hold: ~\nx: [\n", nil), ("hold:\nx: [\n", nil),
        ("hold: # x\nx: [\n", nil),
        ("hold: 'null'\nx: [\n", "null"), (" hold: x\ny: [\n", nil),
        ("hold: [a]\n", "a hold without a readable reason"),
        ("hold: two\tparts\u{7}\n", "two parts "), ("hold: *x\n", "*x"), ("hold: \"open\n", "\"open"),
        ("defaults: {hold: d}\nhold: null\n", nil),
    ])
    func aHoldHoldsUnlessItIsNull(text: String, expected: String?) {
        #expect(HoldReader(.success(Array(text.utf8))).hold == expected)
    }

    @Test func theDefaultHoldIsTheGroupsUnlessItWritesItsOwn() throws {
        let fleet = "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\ndefaults: {hold: d}\n"
        let tree = TextTree.sound.with("fleet.yaml", fleet)
        #expect(try FleetReader(tree).holds(on: canary) == [Hold(level: .group, reason: "d")])
        #expect(try FleetReader(tree).view(of: canary).group.hold == "d")
        #expect(try FleetReader(tree).holds(on: store) == [])
        #expect(try FleetReader(tree).view(of: store).group.hold == nil)
    }

    private struct Unreachable: FileTree {
        func file(at path: String, limit: Int) throws(FileTreeError) -> [UInt8]? {
            throw FileTreeError(path: path, code: .access, message: "the disk is gone")
        }
        func paths(below folder: String) throws(FileTreeError) -> [String] { [] }
    }

    @Test func aFailingDiskIsNotAWrongRepository() throws {
        let error = FileTreeError(path: "fleet.yaml", code: .access, message: "the disk is gone")
        #expect(throws: FleetReadError.inaccessible(error)) { try FleetReader(Unreachable()).view(of: store) }
        #expect(throws: error) { try FleetValidator.validate(Unreachable()) }
    }
}
