import FleetTesting

/// One way to have a node install what nobody authorised, by way of the branch.
struct BranchAttack: Sendable, CustomStringConvertible {
    /// What is done, in words.
    let name: String
    /// The exit code of the node's cycle.
    let exitCode: Int32
    /// What the node says, in part.
    let says: String
    /// Makes the commit that the server then serves as the branch's tip.
    let deed: @Sendable (Forge, _ good: String) throws -> String

    init(
        _ name: String, exit exitCode: Int32 = 77, says: String,
        _ deed: @escaping @Sendable (Forge, _ good: String) throws -> String
    ) {
        self.name = name
        self.exitCode = exitCode
        self.says = says
        self.deed = deed
    }

    var description: String { name }

    /// The operator's own commit, to be tampered with.
    private static func honest(_ forge: Forge, on good: String) throws -> String {
        let tree = try forge.treeDeclaring("1.1-1", in: good)
        let payload = forge.payload(tree: tree, parents: [good])
        return try forge.signed(payload, with: forge.signature(of: payload, by: forge.fleet.operatorKey.path))
    }

    /// The operator's own commit with one text in it exchanged after it was signed.
    private static func tampered(
        _ forge: Forge, _ good: String, _ old: String, _ new: String
    ) throws -> String {
        let text = try honest(forge, on: good)
        return try forge.commit(text.replacing(old, with: new))
    }

    /// A commit with a signature by any key, in any namespace.
    private static func signed(
        _ forge: Forge, _ good: String, by key: String, namespace: String = "git", header: String = "gpgsig"
    ) throws -> String {
        let tree = try forge.treeDeclaring("1.1-1", in: good)
        let payload = forge.payload(tree: tree, parents: [good])
        let armour = try forge.signature(of: payload, by: key, namespace: namespace)
        return try forge.commit(forge.signed(payload, with: armour, header: header))
    }

    static let signatures: [BranchAttack] = [
        BranchAttack("a commit that nobody signed", says: "it is not signed") { forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            return try forge.commit(forge.payload(tree: tree, parents: [good]))
        },
        BranchAttack("a commit signed by a key that is not listed", says: "signed by") { forge, good in
            try signed(forge, good, by: forge.stranger().path)
        },
        BranchAttack("a commit signed by a node's key", says: "signed by") { forge, good in
            try signed(forge, good, by: forge.fleet.folder.path("nodes/canary-1/state/node_ed25519"))
        },
        BranchAttack("a key that lists itself in the commit that it signs", says: "signed by") {
            forge, good in
            let stranger = try forge.stranger("newcomer")
            let tree = try forge.treeTrusting(
                LocalFleet.signers([forge.fleet.operatorKey, stranger]), in: good)
            let payload = forge.payload(tree: tree, parents: [good])
            return try forge.commit(
                forge.signed(payload, with: forge.signature(of: payload, by: stranger.path)))
        },
        BranchAttack(
            "the operator's signature of a file, put on a commit",
            says: "is for the namespace 'file'; expected 'git'"
        ) {
            forge, good in
            try signed(forge, good, by: forge.fleet.operatorKey.path, namespace: "file")
        },
        BranchAttack(
            "the operator's signature for a namespace that looks like Git's",
            says: "is for the namespace 'git '; expected 'git'"
        ) {
            forge, good in
            try signed(forge, good, by: forge.fleet.operatorKey.path, namespace: "git ")
        },
        BranchAttack("a signature in the header for SHA-256 repositories alone", says: "it is not signed") {
            forge, good in
            try signed(forge, good, by: forge.fleet.operatorKey.path, header: "gpgsig-sha256")
        },
        BranchAttack("the operator's signature within the message", says: "it is not signed") { forge, good in
            let payload = forge.payload(tree: try forge.treeDeclaring("1.1-1", in: good), parents: [good])
            let armour = try forge.signature(of: payload, by: forge.fleet.operatorKey.path)
            let value = armour.split(separator: "\n").joined(separator: "\n ")
            return try forge.commit(payload.replacing("\n\n", with: "\n\ngpgsig \(value)\n"))
        },
        BranchAttack("words behind a byte of zero, under the operator's signature", says: "a byte of zero") {
            forge, good in
            try forge.commit(honest(forge, on: good) + "\0More\n")
        },
        BranchAttack(
            "a header that no signature covers beside the operator's",
            says: "the header 'gpgsig-sha256', which its signature does not cover"
        ) {
            forge, good in
            try forge.commit(
                forge.signed(honest(forge, on: good), with: "anything\n", header: "gpgsig-sha256"))
        },
        BranchAttack("another tree under the operator's signature", says: "does not fit the commit") {
            forge, good in
            let text = try honest(forge, on: good)
            let other = try forge.treeDeclaring("1.2-1", in: good)
            let own = try forge.treeDeclaring("1.1-1", in: good)
            return try forge.commit(text.replacing(own, with: other))
        },
        BranchAttack("another message under the operator's signature", says: "does not fit the commit") {
            forge, good in
            try tampered(forge, good, "A change", "Another change")
        },
        BranchAttack("another author under the operator's signature", says: "does not fit the commit") {
            forge, good in
            try tampered(forge, good, "author Ada", "author Eve")
        },
        BranchAttack("another date under the operator's signature", says: "does not fit the commit") {
            forge, good in
            try tampered(forge, good, "1793531000 +0000\ncommitter", "1793531001 +0000\ncommitter")
        },
        BranchAttack("a header more under the operator's signature", says: "does not fit the commit") {
            forge, good in
            try tampered(forge, good, "\n\nA change", "\nencoding ISO-8859-1\n\nA change")
        },
        BranchAttack("a second parent under the operator's signature", says: "does not fit the commit") {
            forge, good in
            try tampered(
                forge, good, "parent \(good)\n", "parent \(good)\nparent \(forge.fleet.introduction)\n")
        },
        BranchAttack("the signature of another commit of the operator's", says: "does not fit the commit") {
            forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            let other = forge.payload(tree: tree, parents: [good], message: "Another\n")
            let armour = try forge.signature(of: other, by: forge.fleet.operatorKey.path)
            return try forge.commit(forge.signed(forge.payload(tree: tree, parents: [good]), with: armour))
        },
        BranchAttack("a good signature and a stranger's after it", says: "the commit has two signatures") {
            forge, good in
            let text = try honest(forge, on: good)
            let payload = forge.payload(tree: try forge.treeDeclaring("1.2-1", in: good), parents: [good])
            let armour = try forge.signature(of: payload, by: forge.stranger("second").path)
            return try forge.commit(forge.signed(text, with: armour))
        },
        BranchAttack("a signature that was cut", says: "signature") { forge, good in
            let text = try honest(forge, on: good)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let start = lines.firstIndex { $0.hasPrefix("gpgsig") } ?? 0
            let kept = lines[...(start + 1)] + lines[(start + 3)...]
            return try forge.commit(kept.joined(separator: "\n"))
        },
        BranchAttack("letters that are no signature", says: "signature") { forge, good in
            let payload = forge.payload(tree: try forge.treeDeclaring("1.1-1", in: good), parents: [good])
            let armour = "-----BEGIN SSH SIGNATURE-----\nbm8gc2lnbmF0dXJl\n-----END SSH SIGNATURE-----\n"
            return try forge.commit(forge.signed(payload, with: armour))
        },
        BranchAttack("an OpenPGP armour with nothing in it", says: "its OpenPGP signature cannot be read") {
            forge, good in
            let payload = forge.payload(tree: try forge.treeDeclaring("1.1-1", in: good), parents: [good])
            let armour = "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
            return try forge.commit(forge.signed(payload, with: armour))
        },
    ]

