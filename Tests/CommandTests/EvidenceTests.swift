import FleetCore
import FleetTesting
import Foundation
import Testing

/// What stores make of what canaries, and whoever has the server, tell them.
struct EvidenceTests {
    private let fleet: LocalFleet
    private let canaries: [LocalNode]
    private let store: LocalNode

    /// Two canaries and a store that have till 1.0-1.
    init() async throws {
        fleet = try await LocalFleet()
        canaries = try fleet.enrol(2, in: "canary")
        store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [store])
    }

    /// The store keeps till 1.0-1, for this reason.
    private func expectWaiting(
        for code: Reason.Code, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let cycle = try store.reconcile()
        #expect(
            cycle.phase == .waiting && cycle.codes.contains(code), "\(cycle)", sourceLocation: sourceLocation)
        #expect(try store.installed == ["till": "1.0-1"], sourceLocation: sourceLocation)
    }

    /// Runs the canaries' cycles until they have been well with what is declared for longer than the soak.
    private func soak() async throws {
        try await fleet.cycle(canaries) { _ in
            try canaries.allSatisfy { canary in
                let tip = try fleet.tip
                return try fleet.report(of: canary).proven.contains {
                    $0.declaration.commit.hex == tip && $0.healthyFor >= TimeSpan(seconds: 1)
                }
            }
        }
    }

    @Test func aFailedCanaryThatIsPutOnHoldStillClosesTheGate() async throws {
        try fleet.declare("till: 2.0-1")
        for canary in canaries { #expect(try canary.reconcile().phase == .rolledBack) }
        let file = "groups/canary/nodes/canary-1.yaml"
        try fleet.write(try fleet.folder.read("fleet/\(file)") + "hold: let me look at it\n", to: file)
        try fleet.publish("Hold a failed canary")
        for canary in canaries { _ = try canary.reconcile() }
        try expectWaiting(for: .canaryFailed)
    }

    @Test func aCanaryOnHoldLeavesTheShare() async throws {
        let file = "groups/canary/nodes/canary-1.yaml"
        try fleet.write(try fleet.folder.read("fleet/\(file)") + "hold: telephones ring\n", to: file)
        try fleet.declare("till: 1.1-1")
        try await fleet.cycle(canaries + [store]) { $0[2].phase == .converged }
        #expect(try store.installed == ["till": "1.1-1"])
        #expect(try canaries[0].installed == ["till": "1.0-1"])
    }

    @Test func aCanaryThatDegradesAfterItsSoakClosesTheGate() async throws {
        try fleet.declare("till: 1.1-1")
        try await soak()
        let broken = "\(canaries[0].root)/usr/share/till/broken"
        try Data().write(to: URL(fileURLWithPath: broken))
        let cycle = try canaries[0].reconcile()
        #expect(cycle.phase == .degraded && cycle.exitCode == 1, "\(cycle)")
        try expectWaiting(for: .canaryFailed)
        try FileManager.default.removeItem(atPath: broken)
        try await fleet.converge(canaries + [store])
        #expect(try store.installed == ["till": "1.1-1"])
    }

    @Test func aFailureIsForgottenWhenTheGroupMayRetry() async throws {
        // A new till needs a server that is out of order: nothing of that is the patch's fault.
        let outage = try fleet.folder.write("", to: "outage")
        let question = #"test ! -e \#(outage) || grep -q 1.0-1 "$PLIMSOLL_ROOT/usr/share/till/version""#
        let checks = "checks: [{command: [/bin/sh, -c, '\(question)'], retries: 0, settle: 0s}]"
        try fleet.write(LocalFleet.group("gate: none", checks), to: "groups/canary/group.yaml")
        try fleet.declare("till: 1.1-1")
        for canary in canaries { #expect(try canary.reconcile().phase == .rolledBack) }
        try FileManager.default.removeItem(atPath: outage)
        for canary in canaries { #expect(try canary.reconcile().phase == .rolledBack) }
        try expectWaiting(for: .canaryFailed)
        let retry = LocalFleet.group("gate: none", checks, "retry: the server is back")
        try fleet.write(retry, to: "groups/canary/group.yaml")
        try fleet.publish("Try again")
        try await fleet.converge(canaries + [store])
        #expect(try store.installed == ["till": "1.1-1"])
    }

    @Test func reportsThatTheServerTakesAwayOrExchangesAreNoEvidence() async throws {
        try fleet.declare("till: 1.1-1")
        let old = try fleet.serverGit("rev-parse", "latest/canary-1")
        let oldChain = try fleet.serverGit("rev-parse", "status/canary-1")
        try await soak()
        let good = try fleet.serverGit("rev-parse", "latest/canary-1")
        let chain = try fleet.serverGit("rev-parse", "status/canary-1")

        let latest = "refs/heads/latest/canary-1"
        try fleet.serverGit("update-ref", latest, "latest/canary-2")
        try expectWaiting(for: .canaryRejected)
        try fleet.serverGit("update-ref", latest, "main")
        try expectWaiting(for: .canaryRejected)
        try fleet.serverGit("update-ref", latest, old)
        try expectWaiting(for: .canaryRejected)
        try fleet.serverGit("update-ref", "refs/heads/status/canary-1", oldChain)
        let rewound = try store.reconcile()
        #expect(rewound.phase == .waiting, "\(rewound)")
        try fleet.serverGit("update-ref", "-d", latest)
        try expectWaiting(for: .canaryRejected)

        try fleet.serverGit("update-ref", "refs/heads/status/canary-1", chain)
        try fleet.serverGit("update-ref", latest, good)
        let cycle = try store.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        #expect(try store.installed == ["till": "1.1-1"])
    }

    @Test func aChainThatTheServerRewindsIsPushedAgain() async throws {
        let node = canaries[0]
        let first = try #require(try fleet.chain(of: node).first)
        try fleet.serverGit("update-ref", "refs/heads/status/canary-1", first.id)
        try fleet.declare("till: 1.1-1")
        #expect(try node.reconcile().report == "sent")
        #expect(fleet.isUnbroken(try fleet.chain(of: node)))
        // And one that is gone altogether.
        try fleet.serverGit("update-ref", "-d", "refs/heads/status/canary-1")
        try fleet.serverGit("update-ref", "-d", "refs/heads/latest/canary-1")
        try fleet.declare("till: 1.2-1")
        #expect(try node.reconcile().report == "sent")
        let chain = try fleet.chain(of: node)
        #expect(chain.first?.id == first.id && fleet.isUnbroken(chain))
    }

    @Test func aMachineThatIsRestoredContinuesItsChainAndProvesNothingOfBefore() async throws {
        let node = canaries[0]
        try runSuccessfully(["cp", "-a", node.state, "\(node.state).backup"])
        try fleet.declare("till: 1.1-1")
        try await soak()
        let before = try #require(try fleet.chain(of: node).last)
        try FileManager.default.removeItem(atPath: node.state)
        try runSuccessfully(["cp", "-a", "\(node.state).backup", node.state])
        let cycles = try await fleet.cycle([node]) { $0[0].report == "sent" }
        #expect(cycles[0].codes.contains(.identityConflict), "\(cycles[0])")
        let chain = try fleet.chain(of: node)
        #expect(fleet.isUnbroken(chain))
        let position = try #require(chain.firstIndex { $0.id == before.id })
        let next = chain[position + 1].report
        #expect(next.reasons.contains { $0.code == .identityConflict })
        #expect(!next.proven.contains { $0.declaration.commit.hex == before.report.commit.hex })
    }
}
