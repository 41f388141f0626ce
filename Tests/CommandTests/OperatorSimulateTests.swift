import FleetTesting
import Foundation
import Testing

/// `plimsoll simulate` on a fleet that `plimsoll init` founded.
struct OperatorSimulateTests {
    private let fleet: OperatorFleet

    init() throws {
        fleet = try OperatorFleet(
            canaries: ["canary-1", "canary-2"], stores: ["store-1", "store-2", "store-3"])
        try fleet.folder.write(
            """
            apiVersion: plimsoll/v1
            baseline: debian-12
            gate: {after: [canary], healthy: 100%, soak: 1h, failures: 0}

            """, to: "acme/groups/stores/group.yaml")
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nbaseline: debian-12\ngate: none\n", to: "acme/groups/canary/group.yaml")
        try fleet.commit("Let the stores wait for an hour")
    }

    private func simulate(_ arguments: String...) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll"), "simulate", "--runs", "4", "--dark-since", "0s"] + arguments,
            in: fleet.clone, environment: Git.environment)
    }

    private func groups(_ arguments: String...) throws -> [String: [String: Any]] {
        let result = try run(
            [BuiltProgram.path("plimsoll"), "simulate", "--json", "--runs", "4", "--dark-since", "0s"]
                + arguments,
            in: fleet.clone, environment: Git.environment)
        try #require(result.exitCode == 0, "\(result.errorText)")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(json["schema"] as? String == "plimsoll/simulation/v1")
        let groups = try #require(json["groups"] as? [[String: Any]])
        return Dictionary(groups.compactMap { group in (group["group"] as? String).map { ($0, group) } }) {
            $1
        }
    }

    private func number(_ group: [String: Any]?, _ key: String, _ rank: String) -> Int? {
        (group?[key] as? [String: Any])?[rank] as? Int
    }

    @Test func theSameSeedGivesTheSameBytesHoweverManyAreAtWork() throws {
        let arguments = ["--json", "--breaks", "30%", "--dark", "10%", "--seed", "7"]
        let results = try ["1", "3"].map { jobs in
            try run(
                [BuiltProgram.path("plimsoll"), "simulate", "--runs", "6", "--jobs", jobs] + arguments,
                in: fleet.clone, environment: Git.environment)
        }
        #expect(results[0].exitCode == 0, "\(results[0].errorText)")
        #expect(results[0].output == results[1].output)
        let others = try ["8", "9"].map { try simulate("--json", "--seed", $0).output }
        #expect(others[0] != others[1])
    }

    @Test func whereNothingBreaksNobodyIsHitAndAllRunsFinish() throws {
        let groups = try groups()
        #expect(groups.count == 2)
        for (name, nodes) in [("canary", 2), ("stores", 3)] {
            #expect(number(groups[name], "hit", "worst") == 0)
            #expect(number(groups[name], "changed", "worst") == nodes)
            #expect(groups[name]?["finished"] as? Int == 4)
        }
        #expect(try #require(number(groups["stores"], "firstNode", "low")) > 3_600)
        #expect(try #require(number(groups["stores"], "lastNode", "worst")) < 3_600 + 1_200)
    }

    @Test func whereAllBreakTheCanariesAreHitAndTheGateCloses() throws {
        let groups = try groups("--breaks", "100%")
        #expect(number(groups["canary"], "hit", "low") == 2)
        #expect(number(groups["stores"], "hit", "worst") == 0)
        #expect(number(groups["stores"], "changed", "high") == 0)
        let stops = try #require(groups["stores"]?["stops"] as? [[String: Any]])
        #expect(stops.map { $0["code"] as? String } == ["canaryFailed"])
        #expect(stops.map { $0["runs"] as? Int } == [4])
        let table = try simulate("--breaks", "100%")
        let line = "stores: stopped in 100% of the runs: the gate is closed"
        #expect(table.text.contains(line), "\(table.text)")
    }

    @Test func whereCanariesAreDarkTheStoresWait() throws {
        let groups = try groups("--dark", "100%")
        #expect(number(groups["canary"], "changed", "high") == 0)
        #expect(number(groups["canary"], "dark", "low") == 2)
        #expect(number(groups["stores"], "changed", "high") == 0)
    }

    @Test func aRangeIsSimulatedAsItIs() throws {
        let base = try fleet.head
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nmanager: apt\npackages: {nginx: 1.22.1-9}\n",
            to: "acme/baselines/debian-12.yaml")
        try Git.run("add", "--all", in: fleet.clone)
        try Git.run("commit", "--quiet", "--no-gpg-sign", "-m", "Declare nginx", in: fleet.clone)
        let groups = try groups("\(base)..HEAD")
        #expect(groups["stores"]?["finished"] as? Int == 4)
        let nothing = try simulate("HEAD..HEAD")
        #expect(nothing.exitCode == 64)
        #expect(nothing.errorText.contains("nothing to roll out"), "\(nothing.errorText)")
        let back = try simulate("HEAD..\(base)")
        #expect(back.exitCode == 64)
        #expect(back.errorText.contains("back to what was declared before"), "\(back.errorText)")
        #expect(try simulate("HEAD..nowhere").exitCode == 64)
    }

    @Test func whatIsNotValidIsNotSimulated() throws {
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nbaseline: debain-12\ngate: none\n", to: "acme/groups/canary/group.yaml")
        try fleet.commit("Misspell")
        let result = try simulate()
        #expect(result.exitCode == 65)
        #expect(
            result.errorText.contains("groups/canary/group.yaml:2:11: unknown baseline 'debain-12'"),
            "\(result.errorText)")
    }

    @Test func whatNoNodeIsMeantByIsRefused() throws {
        #expect(try simulate("--breaks", "shops=2%").exitCode == 64)
        #expect(try simulate("--per", "site").exitCode == 64)
        #expect(try simulate("--breaks", "2").exitCode == 64)
    }

    @Test func theDrawingIsWellFormedAndNeedsNothingElse() throws {
        let result = try simulate("--breaks", "20%", "--svg", "plot.svg")
        #expect(result.exitCode == 0, "\(result.errorText)")
        let judge = """
            import sys, xml.etree.ElementTree as tree
            root = tree.parse(sys.argv[1]).getroot()
            names = [e.tag.split('}')[1] for e in root.iter()]
            assert root.tag == '{http://www.w3.org/2000/svg}svg', root.tag
            assert 'script' not in names and not any('href' in a for e in root.iter() for a in e.attrib), names
            print(names.count('g'), ' '.join(e.text for e in root.iter() if e.tag.endswith('text')))
            """
        let drawn = try runSuccessfully(["python3", "-c", judge, "\(fleet.clone)/plot.svg"])
        #expect(drawn.text.hasPrefix("4 Rollout in 'acme-edge', 4 simulated runs"), "\(drawn.text)")
        for word in ["hours since the merge", "share of the group", "stores (3 nodes)", "canary (2 nodes)"] {
            #expect(drawn.text.contains(word), "\(drawn.text)")
        }
    }
}