    /// - Parameter listed: the key in `home` that the branch lists.
    static func openPGP(_ home: GnuPGHome, listed: String) -> [BranchAttack] {
        /// A commit that gpg signed, with what becomes of it afterwards.
        @Sendable func signed(
            _ forge: Forge, _ good: String, by keys: String, _ options: String..., replacing old: String = ""
        ) throws -> String {
            let payload = forge.payload(tree: try forge.treeDeclaring("1.1-1", in: good), parents: [good])
            let armour = try home.signature(of: payload, by: keys, options)
            return try forge.commit(
                forge.signed(old.isEmpty ? payload : payload.replacing(old, with: "Evil"), with: armour))
        }
        return [
            BranchAttack(
                "an OpenPGP key that is not listed", says: "which its parent's trust/openpgp does not list"
            ) { forge, good in try signed(forge, good, by: home.makeKey("eve")) },
            BranchAttack(
                "a listed OpenPGP key's signature of another commit", says: "does not fit the commit"
            ) {
                try signed($0, $1, by: listed, replacing: "A change")
            },
            BranchAttack("an OpenPGP signature over SHA-1", says: "uses SHA-1, which is not accepted") {
                try signed($0, $1, by: listed, "--digest-algo", "SHA1")
            },
            BranchAttack(
                "a listed OpenPGP key's signature beside another", says: "expected one signature, found 2"
            ) {
                try signed($0, $1, by: listed, "-u", "eve")
            },
        ]
    }

