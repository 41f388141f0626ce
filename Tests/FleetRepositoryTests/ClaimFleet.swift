import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// A fleet whose group `stores` has a budget per site, on a real bare repository, with nodes whose keys are
/// made here. What is on the branch is signed by stock git.
final class ClaimFleet {
    let folder: TemporaryFolder
    let server: String
    let work: String
    let introduction: CommitID
    let operatorKey: SSHPrivateKey
    private(set) var keys: [String: SSHPrivateKey] = [:]

    static let ledger = LedgerName(group: .of("stores"), label: "site", value: .of("berlin-3"))
    static let name: FleetName = .of("harbour")

    /// - Parameter nodes: how many, named `atm-1` and so on, all at one site.
    init(nodes: Int, unavailable: Int = 2) throws {
        folder = try TemporaryFolder("claim-fleet")
        server = try Git.makeBareRepository("server.git", in: folder)
        work = try Git.makeWorkTree("work", in: folder, origin: server)
        let person = try SSHPrivateKey.generateEd25519(comment: "ada")
        operatorKey = person.key
        try folder.write(person.file, to: "ada", mode: 0o600)
        let head = "apiVersion: plimsoll/v1\n"
        let files = [
            "trust/allowed_signers": "ada@example.com namespaces=\"git\" \(person.key.publicKey)\n",
            "fleet.yaml": head + "fleet: harbour\nagent: \"0.1\"\n",
            "baselines/deb.yaml": head + "manager: apt\npackages: {till: 1.0-1}\n",
            "groups/stores/group.yaml": head
                + "baseline: deb\ngate: none\nbudget: {unavailable: \(unavailable), per: site}\n",
            "groups/spares/group.yaml": head + "baseline: deb\ngate: none\n",
        ]
        for (path, text) in files { try folder.write(text, to: "work/\(path)") }
        for number in 1...nodes {
            let key = try SSHPrivateKey.generateEd25519(comment: "").key
            keys["atm-\(number)"] = key
            try Self.writeNode("atm-\(number)", key, in: folder)
        }
        introduction = try #require(
            CommitID(try Git.commit("Found the fleet", in: work, signedWith: folder.path("ada"))))
        try Git.run("push", "--quiet", "origin", "main", in: work)
    }

    private static func writeNode(_ name: String, _ key: SSHPrivateKey, in folder: TemporaryFolder) throws {
        try folder.write(
            "apiVersion: plimsoll/v1\nkey: \(key.publicKey)\nlabels: {site: berlin-3}\n",
            to: "work/groups/stores/nodes/\(name).yaml")
    }

    /// Gives a node a new key, or enrols it.
    func writeNode(_ name: String) throws {
        let key = try SSHPrivateKey.generateEd25519(comment: "").key
        keys[name] = key
        try Self.writeNode(name, key, in: folder)
    }

    /// Commits and pushes what was changed in the work tree.
    @discardableResult
    func publish(_ message: String) throws -> CommitID {
        let commit = try Git.commit(message, in: work, signedWith: folder.path("ada"))
        try Git.run("push", "--quiet", "origin", "main", in: work)
        return try #require(CommitID(commit))
    }

    func key(of node: String) throws -> SSHPrivateKey { try #require(keys[node]) }

    /// A node that follows the branch as it is now.
    ///
    /// - Parameters:
    ///   - remotes: URLs; the server's path where there are none.
    ///   - ssh: how it comes in.
    func agent(
        _ node: String, by remotes: [String] = [], ssh: SSHOptions = SSHOptions()
    ) async throws -> ClaimAgent {
        let agent = try ClaimAgent(node, key: try key(of: node), fleet: self, remotes: remotes, ssh: ssh)
        try await agent.follow()
        return agent
    }

    var serverTip: CommitID? {
        get throws { try GitRepository(open: server).reference(Self.ledger.reference) }
    }

    /// Puts an entry on the server's ledger, whatever it is.
    ///
    /// - Parameters:
    ///   - key: signs it; nil leaves it unsigned.
    ///   - parents: nil is the tip.
    @discardableResult
    func forge(
        _ bytes: [UInt8], signedBy key: SSHPrivateKey?, parents: [CommitID]? = nil, isTip: Bool = true
    ) throws -> CommitID {
        let repository = try GitRepository(open: server)
        let tree = try repository.writeTree(["claim.json": bytes])
        let author = GitIdentity(name: "x", email: "x@example.com", time: 1_800_000_000, offsetMinutes: 0)
        let content = try repository.unsignedCommit(
            tree: tree, parents: try parents ?? [serverTip].compactMap(\.self), author: author,
            committer: author, message: "x\n")
        let signature = try key?.sign(content, namespace: "git")
        let id = try repository.writeCommit(content, signature: signature?.armored)
        if isTip { try repository.setReference(Self.ledger.reference, to: id) }
        return id
    }
}

