import FleetCore
import FleetTesting
import Testing

/// What a node does with a fleet repository that is authentic and wrong: it follows the newest commit that it
/// can read, and what mends the repository mends the node.
struct RepositoryErrorTests {
    /// A way to break what the node `canary-1` needs, and words of the message that must say so.
    struct Breakage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let file: String
        /// What takes the place of the file; nil removes it.
        let text: String?
        let words: [String]
        var code = Reason.Code.unreadable

        init(
            _ description: String, _ file: String, _ text: String?, _ words: String...,
            code: Reason.Code = .unreadable
        ) {
            (testDescription, self.file, self.text, self.words) = (description, file, text, words)
            self.code = code
        }
    }

    static let breakages = [
        Breakage("no fleet.yaml", "fleet.yaml", nil, "fleet.yaml"),
        Breakage(
            "an unknown key", "groups/canary/group.yaml", LocalFleet.group("gate: none", "wavse: [10%]"),
            "groups/canary/group.yaml:4:1", "wavse", "waves"),
        Breakage(
            "a duplicate key", "groups/canary/group.yaml", LocalFleet.group("gate: none", "gate: none"),
            "groups/canary/group.yaml:4:1", "'gate' more than once"),
        Breakage(
            "a wrong duration", "fleet.yaml",
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\nstatus: {heartbeat: 24 parsecs}\n",
            "fleet.yaml:4:21", "24 parsecs"),
        Breakage(
            "an unknown baseline", "groups/canary/group.yaml",
            LocalFleet.group("gate: none", baseline: "dab"), "baselines/dab.yaml"),
        Breakage("no baseline", "baselines/deb.yaml", nil, "baselines/deb.yaml"),
        Breakage(
            "no YAML", "baselines/deb.yaml", "packages: [\n", "baselines/deb.yaml"),
        Breakage(
            "a version that cannot be parsed", "baselines/deb.yaml",
            LocalFleet.baseline(["till: 1.0_1"]), "baselines/deb.yaml:5:9", "1.0_1"),
        Breakage(
            "a newer agent", "fleet.yaml",
            "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"9.0\"\n", "9.0", code: .newerAgentNeeded),
    ]

    @Test(arguments: breakages)
    func aTipThatCannotBeReadLeavesTheNodeOnTheNewestThatCan(_ breakage: Breakage) async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        let first = try node.reconcile()
        #expect(first.phase == .converged)
        let good = try fleet.tip
        let text = try fleet.folder.read("fleet/\(breakage.file)")
        // The next patch comes with the breakage, so that following it would be seen.
        try fleet.write(LocalFleet.baseline(["till: 1.1-1"]), to: "baselines/deb.yaml")
        if let broken = breakage.text {
            try fleet.write(broken, to: breakage.file)
        } else {
            try fleet.git("rm", "--quiet", "--force", breakage.file)
        }
        let tip = try fleet.publish("Break it")
        try node.dpkg(["--remove", "till"])
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 65 && cycle.phase == .unreadable, "\(cycle)")
        for word in breakage.words {
            #expect(cycle.message(breakage.code).contains(word), "'\(word)' in: \(cycle)")
        }
        #expect(cycle.document["commit"]?.string == good && cycle.document["mark"]?.string == tip)
        #expect(try node.installed == ["till": "1.0-1"])
        let report = try fleet.report(of: node)
        #expect(report.phase == .unreadable && report.commit.hex == good)

        try fleet.write(text, to: breakage.file)
        try fleet.declare("till: 1.1-1")
        let mended = try node.reconcile()
        #expect(mended.exitCode == 0 && mended.phase == .converged, "\(mended)")
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func aHoldInATipThatCannotBeReadIsObeyed() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        try fleet.write(
            LocalFleet.group("gate: none", "wavse: [10%]", "hold: stop"), to: "groups/canary/group.yaml")
        try fleet.publish("Hold it, with a slip of the pen")
        try node.dpkg(["--remove", "till"])
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 65 && cycle.phase == .held, "\(cycle)")
        #expect(cycle.codes.isSuperset(of: [.groupHold, .unreadable]))
        #expect(try node.installed.isEmpty)
    }

    @Test func twoNodesOfOneNameCannotBeRead() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        let file = try fleet.folder.read("fleet/groups/canary/nodes/canary-1.yaml")
        try fleet.write(file, to: "groups/stores/nodes/berlin/canary-1.yaml")
        try fleet.publish("The same name twice")
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 65 && cycle.phase == .unreadable, "\(cycle)")
        let message = cycle.message(.unreadable)
        #expect(message.contains("canary-1") && message.contains("berlin"), "\(cycle)")
        try fleet.git("rm", "--quiet", "groups/stores/nodes/berlin/canary-1.yaml")
        try fleet.publish("Only one")
        #expect(try node.reconcile().exitCode == 0)
    }

    @Test func anErrorInAnotherGroupIsNoneOfTheNodesBusiness() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        try fleet.write("gate: [\n", to: "groups/offices/group.yaml")
        try fleet.declare("till: 1.1-1")
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 0 && cycle.phase == .converged, "\(cycle)")
    }

    /// Gates of the stores that cannot be decided, and words of the reason.
    static let brokenGates: [(gate: String, words: String)] = [
        ("{after: [canray], soak: 1s}", "canary"), ("{after: [canary], soak: 1 parsec}", "1 parsec"),
        ("{after: [stores], soak: 1s}", "stores"), ("{after: [canary, offices], soak: 1s}", "offices"),
    ]

    @Test(arguments: brokenGates)
    func aBrokenGateWaitsAndTheRestGoesOn(gate: String, words: String) async throws {
        let fleet = try await LocalFleet()
        // The offices' gate looks at the stores, so one that looks back makes a cycle.
        try fleet.write(
            LocalFleet.group("gate: {after: [stores], soak: 1s}"), to: "groups/offices/group.yaml")
        let nodes = try fleet.enrol(1, in: "canary") + fleet.enrol(1, in: "stores")
        let store = nodes[1]
        try await fleet.converge(nodes)
        try fleet.write(LocalFleet.group("gate: \(gate)"), to: "groups/stores/group.yaml")
        try fleet.declare("till: 1.1-1")
        try store.dpkg(["--remove", "till"])
        #expect(try nodes[0].reconcile().phase == .converged)
        for _ in 0..<3 {
            _ = try nodes[0].reconcile()
            let cycle = try store.reconcile()
            #expect(cycle.exitCode == 0 && cycle.codes.contains(.gateBroken), "\(cycle)")
            #expect(cycle.message(.gateBroken).contains(words), "\(cycle)")
            #expect(try store.installed == ["till": "1.0-1"])
        }
        try fleet.write(LocalFleet.group("gate: \(LocalFleet.gate)"), to: "groups/stores/group.yaml")
        try fleet.publish("Mend the gate")
        try await fleet.converge(nodes)
        #expect(try store.installed == ["till": "1.1-1"])
    }
}
