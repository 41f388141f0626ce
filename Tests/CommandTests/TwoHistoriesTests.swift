import FleetCore
import FleetTesting
import Testing

/// A server that shows canaries and stores different branches: true ones, but not the same.
struct TwoHistoriesTests {
    private let fleet: LocalFleet
    private let canaries: [LocalNode]
    private let store: LocalNode

    /// A canary and a store that have till 1.0-1.
    init() async throws {
        fleet = try await LocalFleet()
        canaries = try fleet.enrol(1, in: "canary")
        store = try fleet.enrol(1, in: "stores")[0]
        try await fleet.converge(canaries + [store])
    }

    /// Has the canaries end their soak of what is declared.
    private func soak() async throws {
        try await fleet.cycle(canaries) { _ in
            let report = try fleet.report(of: canaries[0])
            return report.proven.contains {
                $0.declaration == report.baseline.declared && $0.healthyFor >= TimeSpan(seconds: 1)
            }
        }
    }

    private func show(_ commit: String) throws {
        try fleet.serverGit("update-ref", "refs/heads/main", commit)
    }

    @Test func aStoreThatIsShownAnOlderBranchWaitsForTheCommitOfItsCanaries() async throws {
        let declared = try fleet.declare("till: 1.1-1")
        try fleet.write("A word.\n", to: "README.md")
        let later = try fleet.publish("Say a word")
        try await soak()
        #expect(try fleet.report(of: canaries[0]).commit.hex == later)

        // A mirror that lags has the declaration, and not the commit that the canary follows.
        try show(declared)
        for _ in 0..<2 {
            let cycle = try store.reconcile()
            #expect(cycle.exitCode == 0 && cycle.phase == .waiting, "\(cycle)")
            #expect(cycle.codes == [.tooFewHealthy, .peerAhead], "\(cycle)")
            #expect(cycle.message(.peerAhead).contains("canary-1"), "\(cycle)")
            #expect(try store.installed == ["till": "1.0-1"])
        }
        #expect(try fleet.report(of: store).reasons.contains { $0.code == .peerAhead })

        try show(later)
        let cycle = try store.reconcile()
        #expect(cycle.phase == .converged, "\(cycle)")
        #expect(try store.installed == ["till": "1.1-1"])
    }

    @Test func aCanaryOnAnotherHistoryIsAnAlarm() async throws {
        // The canary is shown one commit on top of the base, which a person has signed.
        let base = try fleet.tip
        try fleet.git("switch", "--quiet", "--create", "beside")
        try fleet.write("Beside.\n", to: "BESIDE.md")
        let beside = try Git.commit("Write beside", in: fleet.clone, signedWith: fleet.operatorKey.path)
        try fleet.git("switch", "--quiet", "main")
        try fleet.declare("till: 1.1-1")
        try await soak()
        let followed = try fleet.report(of: canaries[0]).commit.hex
        #expect(followed == (try fleet.tip))

        // The store is shown a merge whose first parent lacks the very commit that the canary follows.
        try fleet.git("reset", "--quiet", "--hard", beside)
        try fleet.git("merge", "--quiet", "--no-ff", "--message", "Merge what is beside", followed)
        try fleet.push()
        #expect(try fleet.git("merge-base", "HEAD", base) == base)
        for _ in 0..<2 {
            let cycle = try store.reconcile()
            #expect(cycle.exitCode == 0 && cycle.phase == .waiting, "\(cycle)")
            #expect(cycle.codes == [.tooFewHealthy, .fork], "\(cycle)")
            #expect(
                cycle.message(.fork).contains("canary-1; somebody shows this fleet two branches"), "\(cycle)")
            #expect(try store.installed == ["till": "1.0-1"])
        }
        // The canary, for its part, does not leave the history that it has authenticated.
        let canary = try canaries[0].reconcile()
        #expect(canary.exitCode == 77 && canary.codes.contains(.untrusted), "\(canary)")
    }
}