/// A node that claims: its clone, its ledger, its reports.
final class ClaimAgent: @unchecked Sendable {
    let node: NodeName
    let source: GitFleetSource
    let ledger: GitClaimLedger
    let sink: GitStatusSink
    private(set) var sequence = 0
    private var last: CommitID?
    private(set) var followed: CommitID

    init(
        _ name: String, key: SSHPrivateKey, fleet: ClaimFleet, remotes: [String] = [],
        ssh: SSHOptions = SSHOptions()
    ) throws {
        node = .of(name)
        let urls = try (remotes.isEmpty ? ["file://\(fleet.server)"] : remotes).map { try RemoteURL($0) }
        var network = NetworkChild.built
        network.isDurable = false
        network.ssh = ssh
        source = try GitFleetSource(
            FleetSourceSettings(
                node: node, remote: urls[0], furtherRemotes: Array(urls.dropFirst()), branch: "main",
                introduction: fleet.introduction,
                cloneFolder: fleet.folder.path("clones/\(name)-\(UUID().uuidString)")), network: network)
        let keys = NodeKeyring(key, at: fleet.folder.path("clones/\(name)-key"))
        ledger = GitClaimLedger(source: source, keys: keys)
        sink = GitStatusSink(source: source, keys: keys)
        followed = fleet.introduction
    }

    /// Fetches, authenticates and reads the branch.
    func follow() async throws {
        let memory = NodeState()
        let answers = await source.fetch(memory)
        #expect(answers == Answers())
        let following = try source.follow(memory)
        followed = try #require(following.followed)
        _ = try source.read(following, memory: memory)
    }

    func claim(sequence: Int? = nil) -> Claim {
        Claim(
            fleet: ClaimFleet.name, ledger: ClaimFleet.ledger, node: node,
            declaration: Declaration("B", by: 2), commit: followed, sequence: sequence ?? self.sequence,
            time: Timestamp(seconds: 1_800_000_000))
    }

    /// Reads the ledger, and claims without asking the budget.
    @discardableResult
    func claimNow() throws -> ClaimDelivery {
        try ledger.deliver(claim(), after: ledger.reading(of: ClaimFleet.ledger).tip)
    }

    /// Lets the next report come after `tip`.
    func takeUp(_ tip: CommitID, number: Int = 0) { (last, sequence) = (tip, max(sequence, number)) }

    /// Writes the next report and sends it.
    func report(_ phase: Phase) throws {
        let id = try write(phase)
        let latest = try #require(
            try source.clone.repository.reference(FleetReferences.ownLatest(node)))
        let chain = try #require(
            PushRefspec(commit: id, destination: FleetReferences.status(node), force: false))
        let newest = try #require(
            PushRefspec(commit: latest, destination: FleetReferences.latest(node), force: true))
        let verdicts = try source.network.push(
            [chain, newest], to: source.settings.remote, from: source.settings.cloneFolder)
        #expect(verdicts.values.allSatisfy { $0 == .accepted })
    }

    /// Writes the next report.
    @discardableResult
    func write(_ phase: Phase) throws -> CommitID {
        var report = Report.sample(
            node: node.description, group: "stores", admitted: nil, phase: phase, commit: followed)
        report.fleet = ClaimFleet.name
        sequence += 1
        report.sequence = sequence
        report.previous = last
        let id = try sink.write(report, receipt: nil)
        last = id
        return id
    }

    /// How everybody in the ledger stands, as this node reads it.
    func states() throws -> [String: Claimant.State] {
        let reading = try ledger.reading(of: ClaimFleet.ledger)
        return Dictionary(uniqueKeysWithValues: reading.claimants.map { ($0.node.description, $0.state) })
    }
}
