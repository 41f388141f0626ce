import FleetCore
import FleetTesting

/// What the server has of the nodes' reports.
extension LocalFleet {
    /// A node's newest report, as its branch `latest/` has it.
    func report(of node: LocalNode) throws -> Report {
        try report(at: "latest/\(node.name)")
    }

    /// The receipt beside a node's newest report; nil if nothing was admitted yet.
    func receipt(of node: LocalNode) throws -> Receipt? {
        let text = try run(
            ["git", "show", "latest/\(node.name):receipt.json"], in: server, environment: Git.environment)
        return text.exitCode == 0 ? Receipt(json: try JSONValue(parsing: text.output)) : nil
    }

    /// A node's whole chain, oldest first, as its branch `status/` has it.
    func chain(of node: LocalNode) throws -> [(id: String, parents: [String], report: Report)] {
        let log = try serverGit("log", "--reverse", "--format=%H %P", "status/\(node.name)")
        return try log.split(separator: "\n").map { line in
            let ids = line.split(separator: " ").map(String.init)
            return (ids[0], Array(ids.dropFirst()), try report(at: ids[0]))
        }
    }

    /// Whether a chain has every number from 1 on, and every report names the one before, as its commit does.
    func isUnbroken(_ chain: [(id: String, parents: [String], report: Report)]) -> Bool {
        chain.indices.allSatisfy { index in
            let before = index == 0 ? [] : [chain[index - 1].id]
            let entry = chain[index]
            return entry.report.sequence == index + 1 && entry.parents == before
                && [entry.report.previous].compactMap { $0?.hex } == before
        }
    }

    private func report(at revision: String) throws -> Report {
        let text = try runSuccessfully(
            ["git", "show", "\(revision):report.json"], in: server, environment: Git.environment)
        return try Report(parsing: text.output)
    }
}
