import FleetCore
import FleetTesting
import Testing

/// What a hostile Git server, or one hostile node, can do to the evidence of the others.
struct HostileEvidenceTests {
    /// Ten canaries would be many processes; three of which two suffice ask the same question.
    private func lenientFleet() async throws -> (
        fleet: LocalFleet, canaries: [LocalNode], stores: [LocalNode]
    ) {
        let fleet = try await LocalFleet()
        try fleet.write(
            LocalFleet.group("gate: {after: [canary], soak: 1s, healthy: 2, failures: 0}"),
            to: "groups/stores/group.yaml")
        let canaries = try fleet.enrol(3, in: "canary")
        let stores = try fleet.enrol(1, in: "stores")
        try await fleet.converge(canaries + stores)
        return (fleet, canaries, stores)
    }

    @Test func aServerThatHidesAFailureThatWasSeenOpensNoGate() async throws {
        let (fleet, canaries, stores) = try await lenientFleet()
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(canaries)
        try fleet.folder.write("stuck", to: "nodes/canary-3/root/usr/share/till/broken")
        #expect(try canaries[2].reconcile().phase == .degraded)
        let closed = try stores[0].reconcile()
        #expect(closed.codes.contains(.canaryFailed), "\(closed)")

        for name in ["status/canary-3", "latest/canary-3"] {
            try fleet.serverGit("update-ref", "-d", "refs/heads/\(name)")
        }
        for _ in 0..<3 {
            let cycle = try stores[0].reconcile()
            #expect(cycle.phase == .waiting && cycle.codes.contains(.canaryFailed), "\(cycle)")
        }
        #expect(try stores[0].installed == ["till": "1.0-1"])
    }

    @Test func aNodeThatPublishesRubbishSpoilsNothingButItsOwnTestimony() async throws {
        let (fleet, canaries, stores) = try await lenientFleet()
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(canaries)
        // Noise does not compress: four mebibytes in one commit, under the name of canary-3's newest report.
        let rubbish = fleet.folder.path("rubbish")
        try runSuccessfully(["sh", "-c", #"head -c 4194304 /dev/urandom > "$0""#, rubbish])
        let blob = try fleet.serverGit("hash-object", "-w", rubbish)
        let tree = try runSuccessfully(
            ["git", "mktree"], in: fleet.server, environment: Git.environment,
            input: Array("100644 blob \(blob)\treport.json\n".utf8)
        ).text
        let commit = try fleet.serverGit(
            "-c", "user.name=x", "-c", "user.email=x@example.com", "commit-tree", "-m", "x", tree)
        try fleet.serverGit("update-ref", "refs/heads/latest/canary-3", commit)
        try await fleet.converge(Array(canaries[..<2]) + stores)
        #expect(try stores[0].installed == ["till": "1.1-1"])
    }
}
