import FleetCore
import FleetPackages
import FleetTesting

/// What happened in a race for a budget, as those tell it who know nothing of budgets: the server's own log of
/// what it was sent, stock git, and the maintainer scripts of the package that is installed.
///
/// All times are of one clock, that of this machine, in nanoseconds.
struct RaceRecord {
    /// Claims that the server took, in the order of the ledger.
    private(set) var claims: [Taken] = []
    /// Claims that the server was sent, those that came too late included.
    private(set) var sent = 0
    /// When each node's package was begun first, and when it ended last.
    private(set) var work: [String: ClosedRange<Int>] = [:]

    struct Taken {
        let node: String
        let commit: String
        let time: Int
        /// When the server was first sent a later report that the node is well, or has not begun; nil if none.
        let ended: Int?
    }

    /// The package's scripts append to this file, and the server's hook to the other one.
    static let workFile = "work"
    static let serverFile = "server"

    /// Has the server write down the time, the reference and the new commit of all that it is sent, before it
    /// takes it.
    static func watch(_ fleet: LocalFleet) throws {
        let hook = "#!/bin/sh\necho \"$(date +%s%N) $1 $3\" >>'\(fleet.folder.path(serverFile))'\n"
        try fleet.folder.write(hook, to: "server.git/hooks/update", mode: 0o755)
        for file in [serverFile, workFile] { try fleet.folder.write("", to: file) }
    }

    /// A till whose scripts say when its installation begins and ends.
    static func till(_ version: String, in folder: TemporaryFolder) -> SandboxPackage {
        let line = "echo \"$(date +%s%N) $(basename $(dirname $DPKG_ROOT))\" >>'\(folder.path(workFile))'"
        return SandboxPackage("till", version, scripts: ["preinst": line, "postinst": line])
    }

    /// Reads it all.
    ///
    /// - Parameter ledger: the ledger's branch.
    init(of fleet: LocalFleet, ledger: String) throws {
        let log = try Self.rows(of: Self.serverFile, in: fleet)
        let reports = try Self.reports(log.filter { $0[1].hasPrefix("refs/heads/status/") }, in: fleet)
        let sent = log.filter { $0[1] == "refs/heads/\(ledger)" }
        self.sent = sent.count
        for row in try Self.chain(ledger, in: fleet) {
            let claim = try JSONValue(
                parsing: Array(fleet.serverGit("show", "\(row[0]):claim.json").utf8))
            let ended = reports.filter { report in
                report.node == row[1] && report.isFree
                    && report.sequence > claim["sequence"]?.integer ?? .max
            }.map(\.time).min()
            let time = sent.first { $0[2] == row[0] }.flatMap { Int($0[0]) }
            claims.append(Taken(node: row[1], commit: row[0], time: time ?? .max, ended: ended))
        }
        for row in try Self.rows(of: Self.workFile, in: fleet) {
            guard let time = Int(row[0]) else { continue }
            let known = work[row[1]] ?? time...time
            work[row[1]] = min(known.lowerBound, time)...max(known.upperBound, time)
        }
    }

    /// The commits of a ledger, oldest first: id, author, parents.
    static func chain(_ ledger: String, in fleet: LocalFleet) throws -> [[String]] {
        try fleet.serverGit("log", "--reverse", "--format=%H %an %P", ledger).split(separator: "\n")
            .map { $0.split(separator: " ").map(String.init) }
    }

    /// How many nodes were in change or failed at most when a claim was taken: its own counted, and each one
    /// that had claimed before and not said since that it is well.
    var mostClaimed: Int {
        claims.indices.map { index in
            let moment = claims[index].time
            return Set(claims[...index].filter { $0.ended.map { $0 >= moment } ?? true }.map(\.node)).count
        }.max() ?? 0
    }

    /// How many nodes were worked on at most at one time, or were left half done by then: from the first
    /// script's begin until the server is told that all is well.
    var mostChanged: Int {
        let spans = work.map { node, span in
            let ended = claims.filter { $0.node == node }.compactMap(\.ended).max()
            return span.lowerBound...max(span.upperBound, ended ?? .max)
        }
        return spans.map { span in spans.filter { $0.contains(span.lowerBound) }.count }.max() ?? 0
    }

    private struct Told {
        let time: Int
        let node: String
        let sequence: Int
        let isFree: Bool
    }

    private static func rows(of file: String, in fleet: LocalFleet) throws -> [[String]] {
        try fleet.folder.read(file).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    /// What the server was sent by nodes, read by one git.
    private static func reports(_ rows: [[String]], in fleet: LocalFleet) throws -> [Told] {
        let wanted = rows.map { "\($0[2]):report.json\n" }.joined()
        var rest = Array(
            try runSuccessfully(
                ["git", "cat-file", "--batch"], in: fleet.server, environment: Git.environment,
                input: Array(wanted.utf8)
            ).output)[...]
        return try rows.map { row in
            // `<id> blob <size>`, the bytes, and a newline.
            let head = rest.prefix { $0 != UInt8(ascii: "\n") }
            let size = String(decoding: head, as: UTF8.self).split(separator: " ").last.flatMap { Int($0) }
            let bytes = rest.dropFirst(head.count + 1).prefix(size ?? 0)
            rest = rest.dropFirst(head.count + 1 + bytes.count + 1)
            let report = try JSONValue(parsing: Array(bytes))
            return Told(
                time: Int(row[0]) ?? 0, node: String(row[1].dropFirst("refs/heads/status/".count)),
                sequence: report["sequence"]?.integer.flatMap { Int(exactly: $0) } ?? 0,
                isFree: ["converged", "waiting"].contains(report["phase"]?.string))
        }
    }
}
