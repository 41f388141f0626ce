import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// What stops a change before it begins: the node says so, tries again, and counts no attempt.
struct ObstacleTests {
    /// The node is blocked for this reason and has changed nothing.
    private func expectBlocked(
        _ node: LocalNode, by code: Reason.Code, _ words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try node.databaseBytes
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 1 && cycle.phase == .blocked, "\(cycle)", sourceLocation: sourceLocation)
        for word in words {
            #expect(cycle.message(code).contains(word), "\(cycle)", sourceLocation: sourceLocation)
        }
        #expect(try node.databaseBytes == before, sourceLocation: sourceLocation)
        let report = try node.fleet.report(of: node)
        #expect(report.phase == .blocked && report.failed.isEmpty, sourceLocation: sourceLocation)
        #expect(report.reasons.contains { $0.code == code }, sourceLocation: sourceLocation)
    }

    /// A fleet with one node that has till 1.0-1.
    private func convergedNode(
        _ offered: [SandboxPackage] = LocalFleet.tills
    ) async throws -> (LocalFleet, LocalNode) {
        let fleet = try await LocalFleet(offered)
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        return (fleet, node)
    }

    @Test func aPackageThatNoSourceHasIsBlockedAndWhatIsOfferedIsSaid() async throws {
        let (fleet, node) = try await convergedNode()
        try fleet.declare("till: 1.3-1")
        try expectBlocked(node, by: .packageUnavailable, "till", "1.3-1", "2.0-1")
        // The mirror was twenty minutes late; the next try after the back-off has it.
        try await fleet.packages.add([LocalFleet.till("1.3-1")])
        try await fleet.converge([node])
        #expect(try node.installed == ["till": "1.3-1"])
    }

    @Test func aRefusedPlanSaysTheLineThatWouldPermitIt() async throws {
        let (fleet, node) = try await convergedNode(
            LocalFleet.tills + [
                SandboxPackage("scanner", "1.0-1", depends: "libscan"), SandboxPackage("libscan", "3.0-1"),
            ])
        try fleet.declare("till: 1.0-1", "scanner: 1.0-1")
        let line = "libscan: {version: 3.0-1, install: false}"
        try expectBlocked(node, by: .planRefused, "libscan", line)
        try fleet.declare("till: 1.0-1", "scanner: 1.0-1", line)
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed["libscan"] == "3.0-1")
    }

    @Test func aRemovalThatTheBaselineDoesNotNameIsRefused() async throws {
        let (fleet, node) = try await convergedNode(
            LocalFleet.tills + [SandboxPackage("kiosk", "1.0-1", fields: ["Conflicts: till"])])
        try fleet.declare("kiosk: 1.0-1")
        try expectBlocked(node, by: .planRefused, "till: absent")
        try fleet.declare("kiosk: 1.0-1", "till: absent")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["kiosk": "1.0-1"])
    }

    @Test func aBaselineForAnotherSystemIsNotApplied() async throws {
        let (fleet, node) = try await convergedNode()
        try fleet.declare("till: 1.1-1", besides: ["for: {id: plan9, version: \"4\"}"])
        let cycle = try node.reconcile()
        #expect(cycle.codes.contains(.systemMismatch), "\(cycle)")
        #expect(cycle.message(.systemMismatch).contains("plan9"))
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func aLockOfAptsListsBlocksWithoutAnAttempt() async throws {
        let (fleet, node) = try await convergedNode()
        try await fleet.packages.add([LocalFleet.till("1.3-1")])
        try fleet.declare("till: 1.3-1")
        let lists = try runSuccessfully(["find", "\(node.state)/apt", "-path", "*indexes*", "-name", "lock"])
            .lines
        let holder = try HeldProcess.holding(try #require(lists.first))
        try expectBlocked(node, by: .packagesLocked, "lock", "\(holder.process)")
        holder.end()
        try await fleet.converge([node])
        #expect(try node.installed == ["till": "1.3-1"])
    }

    @Test func anotherPackageManagersTransactionBlocksWithoutAnAttempt() async throws {
        let (fleet, node) = try await convergedNode()
        try fleet.declare("till: 1.1-1")
        let holder = try HeldProcess.holding("\(node.database)/lock-frontend")
        try expectBlocked(node, by: .packagesLocked, "lock-frontend", "\(holder.process)")
        #expect(try node.installed == ["till": "1.0-1"])
        holder.end()
        try await fleet.converge([node])
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func aRemoteThatIsAwayStopsNeitherRepairNorReports() async throws {
        let (fleet, node) = try await convergedNode()
        try FileManager.default.moveItem(atPath: fleet.server, toPath: "\(fleet.server).away")
        try node.dpkg(["--remove", "till"])
        let cycle = try node.reconcile()
        #expect(cycle.exitCode == 69 && cycle.codes.contains(.remoteAway), "\(cycle)")
        #expect(cycle.report == "queued")
        #expect(try node.installed == ["till": "1.0-1"])
        try FileManager.default.moveItem(atPath: "\(fleet.server).away", toPath: fleet.server)
        let mended = try node.reconcile()
        #expect(mended.exitCode == 0 && mended.report == "sent", "\(mended)")
        let chain = try fleet.chain(of: node)
        #expect(fleet.isUnbroken(chain))
        // The repair that nobody could hear of is in the chain now.
        #expect(chain.contains { $0.report.reasons.contains { $0.code == .remoteAway } })
    }

    @Test(.enabled(if: getuid() == 0, "mounts a small file system"))
    func aFullDiskIsSaidAndRoomMendsIt() async throws {
        let (fleet, node) = try await convergedNode()
        let small = try fleet.folder.makeFolder("small")
        try runSuccessfully(["mount", "-t", "tmpfs", "-o", "size=1m", "plimsoll-test", small])
        defer { _ = try? run(["umount", "--lazy", small]) }
        try FileManager.default.removeItem(atPath: "\(node.state)/apt")
        try runSuccessfully(["cp", "-a", node.state, "\(small)/state"])
        try node.configure(state: "\(small)/state")
        #expect(try node.reconcile().exitCode == 0)
        // A commit that does not fit.
        var random = SystemRandomNumberGenerator()
        let noise = (0..<200_000).map { _ in String(random.next(), radix: 36) }.joined(separator: "\n")
        try fleet.write(noise, to: "docs/noise.txt")
        try fleet.declare("till: 1.1-1")
        let before = try node.databaseBytes
        let full = try node.reconcile()
        #expect(full.exitCode == 1 && full.codes.contains(.noSpace), "\(full)")
        #expect(try node.databaseBytes == before)
        try runSuccessfully(["mount", "-o", "remount,size=64m", small])
        let mended = try node.reconcile()
        #expect(mended.exitCode == 0 && mended.phase == .converged, "\(mended)")
        #expect(try node.installed == ["till": "1.1-1"])
    }
}
