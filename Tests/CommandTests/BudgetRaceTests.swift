import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc
import Testing

/// Agents of one site, each a process with its own root, whose group lets two of them be in change or
/// failed. They come at the same moment, and some are killed.
///
/// The test suite lets 20 race; `make race` 50, or `AGENTS=n`.
struct BudgetRaceTests {
    private static let agents =
        ProcessInfo.processInfo.environment["PLIMSOLL_RACE_AGENTS"].flatMap { Int($0) } ?? 20
    private static let ledger = "claims/canary/berlin-3"
    private static let unavailable = 2

    /// A fleet whose nodes have nothing installed yet, behind a Git server.
    private func fleet(_ count: Int) async throws -> (LocalFleet, [LocalNode], GitServer) {
        let fleet = try await LocalFleet([])
        try await fleet.packages.add([RaceRecord.till("1.0-1", in: fleet.folder)])
        try RaceRecord.watch(fleet)
        let budget = "budget: {unavailable: \(Self.unavailable), per: site}"
        try fleet.write(LocalFleet.group("gate: none", budget), to: "groups/canary/group.yaml")
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/stores/group.yaml")
        let server = try GitServer(.daemon, root: fleet.folder.path)
        let nodes = try (1...count).map { number in
            let node = try fleet.enrol("atm-\(number)", in: "canary", besides: "labels: {site: berlin-3}\n")
            try node.configure(remote: server.url("server.git"))
            return node
        }
        try fleet.publish("Enrol \(count) of one site")
        return (fleet, nodes, server)
    }

    /// One of the processes of a round.
    private struct Runner {
        let node: LocalNode
        let process: HeldProcess
        /// When it is killed, whatever it does then; nil if it is not.
        let fate: ContinuousClock.Instant?
    }

    /// Starts a cycle of each node, all at once, and waits until all have ended.
    ///
    /// - Parameters:
    ///   - fate: how long after its start an agent is killed; nil for one that is let live.
    ///   - victims: of so many agents is each killed as soon as the ledger has its claim.
    /// - Returns: who was killed.
    private func round(
        _ nodes: [LocalNode], in fleet: LocalFleet, victims: Int = 0, fate: () -> Duration?
    ) throws -> (killed: Set<String>, withClaim: Set<String>) {
        let clock = ContinuousClock()
        var running = try nodes.map { node in
            Runner(
                node: node, process: try node.startAgent("reconcile"), fate: fate().map { clock.now + $0 })
        }
        var killed: Set<String> = []
        var withClaim: Set<String> = []
        while !running.isEmpty {
            var claimants: Set<String> = []
            if withClaim.count < victims, fleet.serverHas(Self.ledger) {
                claimants = Set(try RaceRecord.chain(Self.ledger, in: fleet).map { $0[1] })
            }
            running = running.filter { runner in
                guard runner.process.isRunning else {
                    let code = runner.process.end(by: 0)
                    #expect(code == 0, "\(runner.node.name): \(runner.process.errors)")
                    return false
                }
                let hasClaim = claimants.contains(runner.node.name) && withClaim.count < victims
                guard hasClaim || runner.fate.map({ $0 <= clock.now }) ?? false else { return true }
                guard runner.process.end(by: SIGKILL) == 128 + SIGKILL else { return false }
                killed.insert(runner.node.name)
                if hasClaim { withClaim.insert(runner.node.name) }
                return false
            }
            usleep(5_000)
        }
        return (killed, withClaim)
    }

    @Test func ofManyProcessesNeverMoreThanTwoAreInChangeThoughSomeAreKilled() async throws {
        let count = Self.agents
        let (fleet, nodes, server) = try await fleet(count)
        defer { server.stop() }
        var seed = SeededGenerator(seed: 4711)
        // The first two that have claimed die of it: they count as failed, and nobody else may begin.
        let first = try round(nodes, in: fleet, victims: Self.unavailable) {
            seed.once(in: 8) ? .milliseconds(seed.below(3_000)) : nil
        }
        #expect(first.withClaim.count == Self.unavailable, "\(first)")
        let claimed = try RaceRecord(of: fleet, ledger: Self.ledger).claims.filter { $0.ended == nil }
        #expect(Set(claimed.map(\.node)) == first.withClaim)

        var killed = first.killed.count
        var rounds = 1
        var late = try nodes.filter { try !$0.hasConverged }
        while !late.isEmpty {
            rounds += 1
            try #require(rounds <= 60, "\(late.map(\.name)) wait for ever")
            // Twice all at once; after that a few at a time, for two cores have enough to do with eight. In the
            // end nobody is killed any more, and all must get through.
            killed += try round(Array(late.prefix(rounds <= 2 ? count : 8)), in: fleet) {
                rounds <= 4 && seed.once(in: 8) ? .milliseconds(seed.below(3_000)) : nil
            }.killed.count
            late = try late.filter { try !$0.hasConverged }
        }
        for node in nodes { #expect(try node.installed == ["till": "1.0-1"]) }
        try expectTheBudgetWasKept(in: fleet, by: nodes)
        #expect(killed > Self.unavailable, "\(killed) killed in \(rounds) rounds")
    }

    /// As stock git and the packages' own scripts tell it.
    private func expectTheBudgetWasKept(in fleet: LocalFleet, by nodes: [LocalNode]) throws {
        let record = try RaceRecord(of: fleet, ledger: Self.ledger)
        #expect(record.mostClaimed == Self.unavailable)
        #expect((1...Self.unavailable).contains(record.mostChanged), "\(record.mostChanged) at once")
        #expect(record.sent > record.claims.count, "nobody raced")
        let names = Set(nodes.map(\.name))
        #expect(Set(record.claims.map(\.node)) == names && Set(record.work.keys) == names)
        #expect(record.claims.allSatisfy { $0.ended != nil })
        // Nothing was lost: one chain, every link of which was sent by a node and is signed.
        let chain = try RaceRecord.chain(Self.ledger, in: fleet)
        #expect(chain.first?.count == 2)
        for (before, row) in zip(chain, chain.dropFirst()) { #expect(row.count == 3 && row[2] == before[0]) }
        for node in nodes { #expect(fleet.isUnbroken(try fleet.chain(of: node)), "\(node.name)") }
        try fleet.serverGit("fsck", "--strict")
    }
}

extension LocalFleet {
    /// Whether the server has a branch.
    fileprivate func serverHas(_ branch: String) -> Bool {
        (try? serverGit("rev-parse", "--verify", "--quiet", "refs/heads/\(branch)")) != nil
    }
}

extension LocalNode {
    /// Whether the newest report that the server has says so.
    fileprivate var hasConverged: Bool {
        get throws {
            try fleet.serverHas("latest/\(name)") && fleet.report(of: self).phase == .converged
        }
    }
}
