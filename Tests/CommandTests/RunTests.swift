import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// `plimsoll-agent run`, and agents that are killed.
struct RunTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func runFollowsTheBranchUntilItIsStopped(signal: Int32) async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        let agent = try node.startAgent("run")
        try await eventually("till 1.0-1") { try node.installed == ["till": "1.0-1"] }
        try fleet.declare("till: 1.1-1")
        try await eventually("a report of till 1.1-1") {
            let report = try fleet.report(of: node)
            return try report.phase == .converged && report.commit.hex == fleet.tip
        }
        #expect(agent.end(by: signal) == 0)
        #expect(try node.processes.isEmpty)
        #expect(try node.installed == ["till": "1.1-1"])
        // Nobody looks on, so the log is for programs: one JSON object a line.
        let lines = agent.errors.split(separator: "\n")
        #expect(lines.count >= 4)
        for line in lines {
            let entry = try JSONValue(parsing: Array(line.utf8))
            #expect(entry["level"]?.string != nil && entry["time"]?.string != nil, "\(line)")
        }
        #expect(agent.errors.contains("stopped"))
    }

    @Test func aStopWaitsForTheCycleThatIsChangingPackages() async throws {
        let gate = try TemporaryFolder("gate")
        // The installation says that it has begun, and goes on when it may.
        let patient = "touch \(gate.path)/begun; while ! test -e \(gate.path)/open; do sleep 0.05; done"
        let fleet = try await LocalFleet([
            LocalFleet.till("1.0-1"), SandboxPackage("till", "1.1-1", scripts: ["preinst": patient]),
        ])
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.1-1")
        let agent = try node.startAgent("run")
        try await eventually("a change that begins") { gate.exists("begun") }
        kill(agent.process, SIGTERM)
        try gate.write("", to: "open")
        #expect(agent.end(by: 0) == 0)
        #expect(try node.processes.isEmpty)
        #expect(try node.installed == ["till": "1.1-1"])
        #expect(try fleet.report(of: node).phase == .converged)
    }

    /// What is killed: the agent alone, or with it everything that it started, as by a power cut.
    enum Victim: String, CaseIterable {
        case agent
        case agentAndManager
    }

    @Test(arguments: [(Victim.agent, 20), (Victim.agentAndManager, 12)])
    func whatIsKilledAtAnyMomentIsRepairedByTheNextCycle(victim: Victim, rounds: Int) async throws {
        let fleet = try await LocalFleet(["1.0-1", "1.1-1"].map(slowTill))
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        var seed = SeededGenerator(seed: 4711)
        try fleet.declare("till: 1.1-1")
        // How long a cycle with a transaction takes here, now.
        let length = try ContinuousClock().measure { _ = try node.reconcile() }
        var interrupted = 0
        for round in 0..<rounds {
            let version = ["1.0-1", "1.1-1"][round % 2]
            try fleet.declare("till: \(version)")
            let agent = try node.startAgent("reconcile")
            // Any moment of the cycle, and any moment of the transaction, which is the shorter part.
            let share = Double(seed.below(1_000)) / 1_000
            if seed.once(in: 2) {
                while try agent.isRunning && !hasIntent(node) { usleep(1_000) }
                usleep(UInt32(100_000 * share))
            } else {
                usleep(UInt32(length / .microseconds(1) * share))
            }
            if victim == .agentAndManager {
                for process in try node.processes { kill(process, SIGKILL) }
            }
            agent.end(by: SIGKILL)
            if try hasIntent(node) { interrupted += 1 }
            // The manager that is left alone is never killed, and may still have its locks.
            try await fleet.converge([node])
            #expect(try node.installed == ["till": version], "round \(round)")
            #expect(try node.dpkg(["--audit"]).text.isEmpty, "round \(round)")
        }
        #expect(interrupted >= rounds / 4)
        #expect(fleet.isUnbroken(try fleet.chain(of: node)))
        try fleet.serverGit("fsck", "--strict")
    }

    /// A till whose installation takes a while.
    private func slowTill(_ version: String) -> SandboxPackage {
        SandboxPackage("till", version, scripts: ["preinst": "sleep 0.05", "postinst": "sleep 0.05"])
    }

    /// Whether a transaction has begun and not ended.
    private func hasIntent(_ node: LocalNode) throws -> Bool {
        let state = try JSONValue(parsing: node.bytes(of: "\(node.state)/state.json") ?? [])
        return state["state"]?["intent"]?.isNull == false
    }
}
