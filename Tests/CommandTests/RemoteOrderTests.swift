import FleetCore
import FleetTesting
import Foundation
import Testing

/// A node with several remotes, as its cycles say it and end.
struct RemoteOrderTests {
    @Test func `a remote that another one makes up for is told, and is no failure`() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol("canary-1", in: "canary")
        try fleet.publish("Enrol")
        let away = fleet.folder.path("away.git")
        try node.configure(remote: away, besides: "remotes: ['file://\(fleet.server)']")
        let made = try node.reconcile()
        #expect(made.exitCode == 0 && made.report == "sent" && made.codes.contains(.remoteAway), "\(made)")
        #expect(made.message(.remoteAway).hasPrefix("remote '\(away)': "), "\(made)")
        // Nobody is there any more: then something may have been missed.
        try node.configure(remote: away, besides: "remotes: ['file://\(away)2']")
        let missed = try node.reconcile()
        #expect(missed.exitCode == 69 && missed.codes.contains(.remoteAway), "\(missed)")
        // A mirror that shows another history alarms, and keeps nobody from the true one.
        let forged = fleet.folder.path("forged.git")
        try Git.run("clone", "--quiet", "--mirror", fleet.server, forged, in: fleet.folder.path)
        let commit = try Git.run("commit-tree", "-p", "main", "-m", "Forged", "main^{tree}", in: forged)
        try Git.run("update-ref", "refs/heads/main", commit, in: forged)
        try node.configure(remote: forged, besides: "remotes: ['file://\(fleet.server)']")
        let alarm = try node.reconcile()
        #expect(alarm.exitCode == 77 && alarm.phase == .untrusted && alarm.report == "sent", "\(alarm)")
        #expect(alarm.message(.untrusted).hasPrefix("remote '\(forged)': "), "\(alarm)")
        try fleet.declare("till: 1.1-1")
        let patched = try node.reconcile()
        #expect(try node.installed["till"] == "1.1-1", "\(patched)")
    }
}
