import FleetCore
import FleetTesting
import Testing

/// The operator's program, as it was built.
func plimsoll(
    _ arguments: String..., in folder: String? = nil, environment: [String: String?] = [:]
) throws -> CommandResult {
    try run(
        [BuiltProgram.path("plimsoll")] + arguments, in: folder,
        environment: Git.environment.merging(environment) { _, new in new })
}

/// A fleet on this machine: a server's bare repository, an operator's clone of it, nodes with keys. Reports
/// are made by stock git, so that what they are like does not depend on what is tested.
final class OperatorFleet {
    let folder: TemporaryFolder
    let operatorKey: SSHKeyFiles
    /// The server's repository, and the operator's clone.
    let server: String
    let clone: String
    let introduction: String
    private(set) var keys: [String: SSHKeyFiles] = [:]

    /// A fleet that `plimsoll init` founded, with nodes in the group `canary` and `stores`.
    init(canaries: [String] = ["canary-1"], stores: [String] = ["store-1", "store-2"]) throws {
        folder = try TemporaryFolder("operator-fleet")
        operatorKey = try SSHKeyFiles("operator", in: folder)
        server = try Git.makeBareRepository("acme.git", in: folder)
        clone = folder.path("acme")
        let founded = try plimsoll("init", clone, "--fleet", "acme-edge", "--key", operatorKey.path)
        try #require(founded.exitCode == 0, "\(founded.errorText)")
        introduction = try Git.run("rev-parse", "HEAD", in: clone)
        try Git.run("remote", "add", "origin", server, in: clone)
        for (group, names) in [("canary", canaries), ("stores", stores)] {
            for name in names { try writeNode(name, in: group) }
        }
        try commit("Enrol the nodes")
    }

    /// Writes a node's file, with a fresh key.
    func writeNode(_ name: String, in group: String) throws {
        let key = try SSHKeyFiles("\(name)-\(keys.count)", in: folder)
        keys[name] = key
        try folder.write(
            "apiVersion: plimsoll/v1\nkey: \(key.publicLine)\n", to: "acme/groups/\(group)/nodes/\(name).yaml"
        )
    }

    /// Commits all that is in the operator's clone, and pushes it.
    @discardableResult
    func commit(_ message: String, signedWith key: SSHKeyFiles? = nil, isSigned: Bool = true) throws -> String
    {
        try Git.run("add", "--all", in: clone)
        if isSigned {
            try Git.run(
                "-c", "user.signingKey=\((key ?? operatorKey).path)", "commit", "--quiet", "--allow-empty",
                "-m",
                message, in: clone)
        } else {
            try Git.run("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", message, in: clone)
        }
        try Git.run("push", "--quiet", "origin", "HEAD:main", in: clone)
        return try head
    }

    var head: String { get throws { try Git.run("rev-parse", "HEAD", in: clone) } }
}

/// A report as a test makes it, and how it is signed and placed.
struct ReportMaking {
    var node: String
    var group = "stores"
    var fleet = "acme-edge"
    var phase = Phase.converged
    var counts: [EntryState: Int] = [.installed: 3]
    var reasons: [Reason] = []
    var sequence = 1
    var parent: String?
    /// What the report says of the one before, where that is not its parent.
    var previous: String??
    /// The fleet commit that it follows; nil is the operator's tip.
    var commit: String?
    var time: Int64 = 1_793_530_800
    var receipt: String?
    /// nil makes one up; so does `admitted`, where `.some(nil)` stands for nothing.
    var declared: Declaration?
    var admitted: Declaration??
    var proven: [Declaration: Int64] = [:]
    /// What has failed there finally.
    var failed: [Declaration] = []
}

