import FleetCore
import FleetTesting
import Foundation
import Testing

/// A disk that forgets, in a node's clone: whatever is lost, the next cycles bring the node and its reports
/// back, and never behind its mark.
///
/// The suite tries 30 damages; `PLIMSOLL_DAMAGES=n` more.
struct DamagedCloneTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["PLIMSOLL_DAMAGES"].flatMap { Int($0) } ?? 30

    private func clone(of node: LocalNode) -> String { "\(node.state)/fleet.git" }

    private let isTelling = ProcessInfo.processInfo.environment["PLIMSOLL_DAMAGES"] != nil

    @Test func `a clone that is damaged anywhere is made anew, and its chain of reports has no gap`()
        async throws
    {
        let fleet = try await LocalFleet()
        let canary = try fleet.enrol("canary-1", in: "canary")
        try fleet.publish("Enrol one")
        try await fleet.converge([canary])
        var damager = CloneDamager(clone: clone(of: canary), seed: 17)
        var repairs = 0
        for round in 1...Self.rounds {
            try fleet.write("\(round)\n", to: "notes/round")
            try fleet.publish("Round \(round)")
            // Something to tell: each second round the node is on hold.
            _ = try canary.agent(round.isMultiple(of: 2) ? ["release"] : ["hold", "--reason", "round"])
            let damage = try damager.damage()
            var outcomes: [Cycle] = []
            var isWell = false
            for _ in 1...4 where !isWell {
                let outcome = try canary.reconcile()
                outcomes.append(outcome)
                isWell = outcome.exitCode == 0 && outcome.report != "queued"
            }
            if isTelling { print("damage \(round): \(damage): \(outcomes)") }
            #expect(isWell, "\(damage): \(outcomes)")
            #expect(
                !outcomes.contains { $0.codes.contains(.untrusted) || $0.codes.contains(.identityConflict) })
            #expect(
                outcomes.last?.document["mark"]?.string == (try fleet.serverGit("rev-parse", "main")),
                "\(damage)")
            guard outcomes.contains(where: { $0.errors.contains("made anew") }) else { continue }
            repairs += 1
            try Git.run("fsck", "--full", "--strict", in: clone(of: canary))
            #expect(!FileManager.default.fileExists(atPath: "\(clone(of: canary)).anew"))
        }
        #expect(repairs > 0, "nothing was found of \(Self.rounds) damages")
        #expect(fleet.isUnbroken(try fleet.chain(of: canary)))
    }

    @Test func `without the remote a node goes on with what can still be read`() async throws {
        let fleet = try await LocalFleet()
        let canary = try fleet.enrol("canary-1", in: "canary")
        try fleet.publish("Enrol one")
        try await fleet.converge([canary])
        try FileManager.default.moveItem(atPath: fleet.server, toPath: "\(fleet.server).away")
        try canary.dpkg(["--remove", "till"])
        let unsent = try canary.reconcile()
        #expect(unsent.report == "queued")
        let unsentTip = try Git.run("rev-parse", "refs/plimsoll/status/canary-1", in: clone(of: canary))
        for name in ["refs/remotes/fleet/branch", "refs/plimsoll/status/canary-1"] {
            try Data().write(to: URL(fileURLWithPath: "\(clone(of: canary))/\(name)"))
        }
        try canary.dpkg(["--remove", "till"])
        let repaired = try canary.reconcile()
        #expect(repaired.phase == .converged && repaired.report == "queued", "\(repaired)")
        #expect(try canary.installed == ["till": "1.0-1"])
        try FileManager.default.moveItem(atPath: "\(fleet.server).away", toPath: fleet.server)
        try await fleet.cycle([canary]) { $0[0].report == "notDue" }
        // What waited in the clone that was damaged came through.
        let chain = try fleet.chain(of: canary)
        #expect(fleet.isUnbroken(chain))
        #expect(chain.contains { $0.id == unsentTip })
    }
}

/// Damages the files of a clone as disks do: a bit, an end, all of it.
private struct CloneDamager {
    let clone: String
    private var generator: SeededGenerator

    init(clone: String, seed: UInt64) {
        self.clone = clone
        generator = SeededGenerator(seed: seed)
    }

    /// - Returns: what was done, for messages.
    mutating func damage() throws -> String {
        let files = try FileManager.default.subpathsOfDirectory(atPath: clone).sorted().filter { path in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(clone)/\(path)", isDirectory: &isFolder)
            return !isFolder.boolValue && !path.hasPrefix("hooks/") && !path.hasPrefix("info/")
                && path != "description"
        }
        let file = files[generator.below(files.count)]
        let path = "\(clone)/\(file)"
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        try FileManager.default.removeItem(atPath: path)
        switch generator.below(4) {
        case 0:
            return "\(file) is gone"
        case 1:
            bytes = []
        case 2:
            bytes = Array(bytes.prefix(bytes.count / 2))
        default:
            guard !bytes.isEmpty else { break }
            bytes[generator.below(bytes.count)] ^= UInt8(1 << generator.below(8))
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return "\(file), \(bytes.count) bytes left"
    }
}
