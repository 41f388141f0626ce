import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// A real node that waits for its gate has what it waits for on its disk already.
struct PrefetchTests {
    /// A canary and a store that have converged; the store waits for the canary.
    private func fleet() async throws -> (LocalFleet, canary: LocalNode, store: LocalNode) {
        let fleet = try await LocalFleet()
        let canary = try fleet.enrol("canary-1", in: "canary")
        let store = try fleet.enrol("store-1", in: "stores")
        try fleet.publish("Enrol two")
        try await fleet.converge([canary, store])
        return (fleet, canary, store)
    }

    private func archive(_ version: String, of node: LocalNode) -> String {
        "\(node.state)/apt/archives/till_\(version)_all.deb"
    }

    /// When apt's options were written last: before each run of apt.
    private func lastRun(of node: LocalNode) throws -> Date? {
        let path = "\(node.state)/apt/apt.conf"
        return try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }

    @Test func whatIsDeclaredIsThereBeforeItIsAdmittedAndThenNeedsNoMirror() async throws {
        let (fleet, canary, store) = try await fleet()
        try fleet.declare("till: 1.1-1")
        let waiting = try store.reconcile()
        #expect(waiting.phase == .waiting && waiting.exitCode == 0, "\(waiting)")
        #expect(try store.installed == ["till": "1.0-1"])
        #expect(store.bytes(of: archive("1.1-1", of: store)) != nil)
        // Now it has what it waits for, and apt rests.
        let before = try lastRun(of: store)
        #expect(try store.reconcile().phase == .waiting)
        #expect(try lastRun(of: store) == before)

        try await fleet.converge([canary])
        try FileManager.default.removeItem(atPath: fleet.packages.path)
        try await fleet.cycle([canary, store]) { $0[1].phase == .converged }
        #expect(try store.installed == ["till": "1.1-1"])
    }

    @Test func whatIsDeclaredNoMoreGoesAgainAndWhatIsInstalledStays() async throws {
        let (fleet, _, store) = try await fleet()
        try fleet.declare("till: 1.1-1")
        #expect(try store.reconcile().phase == .waiting)
        try fleet.declare("till: 1.2-1")
        #expect(try store.reconcile().phase == .waiting)
        #expect(store.bytes(of: archive("1.1-1", of: store)) == nil)
        #expect(store.bytes(of: archive("1.2-1", of: store)) != nil)
        #expect(store.bytes(of: archive("1.0-1", of: store)) != nil)
    }

    @Test func aGroupOnAThinLineDownloadsOnlyWhatIsAdmitted() async throws {
        let (fleet, _, store) = try await fleet()
        try fleet.write(
            LocalFleet.group("gate: \(LocalFleet.gate)", "prefetch: admitted"),
            to: "groups/stores/group.yaml")
        try fleet.declare("till: 1.1-1")
        #expect(try store.reconcile().phase == .waiting)
        #expect(store.bytes(of: archive("1.1-1", of: store)) == nil)
    }

    @Test func nothingIsDownloadedForAHistoryThatIsNotAuthentic() async throws {
        let (fleet, _, store) = try await fleet()
        try fleet.write(LocalFleet.baseline(["till: 1.1-1"]), to: "baselines/deb.yaml")
        try fleet.publish("Declare without a signature", signedWith: nil)
        #expect(try store.reconcile().phase == .untrusted)
        #expect(store.bytes(of: archive("1.1-1", of: store)) == nil)
    }

    @Test func aMirrorThatIsAwayFailsNoWaitingCycle() async throws {
        let (fleet, _, store) = try await fleet()
        try fleet.declare("till: 1.1-1")
        let aside = fleet.packages.path + ".away"
        try FileManager.default.moveItem(atPath: fleet.packages.path, toPath: aside)
        let waiting = try store.reconcile()
        #expect(waiting.phase == .waiting && waiting.exitCode == 0, "\(waiting)")
        #expect(!waiting.codes.contains(.sourceUnreachable))
        try FileManager.default.moveItem(atPath: aside, toPath: fleet.packages.path)
        try await eventually("the package is there") {
            _ = try store.reconcile()
            return store.bytes(of: archive("1.1-1", of: store)) != nil
        }
    }

    @Test func aCycleThatIsKilledWhileItDownloadsLeavesNothingWrong() async throws {
        let (fleet, canary, store) = try await fleet()
        var seed = SeededGenerator(seed: 4711)
        try fleet.declare("till: 1.1-1")
        let length = try ContinuousClock().measure { _ = try store.reconcile() }
        for round in 0..<8 {
            let version = ["1.2-1", "1.1-1"][round % 2]
            try fleet.declare("till: \(version)")
            let agent = try store.startAgent("reconcile")
            usleep(UInt32(length / .microseconds(1) * Double(seed.below(1_000)) / 1_000))
            agent.end(by: SIGKILL)
            // What the killed cycle started ends by itself; until then it may have its locks.
            try await eventually("\(version) is there in round \(round)") {
                let cycle = try store.reconcile()
                #expect(cycle.phase == .waiting || cycle.exitCode == 75, "\(cycle)")
                return store.bytes(of: archive(version, of: store)) != nil
            }
            #expect(try store.installed == ["till": "1.0-1"])
        }
        try await fleet.converge([canary, store])
        #expect(try store.installed == ["till": "1.1-1"])
    }
}
