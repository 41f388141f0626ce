import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// A maintainer script hangs: the node reports it with the tree of processes, and waits, for the manager is
/// never killed.
struct HangingScriptTests {
    private let fleet: LocalFleet
    private let node: LocalNode

    init() async throws {
        // The script waits for a person. What it is called with is nobody's business.
        let script = """
            sh -c 'while test ! -e "$0"; do sleep 0.05; done' "$DPKG_ROOT/../go" --password=hunter2
            """
        fleet = try await LocalFleet(
            LocalFleet.tills + [SandboxPackage("till", "1.3-1", scripts: ["postinst": script])])
        node = try fleet.enrol(1, in: "canary")[0]
        try node.configure(besides: "managerDeadline: 1s")
        #expect(try node.reconcile().phase == .converged)
        try fleet.declare("till: 1.3-1")
    }

    /// Waits until the server has a report that says so, and returns it.
    private func awaitStalled() throws -> Report {
        try eventuallyHere("the node reports that it is stalled") {
            try fleet.report(of: node).phase == .stalled
        }
        return try fleet.report(of: node)
    }

    private func goOn() throws { try fleet.folder.write("", to: "nodes/canary-1/go") }

    @Test func theNodeSaysSoAndTheChangeIsEndedWhenTheScriptGoesOn() throws {
        let agent = try node.startAgent("reconcile")
        let report = try awaitStalled()
        let reason = try #require(report.reasons.first { $0.code == .managerStalled })
        #expect(reason.message.contains("apt-get"), "\(reason)")
        #expect(reason.message.contains("postinst of till"), "\(reason)")
        let lines = report.findings.map(\.message)
        #expect(report.findings.allSatisfy { $0.code == "stalledProcess" })
        #expect(lines.first?.contains(" apt-get, ") == true, "\(lines)")
        #expect(lines.contains { $0.contains(" dpkg, ") }, "\(lines)")
        #expect(lines.contains { $0.contains(" postinst of till, ") }, "\(lines)")
        #expect(!String(decoding: report.documentBytes, as: UTF8.self).contains("hunter2"))
        #expect(report.transaction?.result == .begun)
        #expect(agent.isRunning)
        // Looked at again and again, said once; and nobody is killed.
        let count = try fleet.chain(of: node).count
        let script = try #require(
            lines.first { $0.contains("postinst of till") }?.split(separator: " ").first)
        #expect(kill(try #require(pid_t(script)), 0) == 0)
        try goOn()
        #expect(agent.end(by: 0) == 0)
        let chain = try fleet.chain(of: node)
        #expect(chain.last?.report.phase == .converged && chain.count == count + 1)
        #expect(chain.last?.report.findings.isEmpty == true)
        #expect(fleet.isUnbroken(chain))
        #expect(try node.installed == ["till": "1.3-1"])
    }

    @Test func theManagerOutlivesTheAgentAndTheNextCycleTellsOfIt() throws {
        let agent = try node.startAgent("reconcile")
        let report = try awaitStalled()
        agent.end(by: SIGKILL)
        let cycle = try node.reconcile()
        #expect(cycle.phase == .stalled && cycle.exitCode == 1, "\(cycle)")
        #expect(cycle.codes.isSuperset(of: [.managerStalled, .packagesLocked]), "\(cycle)")
        // What the script itself starts comes and goes meanwhile.
        let findings = try fleet.report(of: node).findings
        #expect(Set(findings.map(\.code)) == Set(report.findings.map(\.code)))
        #expect(findings.contains { $0.message.contains(" postinst of till, ") }, "\(findings)")
        try goOn()
        try eventuallyHere("apt has ended") { try node.reconcile().phase == .converged }
        #expect(try node.installed == ["till": "1.3-1"])
        #expect(fleet.isUnbroken(try fleet.chain(of: node)))
    }

    @Test func aStopOfTheAgentIsNoStopOfTheManager() throws {
        let agent = try node.startAgent("run")
        _ = try awaitStalled()
        kill(agent.process, SIGTERM)
        let line = try #require(try fleet.report(of: node).findings.first?.message)
        let manager = try #require(line.split(separator: " ").first.flatMap { pid_t($0) })
        #expect(kill(manager, 0) == 0 && agent.isRunning)
        try goOn()
        #expect(agent.end(by: 0) == 0)
        #expect(try node.installed == ["till": "1.3-1"])
    }
}
