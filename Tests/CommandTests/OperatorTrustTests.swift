import FleetTesting
import Foundation
import Testing

/// What operators do about the trust of a branch: `plimsoll vouch`, and `plimsoll verify BASE..HEAD`.
struct OperatorTrustTests {
    private let fleet: OperatorFleet

    init() throws { fleet = try OperatorFleet(stores: []) }

    private func plimsoll(_ command: String, _ arguments: String...) throws -> CommandResult {
        try run(
            [
                BuiltProgram.path("plimsoll"), command, "--repository", fleet.clone, "--introduction",
                fleet.introduction,
            ] + arguments, environment: Git.environment)
    }

    private func git(_ arguments: String...) throws -> String {
        try runSuccessfully(["git"] + arguments, in: fleet.clone, environment: Git.environment).text
    }

    @Test(arguments: [true, false])
    func whatNobodySignedIsReadAndThenVouchedForOrLeftOut(isDiscarding: Bool) throws {
        let mode = isDiscarding ? ["--discard"] : []
        #expect(try plimsoll("vouch").text.hasPrefix("Every commit is authentic"))
        let good = try fleet.head
        try fleet.folder.write("hidden \u{1B}[2K\u{202E}line\n", to: "acme/x-notes")
        let bad = try fleet.commit("by nobody", isSigned: false)
        let tip = try fleet.commit("on it")

        let shown = try run(
            [BuiltProgram.path("plimsoll"), "vouch", "--repository", fleet.clone] + mode,
            environment: Git.environment)
        #expect(shown.exitCode == 77)
        #expect(shown.lines[0] == "not authentic: commit \(bad.prefix(12)): it is not signed")
        #expect(shown.text.contains("\(bad) Ada: by nobody") && shown.text.contains("\(tip) Ada: on it"))
        #expect(shown.text.contains("+hidden <U+001B>[2K<U+202E>line"), "\(shown.text)")
        #expect(shown.errorText.contains("--read \(tip)"))
        #expect(try plimsoll("vouch", "--read", bad).exitCode == 64)

        let signed = try run(
            [
                BuiltProgram.path("plimsoll"), "vouch", "--repository", fleet.clone, "--read", tip, "--key",
                fleet.operatorKey.path,
            ] + mode, environment: Git.environment)
        #expect(signed.exitCode == 0, "\(signed.errorText)")
        let push = try #require(signed.lines.last?.split(separator: " ").dropFirst().map(String.init))
        try runSuccessfully(push, in: fleet.clone, environment: Git.environment)
        let healed = try git("rev-parse", "origin/main")
        #expect(try git("rev-parse", "\(healed)^1", "\(healed)^2") == "\(good)\n\(tip)")
        #expect(try git("diff", "--name-only", isDiscarding ? good : tip, healed).isEmpty)
        #expect(try plimsoll("verify").exitCode == 0)
    }

    @Test func nobodyVouchesWithAKeyThatIsNotListed() throws {
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        let bad = try fleet.commit("by nobody", isSigned: false)
        let result = try plimsoll("vouch", "--read", bad, "--key", stranger.path)
        #expect(result.exitCode == 77)
        #expect(result.errorText.contains("no node would believe the merge: signed by SHA256:"))
        #expect(try git("rev-parse", "origin/main") == bad)
    }

