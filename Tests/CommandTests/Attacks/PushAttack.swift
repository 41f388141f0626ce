import FleetCore
import FleetTesting

/// One push that a server with the hook must not take.
struct PushAttack: Sendable, CustomStringConvertible {
    /// What is done, in words.
    let name: String
    /// What the one who pushes reads, in part.
    let says: String
    /// Makes objects in the attacker's clone, and says what is pushed: git's refspecs.
    let deed: @Sendable (PushScene) throws -> [String]

    init(_ name: String, says: String, _ deed: @escaping @Sendable (PushScene) throws -> [String]) {
        self.name = name
        self.says = says
        self.deed = deed
    }

    var description: String { name }

    static let onTheBranch: [PushAttack] = [
        PushAttack("a commit on the branch that nobody signed", says: "it is not signed") {
            ["\(try $0.commit(signedBy: nil)):main"]
        },
        PushAttack("a commit on the branch by a node's key", says: "signed by") {
            ["\(try $0.commit(signedBy: $0.fleet.keys["store-1"])):main"]
        },
        PushAttack("a signed commit below which one is not", says: "it is not signed") { scene in
            let bad = try scene.commit(signedBy: nil)
            return ["\(try scene.commit(signedBy: scene.fleet.operatorKey, on: bad)):main"]
        },
        PushAttack("the branch put back", says: "it would lose commits") {
            ["+\($0.fleet.introduction):main"]
        },
        PushAttack("another commit in place of the branch's tip", says: "it would lose commits") {
            ["+\(try $0.commit(signedBy: $0.fleet.operatorKey, on: $0.fleet.introduction)):main"]
        },
        PushAttack("the branch's tip as second parent", says: "merge your change into the branch") { scene in
            let topic = try scene.commit(signedBy: scene.fleet.operatorKey, on: scene.fleet.introduction)
            let merge = try scene.commit(signedBy: scene.fleet.operatorKey, on: topic, scene.main)
            return ["\(merge):main"]
        },
        PushAttack("a signed commit that breaks a file", says: "groups/stores/group.yaml:1:1") { scene in
            let broken = try scene.tree(with: "surprise: 1\n", at: "groups/stores/group.yaml")
            return ["\(try scene.commit(signedBy: scene.fleet.operatorKey, tree: broken)):main"]
        },
        PushAttack("a file in place of the branch", says: "the object is not a commit") {
            ["+\(try $0.git("rev-parse", "main:fleet.yaml")):main"]
        },
        PushAttack("the branch deleted", says: "nothing is deleted by a push") { _ in [":main"] },
        PushAttack("another branch", says: "nothing else") { ["\($0.main):topic"] },
        PushAttack("a tag", says: "nothing else") { ["\($0.main):refs/tags/v1"] },
        PushAttack("a reference that nobody sees", says: "nothing else") { ["\($0.main):refs/hidden/main"] },
        PushAttack("a good change with a bad one beside it", says: "nothing of this push was taken") {
            ["\(try $0.commit(signedBy: $0.fleet.operatorKey)):main", "\($0.main):topic"]
        },
    ]

