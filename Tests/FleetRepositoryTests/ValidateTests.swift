import FleetCore
import Testing

@testable import FleetRepository

/// The faults that no single file shows.
struct ValidateTests {
    @Test func aSoundRepositoryHasNoProblems() throws {
        let validation = try FleetValidator.validate(TextTree.sound)
        #expect(validation.problems.map(\.description) == [])
        #expect(validation.warnings.map(\.description) == [])
    }

    struct Case: CustomTestStringConvertible {
        let name: String
        let changes: [(String, String?)]
        let problems: [String]
        var warnings: [String] = []
        var testDescription: String { name }
    }

    private static let stores = "groups/stores/group.yaml"
    private static let head = "apiVersion: plimsoll/v1\nbaseline: debian-12\n"

    static let cases = [
        Case(
            name: "unknown baseline",
            changes: [(stores, "apiVersion: plimsoll/v1\nbaseline: debian-11\ngate: none\n")],
            problems: [
                "groups/canary/group.yaml:1:1: found no 'gate', and no gate of another group looks at "
                    + "'canary'; expected a "
                    + "gate, or 'gate: none' if it shall move at once",
                "groups/stores/group.yaml:2:11: unknown baseline 'debian-11'; did you mean 'debian-12'?",
            ]),
        Case(
            name: "unknown group",
            changes: [
                (stores, head + "gate: {after: [canari], soak: 4h}\n"),
                ("groups/canary/group.yaml", head + "gate: none\n"),
            ],
            problems: ["groups/stores/group.yaml:3:16: unknown group 'canari'; did you mean 'canary'?"]),
        Case(
            name: "cycle between gates",
            changes: [("groups/canary/group.yaml", head + "gate: {after: [stores], soak: 1h}\n")],
            problems: [
                "groups/canary/group.yaml:3:1: found a cycle between gates: canary → stores → canary; none "
                    + "of them would open",
                "groups/stores/group.yaml:3:1: found a cycle between gates: stores → canary → stores; none "
                    + "of them would open",
            ]),
        Case(
            name: "a gate that looks at its own group",
            changes: [(stores, head + "gate: {after: [canary, stores], soak: 1h}\n")],
            problems: [
                "groups/stores/group.yaml:3:1: found a cycle between gates: stores → stores; none of them "
                    + "would open"
            ]),
        Case(
            name: "another baseline",
            changes: [("groups/canary/group.yaml", "apiVersion: plimsoll/v1\nbaseline: core\n")],
            problems: [
                "groups/stores/group.yaml:4:11: group 'canary' has the baseline 'core'; expected "
                    + "'debian-12', or they "
                    + "prove nothing"
            ]),
        Case(
            name: "a gate that asks for too many",
            changes: [(stores, head + "gate: {after: [canary], healthy: 3, soak: 4h}\n")],
            problems: [
                "groups/stores/group.yaml:3:34: found a gate that needs 3 healthy nodes of group 'canary', "
                    + "which has 2; "
                    + "it would never open"
            ]),
        Case(
            name: "a gate that asks for more sites than there are",
            changes: [
                (
                    stores,
                    head + "gate: {after: [canary], soak: 4h, diversity: {label: site, atLeast: 2}}\n"
                ),
                ("groups/canary/nodes/canary-1.yaml", nodeText(1) + "labels: {site: kiel}\n"),
                ("groups/canary/nodes/berlin/canary-2.yaml", nodeText(2) + "labels: {site: kiel}\n"),
            ],
            problems: [
                "groups/stores/group.yaml:3:46: found a gate that needs 2 values of 'site' among the nodes "
                    + "of group 'canary', which have 1; it would never open"
            ]),
        Case(
            name: "a gate that asks for two sites, which there are",
            changes: [
                (
                    stores,
                    head + "gate: {after: [canary], soak: 4h, diversity: {label: site, atLeast: 2}}\n"
                ),
                ("groups/canary/nodes/canary-1.yaml", nodeText(1) + "labels: {site: kiel}\n"),
                ("groups/canary/nodes/berlin/canary-2.yaml", nodeText(2) + "labels: {site: oslo}\n"),
            ], problems: []),
        Case(
            name: "a gate that asks for nobody",
            changes: [(stores, head + "gate: {after: [canary], healthy: 0%, soak: 4h}\n")],
            problems: [
                "groups/stores/group.yaml:3:34: found '0%', which no evidence can satisfy; expected at "
                    + "least 1 or 1%"
            ]),
        Case(
            name: "an empty canary group",
            changes: [
                ("groups/canary/nodes/canary-1.yaml", nil), ("groups/canary/nodes/berlin/canary-2.yaml", nil),
            ],
            problems: [
                "groups/stores/group.yaml:4:11: group 'canary' has no nodes; expected at least one canary"
            ]),
        Case(
            name: "a fleet without nodes",
            changes: [
                ("groups/canary/nodes/canary-1.yaml", nil), ("groups/canary/nodes/berlin/canary-2.yaml", nil),
                ("groups/stores/nodes/atm-0001.yaml", nil), ("groups/stores/nodes/berlin/atm-0002.yaml", nil),
            ],
            problems: [],
            warnings: [
                "groups/stores/group.yaml:4:11: group 'canary' has no nodes; expected at least one canary"
            ]),
        Case(
            name: "a group that nobody names and that has no gate", changes: [(stores, head)],
            problems: [
                "groups/canary/group.yaml:1:1: found no 'gate', and no gate of another group looks at "
                    + "'canary'; expected a "
                    + "gate, or 'gate: none' if it shall move at once",
                "groups/stores/group.yaml:1:1: found no 'gate', and no gate of another group looks at "
                    + "'stores'; expected a "
                    + "gate, or 'gate: none' if it shall move at once",
            ]),
        Case(
            name: "two nodes of one name", changes: [("groups/stores/nodes/x/canary-1.yaml", nodeText(5))],
            problems: [
                "groups/stores/nodes/x/canary-1.yaml:1:1: node 'canary-1' is also in "
                    + "'groups/canary/nodes/canary-1.yaml'"
            ]),
        Case(
            name: "one key on two nodes",
            changes: [
                ("groups/stores/nodes/atm-0009.yaml", nodeText(3).replacing("\n", with: " root@atm\n"))
            ],
            problems: [
                "groups/stores/nodes/atm-0009.yaml:1:13: found 'plimsoll/v1 root@atm'; expected 'plimsoll/v1'"
            ]),
        Case(
            name: "one key on two nodes, with another comment",
            changes: [
                (
                    "groups/stores/nodes/atm-0009.yaml",
                    "apiVersion: plimsoll/v1\nkey: \(keyText(3)) root@atm\n"
                )
            ],
            problems: [
                "groups/stores/nodes/atm-0009.yaml:2:6: this key is also that of "
                    + "'groups/stores/nodes/atm-0001.yaml'; "
                    + "expected one for each node"
            ]),
        Case(
            name: "a node's key in trust", changes: [("groups/stores/nodes/atm-0009.yaml", nodeText(900))],
            problems: [
                "groups/stores/nodes/atm-0009.yaml:2:6: this key is also in 'trust/'; a node that could "
                    + "change the branch "
                    + "could patch the fleet"
            ]),
        Case(
            name: "no trust", changes: [("trust/allowed_signers", "# nobody\n")],
            problems: [
                "trust/allowed_signers:1:1: found no key in 'trust/'; nobody could change the branch"
            ]),
        Case(
            name: "an unknown source list",
            changes: [("sources/debian-12.sources", nil), ("sources/debian-11.sources", "x")],
            problems: ["baselines/core.yaml:3:11: unknown source 'debian-12'; did you mean 'debian-11'?"]),
        Case(
            name: "an unknown include",
            changes: [
                ("baselines/debian-12.yaml", "apiVersion: plimsoll/v1\nmanager: apt\ninclude: [cor]\n")
            ],
            problems: ["baselines/debian-12.yaml:3:11: unknown baseline 'cor'; did you mean 'core'?"]),
        Case(
            name: "nodes of no group", changes: [("groups/store/nodes/atm-0009.yaml", nodeText(9))],
            problems: [
                "groups/store/nodes/atm-0009.yaml:1:1: unknown group 'store': it has no "
                    + "'groups/store/group.yaml'; "
                    + "did you mean 'stores'?"
            ]),
        Case(
            name: "misplaced files",
            changes: [
                ("groups/stores/node.yml", "x"), ("groups/stores/atm-0009.yaml", "x"),
                ("groups/Stores/group.yaml", "x"),
                ("baselines/debian-12.yml", "x"), ("baselines/a/b.yaml", "x"),
                ("groups/stores/nodes/ATM.yaml", "x"),
                ("sources/notes.txt", "x"), ("trust/keys.asc", "x"), ("groups/README.md", "x"),
                (".github/x.yml", "x"),
                ("fleet.yml", "x"), ("groups/stores/nodes/.gitkeep", ""), ("docs/plan.yaml", "x"),
            ],
            problems: [
                "baselines/a/b.yaml:1:1: not read by anything: expected 'baselines/<baseline>.yaml'",
                "baselines/debian-12.yml:1:1: not read by anything: expected 'baselines/<baseline>.yaml'",
                "fleet.yml:1:1: not read by anything: its name must be 'fleet.yaml'",
                "groups/Stores/group.yaml:1:1: not read by anything: 'Stores' is not the name of a group: "
                    + "1–63 of a–z, 0–9 "
                    + "and '-', beginning and ending with a letter or digit",
                "groups/stores/atm-0009.yaml:1:1: not read by anything: expected 'group.yaml', "
                    + "'proceed.yaml' or 'nodes/<node>.yaml' below 'groups/stores'",
                "groups/stores/node.yml:1:1: not read by anything: expected 'group.yaml', "
                    + "'proceed.yaml' or 'nodes/<node>.yaml' below 'groups/stores'",
                "groups/stores/nodes/ATM.yaml:1:1: not read by anything: 'ATM' is not the name of a node: "
                    + "1–63 of a–z, 0–9 "
                    + "and '-', beginning and ending with a letter or digit",
                "trust/keys.asc:1:1: not read by anything: expected 'trust/allowed_signers', "
                    + "'trust/rules.yaml', 'trust/known_hosts' or 'trust/openpgp/<key>.asc'",
            ],
            warnings: ["sources/notes.txt:1:1: not read by anything: expected 'sources/<name>.sources'"]),
        Case(
            name: "a newer agent is needed",
            changes: [
                ("fleet.yaml", "apiVersion: plimsoll/v1\nfleet: acme\nagent: 99.0\nsomething: new\n"),
                (stores, "x"),
            ],
            problems: [
                "fleet.yaml:1:1: the fleet needs agent 99.0; this program is 0.1.0 and cannot judge it"
            ]),
        Case(
            name: "remotes of which not all is said",
            changes: [
                (
                    "fleet.yaml",
                    "apiVersion: plimsoll/v1\nfleet: acme\nagent: 0.1\n"
                        + "remotes: [git@git.example.com:x, ssh://mirror.example.com:2222/x, https://h/x]\n"
                ),
                (
                    "trust/known_hosts",
                    "git.example.com ssh-ed25519 "
                        + "AAAAC3NzaC1lZDI1NTE5AAAAIGBRKG7cmqs8EVuHCBOLsq4XXj89DlcBvRtm2pjgygnI\n"
                ),
            ],
            problems: [],
            warnings: [
                "fleet.yaml:1:1: found 'remotes' and no 'status.remote': what others report is read, and "
                    + "budgets are claimed, at each node's own first remote alone",
                "trust/known_hosts:1:1: found no key of the server of 'ssh://mirror.example.com:2222/x'; "
                    + "nodes whose own 'knownHosts' does not name it refuse it",
            ]),
        Case(
            name: "no fleet.yaml", changes: [("fleet.yaml", nil)],
            problems: ["fleet.yaml:1:1: the file does not exist"]),
        Case(
            name: "a file that is too large",
            changes: [
                ("groups/stores/nodes/atm-0001.yaml", nodeText(3) + String(repeating: "#", count: 65_536))
            ],
            problems: ["groups/stores/nodes/atm-0001.yaml:1:1: it is larger than 65536 bytes"]),
    ]

