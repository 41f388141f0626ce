import FleetTesting
import Foundation

/// Commits as an attacker makes them: byte by byte, by stock git and ssh-keygen.
struct Forge {
    let fleet: LocalFleet

    /// A key of the attacker's own.
    func stranger(_ name: String = "stranger") throws -> SSHKeyFiles {
        try SSHKeyFiles(name, in: fleet.folder)
    }

    /// The headers and message of a commit, unsigned.
    func payload(
        tree: String, parents: [String], message: String = "A change\n",
        author: String = "Ada <ada@example.com>",
        date: Int = 1_793_531_000
    ) -> String {
        let lines =
            ["tree \(tree)"] + parents.map { "parent \($0)" } + [
                "author \(author) \(date) +0000", "committer \(author) \(date) +0000",
            ]
        return lines.joined(separator: "\n") + "\n\n" + message
    }

    /// An SSH signature in armour.
    func signature(of payload: String, by key: String, namespace: String = "git") throws -> String {
        let file = try fleet.folder.write(payload, to: "payload-\(UUID().uuidString)")
        try runSuccessfully(["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key, file])
        return try String(contentsOf: URL(fileURLWithPath: "\(file).sig"), encoding: .utf8)
    }

    /// The payload with a signature, as git writes it: a header whose lines go on with a space.
    func signed(_ payload: String, with armour: String, header: String = "gpgsig") -> String {
        guard let end = payload.range(of: "\n\n") else { return payload }
        let lines = armour.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.joined(separator: "\n ").trimmingCharacters(in: .whitespacesAndNewlines)
        return payload[..<end.lowerBound] + "\n\(header) \(text)\n" + payload[end.lowerBound...].dropFirst()
    }

    /// Writes an object into the server's repository, however malformed, and returns its id.
    func object(_ kind: String, _ content: [UInt8]) throws -> String {
        try runSuccessfully(
            ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"], in: fleet.server,
            environment: Git.environment, input: content
        ).text
    }

    func commit(_ text: String) throws -> String { try object("commit", Array(text.utf8)) }

    func blob(_ text: String) throws -> String { try object("blob", Array(text.utf8)) }

    /// An entry of a tree.
    struct TreeEntry {
        let mode: String
        let name: String
        let id: String

        init(_ mode: String, _ name: String, _ id: String) {
            self.mode = mode
            self.name = name
            self.id = id
        }

        /// By what git sorts: the name's bytes, those of a folder with a slash behind them.
        var key: String { mode == "40000" ? name + "/" : name }
    }

    /// A tree with these entries, in this order, whatever git thinks of them.
    func tree(_ entries: [TreeEntry]) throws -> String {
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += "\(entry.mode) \(entry.name)\0".utf8
            var digits = entry.id[...]
            while let high = digits.popFirst(), let low = digits.popFirst() {
                bytes.append(UInt8("\(high)\(low)", radix: 16) ?? 0)
            }
        }
        return try object("tree", bytes)
    }

    /// The entries of a tree of the server's repository.
    func entries(of tree: String) throws -> [TreeEntry] {
        try fleet.serverGit("ls-tree", tree).split(separator: "\n").map { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            return TreeEntry(String(words[0].drop { $0 == "0" }), words[3], words[2])
        }
    }

    /// A commit that the operator signs, with any tree, on top of others.
    func operatorsCommit(tree: String, on parents: [String]) throws -> String {
        let payload = payload(tree: tree, parents: parents)
        return try commit(signed(payload, with: signature(of: payload, by: fleet.operatorKey.path)))
    }

    /// The tree of a commit, with the till's version replaced.
    func treeDeclaring(_ version: String, in commit: String) throws -> String {
        let baseline = try blob(LocalFleet.baseline(["till: \(version)"]))
        let baselines = try tree([TreeEntry("100644", "deb.yaml", baseline)])
        return try treeWith("baselines", baselines, in: commit)
    }

    /// The tree of a commit or tree, with the entries of one folder of it changed.
    ///
    /// - Parameter isSorted: whether the entries are brought into Git's order, as git itself would have them.
    func tree(
        of treeish: String, _ folders: [String], sorted isSorted: Bool = true,
        _ change: ([TreeEntry]) throws -> [TreeEntry]
    ) throws -> String {
        let entries = try entries(of: treeish)
        guard let first = folders.first else {
            let changed = try change(entries)
            return try tree(isSorted ? changed.sorted { $0.key < $1.key } : changed)
        }
        return try tree(
            entries.map {
                guard $0.name == first else { return $0 }
                let inner = try tree(of: $0.id, Array(folders.dropFirst()), sorted: isSorted, change)
                return TreeEntry($0.mode, first, inner)
            })
    }

    /// The tree of a commit, with another `allowed_signers`.
    func treeTrusting(_ signers: String, in commit: String) throws -> String {
        let trust = try tree([TreeEntry("100644", "allowed_signers", blob(signers))])
        return try treeWith("trust", trust, in: commit)
    }

    private func treeWith(_ name: String, _ folder: String, in commit: String) throws -> String {
        try tree(
            entries(of: "\(commit)^{tree}").map {
                $0.name == name ? TreeEntry("40000", name, folder) : $0
            })
    }
}
