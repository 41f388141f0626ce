import FleetCore
import FleetTesting
import Foundation
import Testing

/// Attacks by way of a canary's reports, one after the other on one store: none opens its gate, and each is
/// named among the reasons.
struct ReportAttackTests {
    @Test func `no forged report opens a gate`() async throws {
        let fleet = try await LocalFleet()
        let canary = try fleet.enrol("canary-1", in: "canary")
        let store = try fleet.enrol("store-1", in: "stores")
        try fleet.publish("Enrol")
        try eventuallyHere("both have what is declared") {
            _ = try canary.reconcile()
            return try store.reconcile().phase == .converged
        }
        func tip(_ reference: String) throws -> String { try fleet.serverGit("rev-parse", reference) }
        let (olderLatest, olderChain) = (try tip("latest/canary-1"), try tip("status/canary-1"))
        let declared = try fleet.declare("till: 1.1-1")
        try eventuallyHere("the canary has proven it") {
            let cycle = try canary.reconcile()
            let proof = try fleet.report(of: canary).proven.first { $0.declaration.commit.hex == declared }
            return cycle.phase == .converged && (proof?.healthyFor ?? .zero) >= TimeSpan(seconds: 1)
        }
        let scene = ReportForge(
            fleet: fleet, latest: try tip("latest/canary-1"), chain: try tip("status/canary-1"),
            olderLatest: olderLatest, olderChain: olderChain, stores: try tip("latest/store-1"),
            storesChain: try tip("status/store-1"),
            report: try fleet.serverGit("show", "latest/canary-1:report.json") + "\n",
            tree: try tip("latest/canary-1^{tree}"))
        for attack in ReportAttack.forgeries + ReportAttack.exchanges + ReportAttack.lies {
            try scene.set(latest: scene.olderLatest, chain: scene.olderChain)
            try attack.deed(scene)
            let cycle = try store.reconcile()
            let words = cycle.reasons.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; ")
            print("attack: \(attack): \(cycle.phase.map(\.rawValue) ?? "?"), \(words)")
            #expect(cycle.phase == .waiting, "\(attack): \(cycle)")
            #expect(words.contains(attack.says), "\(attack): \(words)")
            #expect(try store.installed == ["till": "1.0-1"], "\(attack)")
        }
        try scene.set(latest: scene.latest, chain: scene.chain)
        let believed = try store.reconcile()
        #expect(believed.phase == .converged, "\(believed)")
        #expect(try store.installed == ["till": "1.1-1"])
    }
}
