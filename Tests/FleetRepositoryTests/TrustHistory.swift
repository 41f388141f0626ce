import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// A history made by stock git, for the rule of trust to judge: `ada` and `bob` may sign, `eve` may not.
final class TrustHistory {
    let folder: TemporaryFolder
    let work: String
    let ada: SSHKeyFiles
    let bob: SSHKeyFiles
    let eve: SSHKeyFiles
    let introduction: String

    init(policy: TrustPolicy = .firstParent) throws {
        folder = try TemporaryFolder("trust-history")
        work = try Git.makeWorkTree("work", in: folder)
        ada = try SSHKeyFiles("ada", in: folder)
        bob = try SSHKeyFiles("bob", in: folder)
        eve = try SSHKeyFiles("eve", in: folder)
        try folder.write(Self.signers([ada, bob]), to: "work/trust/allowed_signers")
        try folder.write(Self.fleet(policy), to: "work/fleet.yaml")
        introduction = try Git.commit("Found the fleet", in: work, signedWith: ada.path)
    }

    static func signers(_ keys: [SSHKeyFiles]) -> String {
        keys.map { "\($0.publicLine.split(separator: " ").last ?? "")@example.com \($0.publicLine)\n" }
            .joined()
    }

    static func fleet(
        _ policy: TrustPolicy = .firstParent, branch: String = "null", threshold: Int = 1
    ) -> String {
        "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\n"
            + "trust: {policy: \(policy.rawValue), branch: \(branch), threshold: \(threshold)}\n"
    }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
        try runSuccessfully(["git"] + arguments, in: work, environment: Git.environment).text
    }

    func write(_ text: String, to path: String) throws { try folder.write(text, to: "work/\(path)") }

    /// Commits a file of its own, so that branches never conflict; nil signs with nobody.
    @discardableResult
    func commit(_ name: String, by key: SSHKeyFiles?) throws -> String {
        try write("\(name)\n", to: "notes/\(name)")
        return try Git.commit(name, in: work, signedWith: key?.path)
    }

    /// Merges into what is checked out, by a merge commit of its own.
    @discardableResult
    func merge(_ branches: String..., by key: SSHKeyFiles?) throws -> String {
        let signing =
            key.map { ["-c", "gpg.format=ssh", "-c", "user.signingKey=\($0.path)", "merge", "-S"] }
            ?? ["merge", "--no-gpg-sign"]
        try runSuccessfully(
            ["git"] + signing + ["--quiet", "--no-ff", "-m", "Merge"] + branches, in: work,
            environment: Git.environment)
        return try git("rev-parse", "HEAD")
    }

    /// A branch with commits of these names, made from what is checked out; `main` is checked out again.
    func branch(_ branch: String, _ names: String..., by key: SSHKeyFiles?) throws {
        try git("checkout", "--quiet", "-b", branch)
        for name in names { try commit(name, by: key) }
        try git("checkout", "--quiet", "main")
    }

    /// Writes a commit as no merge of git would make it.
    func forge(tree: String, parents: String..., by key: SSHKeyFiles?) throws -> String {
        let signing = key.map { ["-c", "gpg.format=ssh", "-c", "user.signingKey=\($0.path)"] } ?? []
        return try runSuccessfully(
            ["git"] + signing + ["commit-tree"] + (key == nil ? [] : ["-S"]) + parents.flatMap { ["-p", $0] }
                + ["-m", "Forged", tree], in: work, environment: Git.environment
        ).text
    }

    /// What a node makes of the first-parent chain from the introduction, or another trusted commit, to
    /// `HEAD`.
    func judge(from start: String? = nil) throws -> (last: String, failure: TrustError?) {
        let verdict = try verdict(from: start)
        return (verdict.verified.last?.id.hex ?? start ?? introduction, verdict.failure)
    }

    /// The same with what of it is approved.
    func verdict(from start: String? = nil, to end: String = "HEAD") throws -> ChainVerdict {
        let start = start ?? introduction
        let chain = try git("rev-list", "--first-parent", "--reverse", "\(start)..\(end)")
            .split(separator: "\n").compactMap { CommitID($0) }
        var authenticator = ChainAuthenticator(Clone(try GitRepository(open: work)))
        return try authenticator.verify(chain, after: #require(CommitID(start)))
    }

    func expectAuthentic(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (last, failure) = try judge()
        #expect(failure == nil, sourceLocation: sourceLocation)
        #expect(try last == git("rev-parse", "HEAD"), sourceLocation: sourceLocation)
    }

    func expectRefusal(
        _ code: TrustError.Code, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let failure = try judge().failure
        #expect(failure?.code == code, "\(failure?.message ?? "")", sourceLocation: sourceLocation)
        #expect(
            failure?.message.contains(message) == true, "\(failure?.message ?? "")",
            sourceLocation: sourceLocation)
    }
}