    @Test func openPGPIsForeseenAndVerifiedAndWithoutGpgvNothingIsSaid() throws {
        let home = try GnuPGHome()
        let olga = try home.makeKey("olga")
        try fleet.folder.write(home.export(olga), to: "acme/trust/openpgp/olga.asc")
        let base = try fleet.commit("let olga in")
        _ = try git("checkout", "--quiet", "-b", "topic")
        _ = try git(
            "-c", "gpg.format=openpgp", "-c", "gpg.program=\(home.program("gpg"))", "-c",
            "user.signingKey=\(olga)!", "commit", "--quiet", "--allow-empty", "-S", "-m", "by olga")
        for shape in ["merge", "fast-forward", "signed-merge"] {
            let result = try plimsoll("verify", "\(base)..topic", "--as", shape)
            #expect(result.exitCode == 0, "\(shape): \(result.text)")
        }
        try fleet.folder.write("#!/bin/sh\nkill -9 $$\n", to: "bin/gpgv", mode: 0o755)
        let path = "\(fleet.folder.path("bin")):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let blind = try run(
            [BuiltProgram.path("plimsoll"), "verify", "--repository", fleet.clone, "\(base)..topic"],
            environment: Git.environment.merging(["PATH": path]) { $1 })
        #expect(blind.exitCode == 1)
        #expect(blind.errorText.contains("'gpgv' failed on its OpenPGP signature"), "\(blind.errorText)")
        _ = try git("push", "--quiet", "origin", "topic:main")
        #expect(try plimsoll("verify").exitCode == 0)
        #expect(try plimsoll("vouch").text.hasPrefix("Every commit is authentic"))
    }

    @Test func theShapeOfAMergeDecides() throws {
        let base = try fleet.head
        _ = try git("checkout", "--quiet", "-b", "topic")
        _ = try git("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "one")
        let unsigned = try fleet.head
        let refused = try plimsoll("verify", "\(base)..topic")
        #expect(refused.exitCode == 77)
        #expect(
            refused.lines.dropFirst() == [
                "  merge         not authentic: it is not signed, and nobody vouches for the merged "
                    + "\(unsigned.prefix(12)) either: it is not signed",
                "  fast-forward  not authentic: commit \(unsigned.prefix(12)): it is not signed",
                "  signed-merge  authentic, if a key signs it that the base lists",
            ], "\(refused.text)")
        #expect(try plimsoll("verify", "\(base)..topic", "--as", "signed-merge").exitCode == 0)

        try Git.commit("two", in: fleet.clone, signedWith: fleet.operatorKey.path)
        #expect(try plimsoll("verify", "\(base)..topic").exitCode == 0)
        #expect(try plimsoll("verify", "\(base)..topic", "--as", "fast-forward").exitCode == 77)
        let json = try plimsoll("verify", "\(base)..topic", "--json").text
        #expect(json.contains("\"schema\": \"plimsoll/forecast/v1\""), "\(json)")
        #expect(json.contains("\"authentic\": true"))

        _ = try git("checkout", "--quiet", "main")
        let moved = try fleet.commit("meanwhile")
        let behind = try plimsoll("verify", "\(moved)..topic")
        #expect(behind.exitCode == 77)
        #expect(behind.text.contains("was not up to date with \(moved.prefix(12))"))
        #expect(behind.text.contains("rebase it"))
        #expect(try plimsoll("verify", "\(moved)..\(base)").text.contains("is in the branch already"))
    }

    @Test func underEveryCommitAllThatIsBroughtMustBeSigned() throws {
        let text = try fleet.folder.read("acme/fleet.yaml")
        try fleet.folder.write(
            text.replacing("policy: first-parent", with: "policy: every-commit"), to: "acme/fleet.yaml")
        let base = try fleet.commit("Ask more")
        #expect(try run([BuiltProgram.path("plimsoll"), "validate", fleet.clone]).exitCode == 0)
        try fleet.folder.write("content\n", to: "acme/x-notes")
        let bad = try fleet.commit("by nobody", isSigned: false)
        let result = try plimsoll("verify", "\(base)..\(bad)", "--as", "signed-merge")
        #expect(result.exitCode == 77)
        #expect(result.text.contains("each commit that it brings must be authentic"))
        let key = fleet.operatorKey.path
        let vouched = try plimsoll("vouch", "--read", bad, "--key", key)
        #expect(vouched.exitCode == 77 && vouched.errorText.contains("leave it out by '--discard'"))
        #expect(try plimsoll("vouch", "--discard", "--read", bad, "--key", key).exitCode == 0)
    }

    @Test func aTopicIsApprovedForTheBranchBeforeItIsMerged() throws {
        let text = try fleet.folder.read("acme/fleet.yaml")
        #expect(try plimsoll("approve", "HEAD").errorText.contains("is on the branch already"))
        _ = try git("checkout", "--quiet", "-b", "early")
        _ = try git("commit", "--quiet", "--allow-empty", "-m", "early")
        #expect(try plimsoll("approve").errorText.contains("asks for no approval"))
        _ = try git("checkout", "--quiet", "main")
        try fleet.folder.write(
            text.replacing("policy: first-parent", with: "branch: main"), to: "acme/fleet.yaml")
        let base = try fleet.commit("Name the branch")
        #expect(try run([BuiltProgram.path("plimsoll"), "validate", fleet.clone]).exitCode == 0)
        _ = try git("checkout", "--quiet", "-b", "topic")
        try fleet.folder.write("content\n", to: "acme/x-notes")
        try Git.commit("one", in: fleet.clone, signedWith: fleet.operatorKey.path)
        let head = try fleet.head
        let refused = try plimsoll("verify", "\(base)..topic")
        #expect(refused.exitCode == 77)
        #expect(refused.text.contains("has no trailer 'Plimsoll-Branch'"), "\(refused.text)")
        #expect(refused.text.contains("its message has the trailer 'Plimsoll-Branch: acme-edge/main'"))

        let shown = try plimsoll("approve")
        #expect(shown.exitCode == 0 && shown.text.contains("x-notes | 1 +"), "\(shown.text)")
        #expect(shown.errorText.contains("nothing is signed yet; to approve this: plimsoll approve \(head)"))
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        #expect(try plimsoll("approve", head, "--key", stranger.path).exitCode == 64)
        let signed = try plimsoll("approve", head, "--key", fleet.operatorKey.path)
        #expect(signed.exitCode == 0, "\(signed.errorText)")
        let next = try #require(signed.lines.last)
        #expect(next.hasPrefix("Next: git push origin ") && next.hasSuffix(":refs/heads/topic"), "\(next)")
        try runSuccessfully(
            next.split(separator: " ").dropFirst().map(String.init), in: fleet.clone,
            environment: Git.environment)
        _ = try git("fetch", "--quiet", "origin")
        #expect(try plimsoll("verify", "\(base)..origin/topic").exitCode == 0)
        #expect(try git("diff", "--name-only", head, "origin/topic").isEmpty)
        #expect(
            try git("log", "-1", "--format=%(trailers:key=Plimsoll-Branch,valueonly)", "origin/topic")
                == "acme-edge/main")
        // What Plimsoll itself commits names the branch, too.
        _ = try git("checkout", "--quiet", "main")
        let bad = try fleet.commit("by nobody", isSigned: false)
        let vouched = try plimsoll("vouch", "--read", bad, "--key", fleet.operatorKey.path)
        #expect(vouched.exitCode == 0, "\(vouched.errorText)")
    }

    @Test func whereARuleAsksForTwoTheApprovalNamesTheCommit() throws {
        try fleet.folder.write(
            "apiVersion: plimsoll/v1\nrules: [{path: trust/, threshold: 2}]\n", to: "acme/trust/rules.yaml")
        let base = try fleet.commit("Two for trust")
        _ = try git("checkout", "--quiet", "-b", "topic")
        try fleet.folder.write("content\n", to: "acme/trust/README.md")
        try Git.commit("one", in: fleet.clone, signedWith: fleet.operatorKey.path)
        let head = try fleet.head
        let forecast = try plimsoll("verify", "\(base)..topic")
        #expect(forecast.exitCode == 0, "\(forecast.text)")
        #expect(forecast.text.contains("1 of 2 keys for trust/"), "\(forecast.text)")
        #expect(
            forecast.lines.last
                == "  signed-merge  authentic, if a key signs it that the base lists; then it waits for "
                + "approval by 1 more for trust/")
        let signed = try plimsoll("approve", head, "--key", fleet.operatorKey.path)
        let id = try #require(signed.lines.last?.split(separator: " ").last?.prefix(40))
        #expect(try git("log", "-1", "--format=%(trailers)", String(id)) == "Approves: \(head)")
    }
}
