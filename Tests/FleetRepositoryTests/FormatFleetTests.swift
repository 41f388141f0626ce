import FleetCore
import Testing

@testable import FleetRepository

struct FormatFleetTests {
    private func decode(_ text: String) -> Decoded<FleetFile> { FleetFile.decode(Array(text.utf8)) }

    @Test func readsAllKeysOfTheDesign() throws {
        let text = """
            apiVersion: plimsoll/v1
            fleet: acme-edge
            agent: 0.1
            trust: {policy: every-commit}
            status:
              remote: ssh://git@git.example.com/acme/{group}.git
              heartbeat: 12h
            freshness: 14d
            hold: telephones ring
            """
        let fleet = try #require(decode(text).flawless?.fleet)
        #expect(fleet.name.description == "acme-edge")
        #expect(fleet.agent.description == "0.1")
        #expect(fleet.trust.policy == .everyCommit)
        #expect(fleet.statusRemote == "ssh://git@git.example.com/acme/{group}.git")
        #expect(fleet.heartbeat == TimeSpan(seconds: 43_200))
        #expect(fleet.freshness == TimeSpan(seconds: 14 * 86_400))
        #expect(fleet.hold == "telephones ring")
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let fleet = try #require(
            decode("apiVersion: plimsoll/v1\nfleet: a\nagent: '0.1'\nhold: ~\n").flawless?.fleet)
        #expect(fleet.trust == TrustSettings())
        #expect(fleet.statusRemote == nil)
        #expect(fleet.heartbeat == TimeSpan(seconds: 86_400))
        #expect(fleet.freshness == nil)
        #expect(fleet.hold == nil)
    }

    private static let keys =
        "the keys 'apiVersion', 'fleet', 'agent', 'trust', 'status', 'remotes', 'freshness', "
        + "'defaults', 'hold'"

    @Test(arguments: [
        ("- a", ["1:1: found a list; expected a mapping with \(keys)"]),
        ("fleet: a\nagent: 0.1", ["1:1: the key 'apiVersion' is missing; expected 'plimsoll/v1'"]),
        ("apiVersion: plimsoll/v2\nhodl: x", ["1:13: found 'plimsoll/v2'; expected 'plimsoll/v1'"]),
        (
            "apiVersion: [x]",
            [
                "1:1: the key 'agent' is missing; expected the version of an agent such as 0.1",
                "1:1: the key 'fleet' is missing; expected \(FleetName.expected)",
                "1:13: found a list; expected 'plimsoll/v1'",
            ]
        ),
        (
            "apiVersion: plimsoll/v1\nfleet: Acme\nagent: one\ntrust: {policy: first-parents}\nstatus: "
                + "null\nhold: no\nx: 1",
            [
                "2:8: found 'Acme'; expected \(FleetName.expected)",
                "3:8: found 'one'; expected the version of an agent such as 0.1",
                "4:17: found 'first-parents'; expected 'first-parent' or 'every-commit'; did you mean "
                    + "'first-parent'?",
                "5:9: found 'null'; expected a mapping with the keys 'remote', 'heartbeat'",
                "6:7: found 'no'; expected null or the reason of the hold",
                "7:1: unknown key 'x'; known here: apiVersion, fleet, agent, trust, status, "
                    + "remotes, freshness, defaults, hold",
            ]
        ),
        (
            "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\nstatus: {heartbeat: 12h}\nfreshness: 23h",
            ["5:12: found '23h'; expected null or a duration of at least two heartbeats, 24h"]
        ),
        (
            "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\nfreshness: 14 days",
            ["4:12: found '14 days'; expected a duration such as 30s, 15m, 4h, 14d or 2w"]
        ),
        (
            "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\nstatus: {remote: --upload-pack=x, heartbeat: 1s}",
            [
                "4:18: found '--upload-pack=x'; expected null, none or a URL such as "
                    + "ssh://git@git.example.com/acme/status.git, "
                    + "which may contain {group}",
                "4:46: found '1s'; expected a duration of at least 1m",
            ]
        ),
        (
            "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\nstatus: {remote: 'https://x/{node}'}",
            [
                "4:18: found 'https://x/{node}'; expected null, none or a URL such as "
                    + "ssh://git@git.example.com/acme/status.git, which may contain {group}"
            ]
        ),
        (
            "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\ndefaults: {baseline: x, attempts: 0}",
            [
                "4:12: unknown key 'baseline'; known here: gate, waves, window, freeze, budget, "
                    + "checks, hold, retry, attempts, supersede, prefetch, urgent, missed",
                "4:35: found '0'; expected a whole number from 1 to 100",
            ]
        ),
    ])
    func saysWhatIsWrong(text: String, expected: [String]) {
        #expect(decode(text).problems.sorted().map(\.description) == expected.map { "fleet.yaml:\($0)" })
    }

    @Test(arguments: [
        (
            "{after: [canary]}",
            "4:19: unknown key 'after'; known here: healthy, soak, failures, silence, uncovered, diversity"
        ),
        ("none", "4:18: found 'none'; expected a mapping; 'gate: none' has no default"),
        ("{soak: 4}", "4:25: found '4'; expected a duration such as 30s, 15m, 4h, 14d or 2w"),
    ])
    func aWrongDefaultOfGatesMakesEveryGateWait(gate: String, expected: String) throws {
        let text = "apiVersion: plimsoll/v1\nfleet: a\nagent: 0.1\ndefaults: {gate: \(gate)}\n"
        let decoded = decode(text)
        #expect(decoded.problems == [])
        let description = "fleet.yaml:\(expected)"
        #expect(decoded.value?.gateProblems.map(\.description) == [description])
        let view = try FleetReader(TextTree.sound.with("fleet.yaml", text)).view(
            of: try #require(NodeName("atm-0001")))
        #expect(view.group.gate == .broken(description))
        let canary = try FleetReader(TextTree.sound.with("fleet.yaml", text)).view(
            of: try #require(NodeName("canary-1")))
        #expect(canary.group.gate == .none)
    }
}
