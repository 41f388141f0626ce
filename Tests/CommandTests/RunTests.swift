import FleetCore
import FleetTesting
import Foundation
import Glibc
import Testing

/// `plimsoll-agent run`, and agents that are killed.
struct RunTests {
    private func start(_ node: LocalNode, _ arguments: String...) throws -> HeldProcess {
        try HeldProcess(
            [BuiltProgram.path("plimsoll-agent")] + arguments + ["--config", node.configuration],
            environment: Git.environment)
    }

    /// The processes whose command line names the node's configuration.
    private func processes(of node: LocalNode) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
            else { return false }
            return String(decoding: line, as: UTF8.self).contains(node.configuration)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func runFollowsTheBranchUntilItIsStopped(signal: Int32) async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        let agent = try start(node, "run")
        try await eventually("till 1.0-1") { try node.installed == ["till": "1.0-1"] }
        try fleet.declare("till: 1.1-1")
        try await eventually("a report of till 1.1-1") {
            let report = try fleet.report(of: node)
            return try report.phase == .converged && report.commit.hex == fleet.tip
        }
        #expect(agent.end(by: signal) == 0)
        #expect(try processes(of: node).isEmpty)
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
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.1-1")
        let holder = try HeldProcess.holding("\(node.database)/lock-frontend")
        let agent = try start(node, "run")
        try await eventually("a change that begins") { try fleet.report(of: node).phase == .converging }
        kill(agent.process, SIGTERM)
        holder.end()
        #expect(agent.end(by: 0) == 0)
        #expect(try processes(of: node).isEmpty)
        #expect(try node.installed == ["till": "1.1-1"])
        #expect(try fleet.report(of: node).phase == .converged)
    }

    @Test func anAgentThatIsKilledAtAnyMomentIsRepairedByItsNextCycle() async throws {
        let versions = ["1.1-1", "1.2-1"]
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        #expect(try node.reconcile().phase == .converged)
        var seed = SeededGenerator(seed: 4711)
        let clock = ContinuousClock()
        try fleet.declare("till: 1.1-1")
        // How long a cycle with a transaction takes here, now: the kills are spread over it.
        let length = try clock.measure { _ = try node.reconcile() }
        var killed = 0
        for round in 0..<20 {
            let version = versions[(round + 1) % 2]
            try fleet.declare("till: \(version)")
            let agent = try start(node, "reconcile")
            let moment = length * (Double(seed.below(1_000)) / 1_000)
            try await Task.sleep(for: moment)
            if agent.end(by: SIGKILL) == 128 + SIGKILL { killed += 1 }
            // What the agent left running may still have the locks: the manager is never killed.
            try await fleet.cycle([node]) { cycles in
                cycles.allSatisfy { $0.exitCode == 0 && $0.phase == .converged }
            }
            #expect(try node.installed == ["till": version], "round \(round)")
            #expect(try node.dpkg(["--audit"]).text.isEmpty, "round \(round)")
        }
        #expect(killed >= 10)
        #expect(fleet.isUnbroken(try fleet.chain(of: node)))
        try fleet.serverGit("fsck", "--strict")
    }
}
