import FleetCore
import FleetTesting

@testable import FleetRepository

/// Asks stock git and Plimsoll the same question, in one repository.
final class StockJudge {
    private let folder: SigningFolder
    private let repository: String

    init() throws {
        folder = try SigningFolder()
        repository = "\(folder.path)/corpus.git"
        try Git.run("init", "--quiet", "--bare", "corpus.git", in: folder.path)
    }

    /// What both say of each case, in order.
    func judge(_ cases: [CorpusCase]) throws -> [(stock: CorpusVerdict, ours: CorpusVerdict)] {
        let ids = try write(cases)
        let stock = try askStock(cases, ids)
        let clone = try GitRepository(open: repository)
        return zip(zip(cases, ids), stock).map { ($1, Self.askPlimsoll($0.0, $0.1, clone)) }
    }

    /// Writes the commits, which git must take as they are, and returns their names.
    private func write(_ cases: [CorpusCase]) throws -> [String] {
        for (number, one) in cases.enumerated() {
            try folder.write(one.commit, to: "commit-\(number)")
            try folder.write(one.signers, to: "signers-\(number)")
        }
        let paths = cases.indices.map { "\(folder.path)/commit-\($0)\n" }.joined()
        return try Git.run(
            "hash-object", "-t", "commit", "-w", "--literally", "--no-filters", "--stdin-paths",
            in: repository, input: Array(paths.utf8)
        ).split(separator: "\n").map(String.init)
    }

    /// `git verify-commit` of each, two at a time: more would be in the way of other tests.
    private func askStock(_ cases: [CorpusCase], _ ids: [String]) throws -> [CorpusVerdict] {
        let script = """
            judge() {
                while read -r number id; do
                    git -c "gpg.ssh.allowedSignersFile=../signers-$number" verify-commit "$id" \\
                        >"../said-$number" 2>&1
                    echo $? >"../code-$number"
                done
            }
            sed -n 'p;n' ../list | judge & sed -n 'n;p' ../list | judge; wait
            """
        try folder.write(zip(ids.indices, ids).map { "\($0) \($1)\n" }.joined(), to: "list")
        var environment = Git.environment
        environment["TZ"] = "UTC"
        try runSuccessfully(["sh", "-c", script], in: repository, environment: environment)
        return try cases.indices.map { number in
            let said = try folder.read("said-\(number)")
            let words = String(decoding: said, as: UTF8.self)
            guard try folder.text("code-\(number)") == "0\n" else {
                return CorpusVerdict(principal: nil, words: words)
            }
            return CorpusVerdict(principal: Self.principal(in: words) ?? "", words: words)
        }
    }

    /// Whom git names: `Good "git" signature for a@x with ED25519 key SHA256:…`.
    private static func principal(in words: String) -> String? {
        guard let start = words.firstRange(of: "Good \"git\" signature for "),
            let end = words[start.upperBound...].firstRange(of: " with ")
        else { return nil }
        return String(words[start.upperBound..<end.lowerBound])
    }

    /// What a node says, whose last commit has these signers.
    private static func askPlimsoll(
        _ one: CorpusCase, _ id: String, _ clone: borrowing GitRepository
    ) -> CorpusVerdict {
        do {
            guard let id = CommitID(id), let commit = try clone.commit(id) else {
                return CorpusVerdict(principal: nil, words: "it is not there")
            }
            let signers = try AllowedSigners(parsing: one.signers)
            let voucher = try CommitVoucher(commit, allowedBy: signers)
            return CorpusVerdict(principal: voucher.signer, words: "authentic")
        } catch {
            return CorpusVerdict(principal: nil, words: "\(error)")
        }
    }
}