extension OperatorFleet {
    /// Makes a report and puts it at the server's `status/<node>` and `latest/<node>`.
    ///
    /// - Parameters:
    ///   - key: signs it; nil is the node's own.
    ///   - isSigned: whether it is signed at all.
    ///   - place: the node under whose name it is put; nil is its own.
    /// - Returns: its id in the chain.
    @discardableResult
    func report(
        _ making: ReportMaking, signedWith key: SSHKeyFiles? = nil, isSigned: Bool = true,
        at place: String? = nil
    ) throws -> String {
        let made = try make(making, signedWith: key, isSigned: isSigned, in: server)
        let name = place ?? making.node
        try Git.run("update-ref", "refs/heads/status/\(name)", made.chain, in: server)
        try Git.run("update-ref", "refs/heads/latest/\(name)", made.latest, in: server)
        return made.chain
    }

    /// Makes a report in a repository, and moves no reference.
    ///
    /// - Parameter files: what else is in it, by name.
    /// - Returns: its commit in the chain, and the one that stands for it.
    func make(
        _ making: ReportMaking, signedWith key: SSHKeyFiles? = nil, isSigned: Bool = true,
        besides files: [String: String] = [:], text: String? = nil, in folder: String
    ) throws -> (chain: String, latest: String) {
        let bytes = try text.map { Array($0.utf8) } ?? report(making).documentBytes
        let signer = isSigned ? (key ?? keys[making.node]) : nil
        var all = files.mapValues { Array($0.utf8) }
        all["report.json"] = bytes
        if let receipt = making.receipt { all["receipt.json"] = Array(receipt.utf8) }
        var entries = ""
        for (name, bytes) in all.sorted(by: { $0.key < $1.key }) {
            entries += "100644 blob \(try blob(bytes, in: folder))\t\(name)\n"
        }
        let tree = try runSuccessfully(
            ["git", "mktree"], in: folder, environment: Git.environment, input: Array(entries.utf8)
        ).text
        let id = try commitTree(tree, parent: making.parent, message: "report", signer, in: folder)
        let latest = try commitTree(
            tree, parent: nil, message: "report\n\nPlimsoll-Chain: \(id)", signer, in: folder)
        return (id, latest)
    }

    private func report(_ making: ReportMaking) throws -> Report {
        let commit = try #require(CommitID(try making.commit ?? head))
        let fleet = try #require(FleetName(making.fleet))
        let node = try #require(NodeName(making.node))
        let group = try #require(GroupName(making.group))
        let baseline = try #require(BaselineName("debian-12"))
        let madeUp = Declaration(digest: Digest(of: [1, 2, 3]), commit: commit)
        let declared = making.declared ?? madeUp
        return Report(
            fleet: fleet, node: node, group: group, sequence: making.sequence,
            previous: (making.previous ?? making.parent).flatMap { CommitID($0) },
            time: Timestamp(seconds: making.time), bootID: "", commit: commit,
            baseline: BaselineStatement(
                name: baseline, declared: declared, admitted: making.admitted ?? declared),
            phase: making.phase, reasons: making.reasons,
            proven: making.proven.map { Proof(declaration: $0, healthyFor: TimeSpan(seconds: $1)) },
            failed: making.failed.map {
                Failure(declaration: $0, attempts: 1, isFinal: true, reason: "a check is bad")
            },
            packages: PackageStatement(counts: making.counts),
            system: SystemStatement(
                facts: SystemFacts(id: "debian", version: "12", kernel: "6.1"), architectures: []))
    }

    private func blob(_ bytes: [UInt8], in folder: String) throws -> String {
        try runSuccessfully(
            ["git", "hash-object", "-w", "--stdin"], in: folder, environment: Git.environment, input: bytes
        ).text
    }

    /// Commits a tree of a repository.
    func commitTree(
        _ tree: String, parent: String?, message: String, _ key: SSHKeyFiles?, in folder: String
    ) throws -> String {
        var arguments = ["git"]
        if let key { arguments += ["-c", "gpg.format=ssh", "-c", "user.signingKey=\(key.path)"] }
        arguments += ["commit-tree", tree, "-m", message]
        if let parent { arguments += ["-p", parent] }
        if key != nil { arguments.append("-S") }
        return try runSuccessfully(arguments, in: folder, environment: Git.environment).text
    }
}