    @Test(arguments: cases)
    func findsWhatNoSingleFileShows(fault: Case) throws {
        var tree = TextTree.sound
        for (path, text) in fault.changes { tree = tree.with(path, text) }
        let validation = try FleetValidator.validate(tree)
        #expect(validation.problems.map(\.description) == fault.problems)
        #expect(validation.warnings.map(\.description) == fault.warnings)
    }

    @Test func warnsAtAHundredNodesWithoutAPlaceForReports() throws {
        var tree = TextTree.sound
        for number in 5...99 { tree = tree.with("groups/stores/nodes/n-\(number).yaml", nodeText(number)) }
        #expect(try FleetValidator.validate(tree).warnings.isEmpty)
        tree = tree.with("groups/stores/nodes/n-100.yaml", nodeText(100))
        let validation = try FleetValidator.validate(tree)
        #expect(validation.problems.isEmpty)
        #expect(
            validation.warnings.map(\.description) == [
                "fleet.yaml:5:10: found no 'status.remote' for 100 nodes or more; with a repository of its "
                    + "own for reports "
                    + "a poll does not list every node's refs, and no node can write to this one"
            ])
        let fleet =
            "apiVersion: plimsoll/v1\nfleet: a\nagent: \"0.1\"\nstatus: {remote: "
            + "https://example.com/{group}.git}\n"
        #expect(try FleetValidator.validate(tree.with("fleet.yaml", fleet)).warnings.isEmpty)
    }

    @Test func whereReportsStayNothingMayWaitForThem() throws {
        let text =
            "apiVersion: plimsoll/v1\nfleet: a\nagent: \"0.1\"\ndefaults: {waves: [10%, 100%]}\n"
            + "status: {remote: none}\n"
        let validation = try FleetValidator.validate(TextTree.sound.with("fleet.yaml", text))
        func message(_ key: String, _ group: String, _ more: String = "") -> String {
            "fleet.yaml:5:10: found none, and '\(key)' in groups/\(group)/group.yaml, which needs reports of "
                + "other nodes and would wait for ever; expected null or a URL, or "
                + "groups/\(group)/group.yaml without '\(key)'\(more)"
        }
        let found = validation.problems.map(\.description)
        #expect(found.contains(message("gate", "stores", " ('gate: none')")), "\(found)")
        #expect(found.contains(message("waves", "canary")), "\(found)")
        #expect(!found.contains(message("gate", "canary", " ('gate: none')")), "\(found)")
        let alone = TextTree.sound.with("fleet.yaml", text.replacing("[10%, 100%]", with: "[100%]"))
            .with("groups/stores/group.yaml", "apiVersion: plimsoll/v1\nbaseline: debian-12\ngate: none\n")
            .with("groups/canary/group.yaml", "apiVersion: plimsoll/v1\nbaseline: debian-12\ngate: none\n")
        #expect(try FleetValidator.validate(alone).problems.map(\.description) == [])
    }

    @Test func aFleetOfTwoThousandNodesValidates() throws {
        var tree = TextTree.sound
        for number in 1...2_000 {
            let path = "groups/stores/nodes/site-\(number % 50)/n-\(number).yaml"
            tree = tree.with(path, nodeText(number + 1_000) + "labels: {site: s-\(number % 50)}\n")
        }
        #expect(try FleetValidator.validate(tree).problems.isEmpty)
        let view = try FleetReader(tree).view(of: try #require(NodeName("n-77")))
        #expect(view.group.name.description == "stores")
    }
}
