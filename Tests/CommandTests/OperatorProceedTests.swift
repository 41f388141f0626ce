import FleetCore
import FleetTesting
import Testing

/// `plimsoll proceed`: the word that ends a pause, written and signed.
struct OperatorProceedTests {
    private let fleet: OperatorFleet
    private let declared: String

    /// Stores that move in three steps, the second and third of which wait.
    init() throws {
        fleet = try OperatorFleet(stores: (1...4).map { "store-\($0)" })
        try fleet.folder.write(
            """
            apiVersion: plimsoll/v1
            baseline: debian-12
            gate: {after: [canary], soak: 1h}
            waves: [1, {share: 50%, pause: true}, {share: 100%, pause: true}]

            """, to: "acme/groups/stores/group.yaml")
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nmanager: apt\npackages:\n  curl: 1-2\n",
            to: "acme/baselines/debian-12.yaml")
        declared = try fleet.commit("Move in waves")
    }

    private func proceed(_ arguments: String...) throws -> CommandResult {
        try run(
            [
                BuiltProgram.path("plimsoll"), "proceed", "--repository", fleet.clone, "--introduction",
                fleet.introduction, "--key", fleet.operatorKey.path,
            ] + arguments, environment: Git.environment)
    }

    private var file: String { "groups/stores/proceed.yaml" }

    @Test func thePausesEndOneAfterTheOther() throws {
        let first = try proceed("stores")
        #expect(first.exitCode == 0, "\(first.errorText)")
        #expect(first.text.contains("Step 2 of 3 in 'stores' may begin"), "\(first.text)")
        #expect(first.text.contains("2 nodes, 1 of them new"))
        #expect(first.lines.last?.hasSuffix("Next: git push") == true)
        let text = try Git.run("show", "HEAD:\(file)", in: fleet.clone)
        #expect(text.contains("commit: \(declared)") && text.hasSuffix("step: 2"))
        #expect(try Git.run("show", "--name-only", "--format=", "HEAD", in: fleet.clone) == file)
        try Git.run("push", "--quiet", "origin", "main", in: fleet.clone)
        let verified = try plimsoll(
            "verify", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(verified.exitCode == 0, "\(verified.text)")
        #expect(try plimsoll("validate", fleet.clone).exitCode == 0)

        #expect(try proceed("stores").text.contains("Step 3 of 3"))
        let done = try proceed("stores")
        #expect(done.exitCode == 64)
        #expect(done.errorText.contains("no pause is left"))
    }

    /// Both commits are on the branch, but one of them alone has declared it.
    @Test func aWordWithTheWrongCommitIsCalledVoid() throws {
        try #require(try proceed("stores", "--no-commit").exitCode == 0)
        let text = try fleet.folder.read("acme/\(file)")
        #expect(try !plimsoll("validate", fleet.clone).text.contains("void"))
        try fleet.folder.write(
            text.replacing(declared, with: fleet.introduction), to: "acme/\(file)")
        let result = try plimsoll("validate", fleet.clone)
        #expect(result.exitCode == 0)
        let void = "warning: void: commit \(fleet.introduction.prefix(12)) did not declare it"
        #expect(result.text.contains("\(file):4:3: \(void), \(declared.prefix(12)) did"), "\(result.text)")
        #expect(result.text.contains("write it anew by 'plimsoll proceed stores'"))
        try fleet.folder.write(
            text.replacing(declared, with: String(repeating: "b", count: 40))
                .replacing(/digest: .*/, with: "digest: \(String(repeating: "a", count: 64))"),
            to: "acme/\(file)")
        #expect(try plimsoll("validate", fleet.clone).text.contains("was never declared for 'debian-12'"))
    }

    @Test func oneWordMayEndSeveralPauses() throws {
        let result = try proceed("stores", "--step", "3", "--no-commit")
        #expect(result.exitCode == 0)
        #expect(result.text.contains("That ends the pauses before these steps, too: 2."))
        #expect(try fleet.head == declared)
        #expect(try fleet.folder.read("acme/\(file)").hasSuffix("step: 3\n"))
    }

    @Test func whatCannotBeIsRefusedWithAReason() throws {
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        let refusals: [(arguments: [String], words: String)] = [
            (["store"], "has no group 'store'"), (["canary"], "'canary' has no waves"),
            (["stores", "--step", "1"], "step 1 of 'stores' does not wait for a person; these do: 2, 3"),
            (["stores", "--declaration", "abcdef"], "has no declaration 'abcdef'"),
            (["stores", "--key", stranger.path], "no node would believe the commit"),
        ]
        for refusal in refusals {
            let result = try run(
                [
                    BuiltProgram.path("plimsoll"), "proceed", "--repository", fleet.clone, "--introduction",
                    fleet.introduction,
                ] + refusal.arguments, environment: Git.environment)
            #expect(result.exitCode == 64, "\(refusal.words)")
            #expect(result.errorText.contains(refusal.words), "\(result.errorText)")
        }
        #expect(try fleet.head == declared)
    }

    @Test func aWorkTreeThatIsBehindIsRefused() throws {
        try Git.run("switch", "--quiet", "--detach", "HEAD~1", in: fleet.clone)
        let result = try proceed("stores")
        #expect(result.exitCode == 64)
        #expect(result.errorText.contains("is not at the tip of 'main'"), "\(result.errorText)")
    }

    @Test func theWordIsVoidForTheNextDeclaration() throws {
        #expect(try proceed("stores", "--declaration", String(declared.prefix(8))).exitCode == 0)
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nmanager: apt\npackages:\n  curl: 1-3\n",
            to: "acme/baselines/debian-12.yaml")
        let next = try fleet.commit("Another")
        let result = try proceed("stores")
        #expect(
            result.text.contains("Step 2 of 3 in 'stores' may begin"), "\(result.text)\(result.errorText)")
        #expect(try Git.run("show", "HEAD:\(file)", in: fleet.clone).contains("commit: \(next)"))
    }
}
