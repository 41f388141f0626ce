import FleetCore
import FleetTesting
import Testing

struct ReportChainTests {
    /// Stock git's judgement of every commit of a branch: `G` is good.
    private func judgement(of branch: String, in fleet: LocalFleet, signers: String) throws -> Set<String> {
        let log = try fleet.serverGit(
            "-c", "gpg.ssh.allowedSignersFile=\(signers)", "log", "--format=%G? %GS", branch)
        return Set(log.split(separator: "\n").map(String.init))
    }

    @Test func stockGitFindsEveryReportSignedByItsNodeAndNoNumberMissing() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(1, in: "canary") + fleet.enrol(1, in: "stores")
        try await fleet.converge(nodes)
        try fleet.declare("till: 2.0-1")
        for node in nodes { _ = try node.reconcile() }
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(nodes)

        // Who may have signed is taken from the nodes' files in the fleet repository.
        var signers = ""
        for (node, group) in zip(nodes, ["canary", "stores"]) {
            let file = try fleet.git("show", "HEAD:groups/\(group)/nodes/\(node.name).yaml")
            let key = try #require(file.split(separator: "\n").first { $0.hasPrefix("key: ") }).dropFirst(5)
            signers += "\(node.name) namespaces=\"git\" \(key)\n"
        }
        let path = try fleet.folder.write(signers, to: "node_signers")
        for node in nodes {
            let expected: Set = ["G \(node.name)"]
            #expect(try judgement(of: "status/\(node.name)", in: fleet, signers: path) == expected)
            #expect(try judgement(of: "latest/\(node.name)", in: fleet, signers: path) == expected)
            try fleet.serverGit(
                "-c", "gpg.ssh.allowedSignersFile=\(path)", "verify-commit", "latest/\(node.name)")

            let chain = try fleet.chain(of: node)
            #expect(chain.count >= 4)
            #expect(fleet.isUnbroken(chain))
            #expect(
                chain.allSatisfy { "\($0.report.node)" == node.name && "\($0.report.fleet)" == "harbour" })

            let latest = try fleet.serverGit("log", "-1", "--format=%P|%B", "latest/\(node.name)")
            let tip = try fleet.serverGit("rev-parse", "status/\(node.name)")
            #expect(latest.hasPrefix("|") && latest.contains("Plimsoll-Chain: \(tip)"))
            #expect(try fleet.report(of: node) == chain.last?.report)
        }
        try fleet.serverGit("fsck", "--strict")
    }

    @Test func aQuietCycleReportsNothingAndWritesNothing() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(1, in: "canary")
        try await fleet.cycle(nodes) { $0.allSatisfy { $0.phase == .converged && $0.report == "notDue" } }
        // The soak that looks at this canary is over; from now on nothing is new.
        try await fleet.cycle(nodes) { _ in
            let before = nodes[0].bytes(of: "\(nodes[0].state)/state.json")
            _ = try nodes[0].reconcile()
            return nodes[0].bytes(of: "\(nodes[0].state)/state.json") == before
        }
        let count = try fleet.serverGit("rev-list", "--count", "status/canary-1")
        for _ in 0..<3 { #expect(try nodes[0].reconcile().report == "notDue") }
        #expect(try fleet.serverGit("rev-list", "--count", "status/canary-1") == count)
    }

    @Test func eightAgentsThatPushAtOnceLoseNoReport() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(8, in: "canary")
        for version in ["1.0-1", "1.1-1", "1.2-1"] {
            try fleet.declare("till: \(version)")
            // Each agent is a process of its own, and all of them run at the same time.
            try await withThrowingTaskGroup(of: Cycle.self) { group in
                for node in nodes {
                    group.addTask { try await node.reconcileBeside() }
                }
                for try await cycle in group {
                    #expect(cycle.exitCode == 0 && cycle.report == "sent", "\(cycle)")
                }
            }
        }
        for node in nodes {
            let memory = try JSONValue(parsing: try node.agent(["status", "--json"]).output)
            let chain = try fleet.chain(of: node)
            #expect(fleet.isUnbroken(chain))
            // Two for each version: one before the manager runs, one at the end.
            #expect(chain.count == 6)
            #expect(memory["pushed"]?.bool == true)
            #expect(memory["report"]?["sequence"]?.integer == Int64(chain.count))
        }
    }
}