    static let histories: [BranchAttack] = [
        BranchAttack("a history without the mark, forced", says: "history was rewritten") { forge, good in
            try forge.operatorsCommit(tree: forge.treeDeclaring("1.1-1", in: good), on: [])
        },
        BranchAttack("the mark's own commit, amended", says: "history was rewritten") { forge, good in
            try forge.operatorsCommit(
                tree: forge.treeDeclaring("1.1-1", in: good), on: [forge.fleet.introduction])
        },
        BranchAttack("the mark as second parent alone", says: "history was rewritten") { forge, good in
            try forge.operatorsCommit(
                tree: forge.treeDeclaring("1.1-1", in: good), on: [forge.fleet.introduction, good])
        },
        BranchAttack("an older commit of the branch", exit: 69, says: "older than the mark") { forge, _ in
            forge.fleet.introduction
        },
        BranchAttack("a signed commit on an unsigned one", says: "it is not signed") { forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            let unsigned = try forge.commit(forge.payload(tree: tree, parents: [good]))
            return try forge.operatorsCommit(tree: tree, on: [unsigned])
        },
        BranchAttack("a signed merge that has an unsigned commit as first parent", says: "it is not signed") {
            forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            let unsigned = try forge.commit(forge.payload(tree: tree, parents: [good]))
            return try forge.operatorsCommit(tree: tree, on: [unsigned, good])
        },
        BranchAttack("an unsigned merge of a commit of the operator's", says: "sign") { forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            let topic = try forge.operatorsCommit(tree: tree, on: [forge.fleet.introduction])
            let other = try forge.treeDeclaring("1.2-1", in: good)
            return try forge.commit(forge.payload(tree: other, parents: [good, topic]))
        },
        BranchAttack("the signed topic of a removed key, merged by nobody", says: "sign") { forge, good in
            let stranger = try forge.stranger("topic")
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            let payload = forge.payload(tree: tree, parents: [forge.fleet.introduction])
            let topic = try forge.commit(
                forge.signed(payload, with: forge.signature(of: payload, by: stranger.path)))
            return try forge.commit(forge.payload(tree: tree, parents: [good, topic]))
        },
    ]

    static let objects: [BranchAttack] = [
        BranchAttack("a file in place of the tip", says: "the object is not a commit") { forge, _ in
            try forge.blob("no commit")
        },
        BranchAttack("a folder in place of the tip", says: "the object is not a commit") { forge, good in
            try forge.treeDeclaring("1.1-1", in: good)
        },
        BranchAttack(
            "a signed tag of an unsigned commit in place of the tip", says: "the object is not a commit"
        ) {
            forge, good in
            let commit = try forge.commit(
                forge.payload(tree: forge.treeDeclaring("1.1-1", in: good), parents: [good]))
            let tag =
                "object \(commit)\ntype commit\ntag v1\ntagger Ada <ada@example.com> 1793531000 +0000\n\nv1\n"
            let armour = try forge.signature(of: tag, by: forge.fleet.operatorKey.path)
            return try forge.object("tag", Array((tag + armour).utf8))
        },
        BranchAttack("a commit without an author", says: "failed to parse") { forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            return try forge.commit("tree \(tree)\nparent \(good)\n\nNo author\n")
        },
        BranchAttack("a commit that is no text", exit: 69, says: "bogus commit object") { forge, _ in
            try forge.object("commit", [0, 1, 2, 255, 10, 10, 0])
        },
        BranchAttack("a commit with a message of two mebibytes", says: "at most 1048576 are read") {
            forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            let message = String(repeating: "lorem ipsum\n", count: 180_000)
            return try forge.commit(forge.payload(tree: tree, parents: [good], message: message))
        },
        BranchAttack("a parent that is a file", exit: 69, says: "git upload-pack") { forge, good in
            let tree = try forge.treeDeclaring("1.1-1", in: good)
            return try forge.operatorsCommit(tree: tree, on: [forge.blob("no parent")])
        },
        BranchAttack("a commit that the server does not have", exit: 69, says: "not our ref") { _, _ in
            String(repeating: "c0", count: 20)
        },
    ]

    /// By keys that the branch lists, or did: they leave the mark at the operator's own commits.
    static let keys: [BranchAttack] = [
        BranchAttack("a commit by a key that was removed before", says: "allowed_signers does not list") {
            forge, good in
            let leaver = try forge.stranger("leaver")
            let ours = LocalFleet.signers([forge.fleet.operatorKey])
            let tree = try forge.treeTrusting(ours + LocalFleet.signers([leaver]), in: good)
            let hired = try forge.operatorsCommit(tree: tree, on: [good])
            let fired = try forge.operatorsCommit(tree: forge.treeTrusting(ours, in: hired), on: [hired])
            return try signed(forge, fired, by: leaver.path)
        },
        BranchAttack(
            "a commit by a key that may sign files alone",
            says: "allows for the namespaces 'file' alone; expected 'git' among them"
        ) {
            try signed($0, $1, byKeyWith: "namespaces=\"file\"")
        },
        BranchAttack(
            "a commit by a key before its time",
            says: "valid from 2031-01-01T00:00:00Z on; the committer's date is 2026-11-01T11:03:20Z"
        ) {
            try signed($0, $1, byKeyWith: "valid-after=\"20310101Z\"")
        },
        BranchAttack(
            "a commit by a key after its time",
            says: "valid until 2026-01-01T00:00:00Z; the committer's date is 2026-11-01T11:03:20Z"
        ) {
            try signed($0, $1, byKeyWith: "valid-before=\"20260101Z\"")
        },
    ]

    /// A commit by a key that the operator lists before, with options.
    private static func signed(
        _ forge: Forge, _ good: String, byKeyWith options: String
    ) throws -> String {
        let guest = try forge.stranger("guest-\(options.utf8.count)")
        let signers =
            LocalFleet.signers([forge.fleet.operatorKey])
            + "guest@example.com \(options) \(guest.publicLine)\n"
        let listed = try forge.operatorsCommit(tree: forge.treeTrusting(signers, in: good), on: [good])
        return try signed(forge, listed, by: guest.path)
    }
}
