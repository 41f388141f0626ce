import FleetCore
import FleetTesting
import Foundation
import Testing

/// `plimsoll-agent retry`: a person on the node lets what failed be tried again.
struct RetryTests {
    private let fleet: LocalFleet
    private let node: LocalNode

    init() async throws {
        fleet = try await LocalFleet()
        node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
    }

    @Test func whatFailedIsTriedAgainAndTheFleetHearsOfIt() throws {
        let nothing = try node.agent(["retry"])
        #expect(nothing.exitCode == 0 && nothing.text.contains("nothing has failed here"), "\(nothing.text)")
        let outage = try fleet.folder.write("", to: "outage")
        let question = #"test ! -e \#(outage) || grep -q 1.0-1 "$PLIMSOLL_ROOT/usr/share/till/version""#
        let checks = "checks: [{command: [/bin/sh, -c, '\(question)'], retries: 0, settle: 0s}]"
        try fleet.write(LocalFleet.group("gate: none", checks), to: "groups/canary/group.yaml")
        try fleet.declare("till: 1.1-1")
        #expect(try node.reconcile().phase == .rolledBack)
        try FileManager.default.removeItem(atPath: outage)
        #expect(try node.reconcile().phase == .rolledBack)
        let retry = try node.agent(["retry"])
        #expect(retry.exitCode == 0 && retry.text.contains("tries again in its next cycle"), "\(retry.text)")
        #expect(retry.text.contains("failed here: check 'command /bin/sh"))
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
        #expect(try fleet.report(of: node).retries == 1)
    }
}