    static let ofReports: [PushAttack] = [
        PushAttack("a report that nobody signed", says: "it is not signed") {
            try $0.refspecs(of: $0.report(isSigned: false))
        },
        PushAttack("a report by another node's key", says: "the node's key is") {
            try $0.refspecs(of: $0.report(signedWith: $0.fleet.keys["store-2"]))
        },
        PushAttack("a report by an operator's key", says: "the node's key is") {
            try $0.refspecs(of: $0.report(signedWith: $0.fleet.operatorKey))
        },
        PushAttack("a report in another node's place", says: "it is a report of the node 'store-1'") {
            scene in
            let made = try scene.report(signedWith: scene.fleet.keys["store-2"]) { $0.parent = nil }
            return ["\(made.chain):status/store-2", "+\(made.latest):latest/store-2"]
        },
        PushAttack("a report of a node that is in no group", says: "does not list the node 'store-9'") {
            let made = try $0.report()
            return ["\(made.chain):status/store-9", "+\(made.latest):latest/store-9"]
        },
        PushAttack("a report to another fleet", says: "the fleet 'elsewhere'") { scene in
            try scene.refspecs(of: scene.report { $0.fleet = "elsewhere" })
        },
        PushAttack("a report that follows what is not on the branch", says: "not on the fleet's branch") {
            scene in
            let beside = try scene.commit(signedBy: scene.fleet.operatorKey)
            return try scene.refspecs(of: scene.report { $0.commit = beside })
        },
        PushAttack("a report with a number left out", says: "its number is 4, expected 3") { scene in
            try scene.refspecs(of: scene.report { $0.sequence = 4 })
        },
        PushAttack("a report that names another one before it", says: "another report before it") { scene in
            try scene.refspecs(of: scene.report { $0.previous = .some(scene.fleet.introduction) })
        },
        PushAttack("a chain put back", says: "it takes no force") {
            ["+\($0.olderChain):status/store-1", "+\($0.olderLatest):latest/store-1"]
        },
        PushAttack("a chain begun anew", says: "it takes no force") { scene in
            let made = try scene.report {
                $0.parent = nil
                $0.sequence = 1
            }
            return ["+\(made.chain):status/store-1", "+\(made.latest):latest/store-1"]
        },
        PushAttack("a newest report that is older than the chain", says: "push both at once") {
            ["+\($0.olderLatest):latest/store-1"]
        },
        PushAttack("a newest report of a chain that is not pushed", says: "push both at once") {
            ["+\(try $0.report().latest):latest/store-1"]
        },
        PushAttack("a newest report that says something else", says: "something else than the chain's tip") {
            scene in
            let made = try scene.report()
            let other = try scene.report { $0.phase = .failed }
            let tree = try scene.git("rev-parse", "\(other.chain)^{tree}")
            let latest = try scene.fleet.commitTree(
                tree, parent: nil, message: "report\n\nPlimsoll-Chain: \(made.chain)",
                scene.fleet.keys["store-1"], in: scene.fleet.clone)
            return ["\(made.chain):status/store-1", "+\(latest):latest/store-1"]
        },
        PushAttack("the chain's tip in place of the newest report", says: "not the form of a newest report") {
            let made = try $0.report()
            return ["\(made.chain):status/store-1", "+\(made.chain):latest/store-1"]
        },
        PushAttack("a report of more than 64 KiB", says: "at most 65536 are taken") { scene in
            try scene.refspecs(of: scene.report(text: String(repeating: " ", count: 70_000)))
        },
        PushAttack("a report that is no JSON", says: "no JSON") {
            try $0.refspecs(of: $0.report(text: "{\"node\": "))
        },
        PushAttack("a file more beside the report", says: "has 'loot.bin'") {
            try $0.refspecs(of: $0.report(besides: ["loot.bin": "loot"]))
        },
        PushAttack("a receipt that is none", says: "no receipt of this node") {
            try $0.refspecs(of: $0.report(besides: ["receipt.json": "{}"]))
        },
        PushAttack("a report with a message of 20 KiB", says: "at most 16384 are taken") { scene in
            let made = try scene.report()
            let long = try scene.fleet.commitTree(
                scene.git("rev-parse", "\(made.chain)^{tree}"), parent: scene.chain,
                message: String(repeating: "lorem ipsum\n", count: 1_700), scene.fleet.keys["store-1"],
                in: scene.fleet.clone)
            return ["\(long):status/store-1"]
        },
        PushAttack("a chain deleted", says: "nothing is deleted by a push") { _ in [":status/store-1"] },
        PushAttack("a newest report deleted", says: "nothing is deleted by a push") { _ in
            [":latest/store-1"]
        },
    ]

    static let ofClaims: [PushAttack] = [
        PushAttack("a claim for another node", says: "not signed by the key") { scene in
            let claim = try scene.claim(of: "store-2", signedWith: scene.fleet.keys["store-1"])
            return ["\(claim):\(PushScene.ledger)"]
        },
        PushAttack("a claim of a node with another value", says: "not signed by the key") {
            ["\(try $0.claim(of: "canary-1")):\(PushScene.ledger)"]
        },
        PushAttack("a claim in another ledger", says: "not of this ledger") {
            ["\(try $0.claim(on: nil)):claims/stores/kiel-1"]
        },
        PushAttack("a ledger put back", says: "it takes no force") { scene in
            ["+\(try scene.claim(of: "store-2", on: nil)):\(PushScene.ledger)"]
        },
        PushAttack("the end of a claim by a node", says: "ends a claim of 'store-2'") { scene in
            let end = try scene.claim(
                of: "store-2", kind: .end, signedWith: scene.fleet.keys["store-1"])
            return ["\(end):\(PushScene.ledger)"]
        },
        PushAttack("a ledger deleted", says: "nothing is deleted by a push") { _ in [":\(PushScene.ledger)"]
        },
        PushAttack("a ledger without a value", says: "nothing else") {
            ["\($0.main):claims/stores"]
        },
    ]
}

