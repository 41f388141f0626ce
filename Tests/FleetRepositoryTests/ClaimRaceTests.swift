import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// Fifty agents, each on a thread of its own with a clone of its own, race for two places in one ledger of a
/// real repository.
struct ClaimRaceTests {
    /// Whose turn it is, and what has happened; each agent asks it from its own thread.
    private final class Race: @unchecked Sendable {
        private let condition = NSCondition()
        /// How many may look now. At first all do, later one whenever somebody has ended.
        private var turns: Int
        private var changing: Set<NodeName> = []
        private var running: Int
        private(set) var most = 0
        private(set) var overtaken = 0
        private(set) var refused = 0
        private(set) var finished: [NodeName] = []
        private(set) var failures: [String] = []

        init(_ count: Int) {
            turns = count
            running = count
        }

        private func locked<Value>(_ body: () -> Value) -> Value {
            condition.lock()
            defer { condition.unlock() }
            return body()
        }

        /// Waits for a turn.
        func awaitTurn() {
            condition.lock()
            while turns == 0 { condition.wait() }
            turns -= 1
            condition.unlock()
        }

        func begins(_ node: NodeName) {
            locked {
                changing.insert(node)
                most = max(most, changing.count)
            }
        }

        /// Its change is over; told before its report can be seen.
        func ends(_ node: NodeName) { locked { _ = changing.remove(node) } }

        /// Its report is out, so others may look again.
        func hasReported(_ node: NodeName) {
            locked {
                finished.append(node)
                turns += 1
                condition.broadcast()
            }
        }

        func wasOvertaken() { locked { overtaken += 1 } }
        func wasRefused() { locked { refused += 1 } }

        func leaves(_ failure: String?) {
            locked {
                running -= 1
                if let failure { failures.append(failure) }
                // Nobody waits for one that has failed.
                if failure != nil { turns += 50 }
                condition.broadcast()
            }
        }

        func awaitAll() {
            condition.lock()
            while running > 0 { condition.wait() }
            condition.unlock()
        }
    }

    private static let budget = Budget(unavailable: 2, per: "site")

    /// What an agent does until it has changed: as the reconciler does it, without packages.
    private static func run(_ agent: ClaimAgent, in race: Race) throws {
        while true {
            race.awaitTurn()
            guard try claims(agent, in: race) else { continue }
            race.begins(agent.node)
            race.ends(agent.node)
            try agent.report(.converged)
            race.hasReported(agent.node)
            return
        }
    }

    private static func claims(_ agent: ClaimAgent, in race: Race) throws -> Bool {
        while true {
            let reading = try agent.ledger.reading(of: ClaimFleet.ledger)
            let answer = budget.answer(
                to: agent.node, for: Declaration("B", by: 2), lastReport: agent.sequence,
                in: ClaimFleet.ledger, claimants: reading.claimants)
            guard case .open = answer else {
                race.wasRefused()
                return false
            }
            switch agent.ledger.deliver(agent.claim(), after: reading.tip) {
            case .accepted: return true
            case .overtaken: race.wasOvertaken()
            case .refused(let why), .unreachable(let why): throw LedgerError(why)
            }
        }
    }

    @Test func `of fifty agents never more than two are in change, and all get through`() async throws {
        let count = 50
        let fleet = try ClaimFleet(nodes: count)
        var agents: [ClaimAgent] = []
        for number in 1...count { agents.append(try await fleet.agent("atm-\(number)")) }
        let race = Race(count)
        for agent in agents {
            Thread.detachNewThread {
                do {
                    try Self.run(agent, in: race)
                    race.leaves(nil)
                } catch {
                    race.leaves("\(agent.node): \(error)")
                }
            }
        }
        race.awaitAll()
        #expect(race.failures == [])
        #expect(race.most <= 2, "\(race.most) at once")
        #expect(race.overtaken + race.refused > 0, "nobody raced")
        #expect(Set(race.finished).count == count)
        // Nothing was lost: one chain, on which each has claimed once.
        let log = try Git.run(
            "log", "--reverse", "--format=%H %P %an", ClaimFleet.ledger.reference, in: fleet.server)
        let rows = log.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.count == count)
        #expect(rows.first?.count == 2)
        for (before, row) in zip(rows, rows.dropFirst()) { #expect(row.count == 3 && row[1] == before[0]) }
        #expect(Set(rows.compactMap(\.last)).count == count)
        try expectEachClaimIsSigned(rows.map { $0[0] }, in: fleet)
        #expect(try agents[0].states().values.allSatisfy { $0 == .ended })
    }

    /// Every entry is a node's own first claim, signed by that node, as stock git judges.
    private func expectEachClaimIsSigned(_ chain: [String], in fleet: ClaimFleet) throws {
        for id in chain {
            let text = try Git.run("show", "\(id):claim.json", in: fleet.server)
            let claim = try #require(Claim(parsing: Array(text.utf8)))
            #expect(claim.sequence == 0 && claim.kind == .claim)
        }
        let signers = fleet.keys.map { "\($0)@harbour namespaces=\"git\" \($1.publicKey)\n" }.joined()
        let file = try fleet.folder.write(signers, to: "signers")
        let verdicts = try Git.run(
            "-c", "gpg.ssh.allowedSignersFile=\(file)", "log", "--format=%G? %GS %ae",
            ClaimFleet.ledger.reference, in: fleet.server)
        for line in verdicts.split(separator: "\n").map({ $0.split(separator: " ") }) {
            #expect(line.count == 3 && line[0] == "G" && line[1] == line[2])
        }
    }

    @Test func `a place whose agent has died is lost to all others, and the rest goes on`() async throws {
        let count = 6
        let fleet = try ClaimFleet(nodes: count + 1)
        let dead = try await fleet.agent("atm-\(count + 1)")
        #expect(try dead.claimNow() == .accepted)
        let race = Race(count)
        var agents: [ClaimAgent] = []
        for number in 1...count { agents.append(try await fleet.agent("atm-\(number)")) }
        for agent in agents {
            Thread.detachNewThread {
                do {
                    try Self.run(agent, in: race)
                    race.leaves(nil)
                } catch {
                    race.leaves("\(agent.node): \(error)")
                }
            }
        }
        race.awaitAll()
        #expect(race.failures == [])
        #expect(race.most == 1)
        #expect(race.finished.count == count)
        #expect(try agents[0].states()[dead.node.description] == .silent)
    }
}
