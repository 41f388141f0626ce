import FleetCore
import FleetTesting
import Foundation
import Testing

/// A server that goes on showing the branch as it was, though authentic: nothing in it is wrong but its age.
struct FrozenBranchTests {
    /// Commits everything at another time by the operator's clock, and pushes it.
    private func publish(_ message: String, daysAgo: Int, in fleet: LocalFleet) throws {
        let date = Date(timeIntervalSinceNow: TimeInterval(-86_400 * daysAgo))
        let stamp = "@\(Int(date.timeIntervalSince1970)) +0000"
        let environment = Git.environment.merging(
            ["GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp]) { $1 }
        for arguments in [["add", "--all"], ["commit", "--quiet", "--allow-empty", "-S", "-m", message]] {
            try runSuccessfully(["git"] + arguments, in: fleet.clone, environment: environment)
        }
        try fleet.push()
    }

    @Test func `a node says that it has heard nothing new, and goes on`() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        try node.configure(besides: "clock: trusted")
        let head = "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\n"
        try fleet.write(head + "freshness: 14d\n", to: "fleet.yaml")
        try publish("Enrol", daysAgo: 15, in: fleet)
        let stale = try node.reconcile()
        #expect(stale.phase == .converged && stale.exitCode == 69, "\(stale)")
        #expect(stale.message(.stale).contains("for 15d"), "\(stale)")
        #expect(try node.installed == ["till": "1.0-1"])
        #expect(try fleet.report(of: node).reasons.map(\.code) == [.stale])
        // It does not come and go: not with the clock, not with the drift that is repaired meanwhile.
        try node.configure()
        try node.dpkg(["--purge", "till"])
        let repaired = try node.reconcile()
        #expect(repaired.codes == [.stale] && repaired.phase == .converged, "\(repaired)")
        #expect(try node.installed == ["till": "1.0-1"])
        try eventuallyHere("it is told once") { try node.reconcile().report == "notDue" }
        let status = try plimsoll(
            "status", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(status.text.contains("stale") && status.text.contains("no news"), "\(status.text)")
        let why = try plimsoll(
            "why", "canary-1", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(why.text.contains("nothing newer than"), "\(why.text)")
        #expect(try node.agent(["status"]).text.contains("nothing newer than"))
        // Any signed commit is news: an empty one, too.
        try publish("We are here", daysAgo: 0, in: fleet)
        let fresh = try node.reconcile()
        #expect(fresh.exitCode == 0 && fresh.reasons.isEmpty, "\(fresh)")
        #expect(try fleet.report(of: node).reasons.isEmpty)
    }
}