/// A server with the hook that has taken what is right, and an attacker's clone with all keys in reach.
struct PushScene {
    let fleet: OperatorFleet
    /// The branch's tip.
    let main: String
    /// The tips of `store-1`, and those before them.
    let chain: String
    let olderChain: String
    let olderLatest: String
    /// The tip of the ledger, which is a claim of `store-1`.
    let claimed: String

    static let ledger = "claims/stores/berlin-3"

    /// The next report of `store-1`, changed in one thing.
    func report(
        signedWith key: SSHKeyFiles? = nil, isSigned: Bool = true, besides files: [String: String] = [:],
        text: String? = nil, _ change: (inout ReportMaking) -> Void = { _ in }
    ) throws -> (chain: String, latest: String) {
        var making = ReportMaking(node: "store-1", sequence: 3, parent: chain)
        change(&making)
        return try fleet.make(
            making, signedWith: key, isSigned: isSigned, besides: files, text: text, in: fleet.clone)
    }

    func refspecs(of made: (chain: String, latest: String)) throws -> [String] {
        ["\(made.chain):status/store-1", "+\(made.latest):latest/store-1"]
    }

    /// A commit on top of the branch, or of `parents`.
    func commit(signedBy key: SSHKeyFiles?, on parents: String..., tree: String? = nil) throws -> String {
        let parents = parents.isEmpty ? [main] : parents
        var arguments = ["git", "commit-tree", "-m", "A change"] + parents.flatMap { ["-p", $0] }
        if let key {
            arguments.insert(
                contentsOf: ["-c", "gpg.format=ssh", "-c", "user.signingKey=\(key.path)"], at: 1)
            arguments.append("-S")
        }
        arguments.append(try tree ?? git("rev-parse", "\(main)^{tree}"))
        return try runSuccessfully(arguments, in: fleet.clone, environment: Git.environment).text
    }

    /// The branch's tree with another text in a file.
    func tree(with text: String, at path: String) throws -> String {
        let blob = try runSuccessfully(
            ["git", "hash-object", "-w", "--stdin"], in: fleet.clone, environment: Git.environment,
            input: Array(text.utf8)
        ).text
        let environment = Git.environment.merging(["GIT_INDEX_FILE": fleet.folder.path("attack-index")]) {
            $1
        }
        for arguments in [
            ["read-tree", main], ["update-index", "--cacheinfo", "100644,\(blob),\(path)"],
        ] {
            try runSuccessfully(["git"] + arguments, in: fleet.clone, environment: environment)
        }
        return try runSuccessfully(["git", "write-tree"], in: fleet.clone, environment: environment).text
    }

    /// An entry of the ledger of `berlin-3`.
    ///
    /// - Parameter tip: what it stands on; nil nothing.
    func claim(
        of node: String = "store-1", kind: Claim.Kind = .claim, on tip: String?,
        signedWith key: SSHKeyFiles? = nil
    ) throws -> String {
        try fleet.claim(of: node, kind: kind, on: tip, at: main, signedWith: key)
    }

    func claim(
        of node: String, kind: Claim.Kind = .claim, signedWith key: SSHKeyFiles? = nil
    ) throws -> String {
        try claim(of: node, kind: kind, on: claimed, signedWith: key)
    }

    func git(_ arguments: String...) throws -> String {
        try runSuccessfully(["git"] + arguments, in: fleet.clone, environment: Git.environment).text
    }
}

extension OperatorFleet {
    /// Makes an entry of the ledger of `berlin-3` in the operator's clone, and moves no reference.
    func claim(
        of node: String, kind: Claim.Kind = .claim, on tip: String?, at commit: String,
        signedWith key: SSHKeyFiles? = nil
    ) throws -> String {
        let claim = Claim(
            kind: kind, fleet: .of("acme-edge"),
            ledger: LedgerName(group: .of("stores"), label: "site", value: .of("berlin-3")), node: .of(node),
            declaration: Declaration(digest: Digest(of: [1]), commit: .of(commit)), commit: .of(commit),
            sequence: 1, time: Timestamp(seconds: 1_793_530_800), reason: kind == .end ? "mended" : nil)
        let blob = try runSuccessfully(
            ["git", "hash-object", "-w", "--stdin"], in: clone, environment: Git.environment,
            input: claim.documentBytes
        ).text
        let tree = try runSuccessfully(
            ["git", "mktree"], in: clone, environment: Git.environment,
            input: Array("100644 blob \(blob)\tclaim.json\n".utf8)
        ).text
        return try commitTree(tree, parent: tip, message: "claim", key ?? keys[node], in: clone)
    }
}
