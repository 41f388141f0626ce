import FleetCore
import FleetTesting
import Foundation
import Testing

/// `plimsoll status` on a fleet whose reports stock git made.
struct OperatorStatusTests {
    private let fleet: OperatorFleet

    init() throws { fleet = try OperatorFleet() }

    /// A node as `--json` has it.
    private func nodes(_ arguments: String...) throws -> [String: [String: Any]] {
        let result = try run(
            [BuiltProgram.path("plimsoll"), "status", "--json"] + arguments, in: fleet.clone,
            environment: Git.environment)
        try #require(result.exitCode == 0, "\(result.errorText)")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(json["schema"] as? String == "plimsoll/status/v1")
        let nodes = try #require(json["nodes"] as? [[String: Any]])
        return Dictionary(nodes.compactMap { node in (node["node"] as? String).map { ($0, node) } }) { $1 }
    }

    private func why(_ node: String) throws -> String {
        let found = try #require(try nodes()[node])
        #expect(found["verified"] as? Bool == false)
        #expect(found["phase"] as? String == "unknown")
        #expect(found["compliant"] as? Bool == false)
        #expect(found["admitted"] == nil)
        return found["why"] as? String ?? ""
    }

    @Test func theTableShowsEachNodeAndTheWholeFleet() throws {
        try fleet.report(
            ReportMaking(node: "canary-1", group: "canary", counts: [.installed: 12, .unknown: 1]))
        try fleet.report(
            ReportMaking(
                node: "store-1", phase: .held, counts: [.installed: 3],
                reasons: [Reason(.groupHold, "the group is on hold: first look")]))
        let result = try plimsoll("status", "--introduction", fleet.introduction, in: fleet.clone)
        #expect(result.exitCode == 0)
        #expect(result.errorText.isEmpty)
        let rows = result.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(rows[0].first == "NODE")
        #expect(Array(rows[1].prefix(3)) == ["canary-1", "canary", "converged"])
        #expect(rows[1].contains("12/13") && rows[1].contains("verified"))
        #expect(Array(rows[2].prefix(3)) == ["store-1", "stores", "held"])
        #expect(rows[2].contains("3/3"))
        #expect(result.lines[2].hasSuffix("groupHold: the group is on hold: first look"))
        #expect(Array(rows[3].prefix(3)) == ["store-2", "stores", "unknown"])
        #expect(result.lines[3].hasSuffix("it has never reported"))
        let head = try fleet.head.prefix(12)
        #expect(
            result.lines.last
                == "3 nodes of fleet 'acme-edge' at \(head): 2 reporting, 1 converged; compliant 1 of 3 (33 %), "
                + "entries 15 of 16 (93 %)")
    }

    @Test func reasonsAreShortAndWhatAPersonDoesIsSaidOnce() throws {
        let long =
            "commit 0123456789ab: groups/stores/group.yaml:4:1: unknown key 'atempts'; did you mean it?"
        for node in ["store-1", "store-2"] {
            try fleet.report(
                ReportMaking(
                    node: node, phase: .unreadable,
                    reasons: [Reason(.unreadable, long), Reason(.groupHold, "x")]))
        }
        try fleet.report(ReportMaking(node: "canary-1", group: "canary"), isSigned: false)
        let result = try plimsoll("status", "--introduction", fleet.introduction, in: fleet.clone)
        #expect(!result.text.contains(long))
        #expect(
            result.lines[2].hasSuffix("unreadable: commit 0123456789ab: groups/stores/group.ya… (+1)"),
            "\(result.lines[2])")
        #expect(
            result.text.contains(
                "\nwhat a person does now\n- store-1, store-2 (unreadable): mend what 'plimsoll validate' names"
            ))
        #expect(result.text.contains("\n- canary-1 (not believed): compare its key with its file"))
        let nodes = try nodes()
        let person = try #require(nodes["store-1"]?["person"] as? [String: Any])
        #expect(person["state"] as? String == "unreadable" && person["onlyWay"] as? Bool == true)
        #expect((nodes["store-1"]?["reasons"] as? [[String: Any]])?.first?["message"] as? String == long)
    }

    @Test func withoutAnIntroductionItSaysThatNobodyVouches() throws {
        let result = try plimsoll("status", "--repository", fleet.clone)
        #expect(result.exitCode == 0)
        #expect(result.errorText.contains("nothing here pins the first commit \(fleet.introduction)"))
    }

    @Test func aReportOfTheNodesOwnKeyIsVerified() throws {
        let id = try fleet.report(ReportMaking(node: "store-1"))
        let node = try #require(try nodes()["store-1"])
        #expect(node["verified"] as? Bool == true)
        #expect(node["compliant"] as? Bool == true)
        #expect(node["report"] as? String == id)
        #expect((node["entries"] as? [String: Int]) == ["installed": 3, "applying": 3])
    }

    @Test func anUnsignedReportIsNotBelieved() throws {
        try fleet.report(ReportMaking(node: "store-1"), isSigned: false)
        #expect(try why("store-1") == "it is not signed")
    }

    @Test func aReportSignedByAnotherKeyIsNotBelieved() throws {
        try fleet.report(ReportMaking(node: "store-1"), signedWith: fleet.keys["store-2"])
        #expect(try why("store-1").hasPrefix("signed by SHA256:"))
    }

    @Test func aReportUnderAnotherNodesNameIsNotBelieved() throws {
        // The whole report of another node, signed by that node, where this one's is looked for.
        try fleet.report(ReportMaking(node: "store-2"), at: "store-1")
        #expect(try why("store-1").hasPrefix("signed by SHA256:"))
        try fleet.report(ReportMaking(node: "store-2"), signedWith: fleet.keys["store-1"], at: "store-1")
        #expect(try why("store-1") == "it is a report of the node 'store-2'")
    }

    @Test func aReportToAnotherFleetIsNotBelieved() throws {
        try fleet.report(ReportMaking(node: "store-1", fleet: "other"))
        #expect(try why("store-1") == "it is a report to the fleet 'other'")
    }

    @Test func aNewestReportThatIsNotTheChainsTipIsNotBelieved() throws {
        let first = try fleet.report(ReportMaking(node: "store-1"))
        try fleet.report(ReportMaking(node: "store-1", phase: .failed, sequence: 2, parent: first))
        // A server that takes the chain back and keeps the newest report, or the other way round.
        try Git.run("update-ref", "refs/heads/status/store-1", first, in: fleet.server)
        #expect(try why("store-1") == "status/store-1 and latest/store-1 do not agree")
        try Git.run("update-ref", "-d", "refs/heads/latest/store-1", in: fleet.server)
        #expect(try why("store-1") == "there is no latest/store-1 beside its chain")
    }

    @Test func aReportThatFollowsAnotherHistoryIsNotBelieved() throws {
        let beside = try Git.run("commit-tree", "-m", "beside", "HEAD^{tree}", in: fleet.clone)
        try fleet.report(ReportMaking(node: "store-1", commit: beside))
        #expect(try why("store-1").contains("is not in the fleet's authentic history"))
    }

    @Test func whatAReportSaysCannotDriveTheTerminal() throws {
        try fleet.report(
            ReportMaking(node: "store-1", reasons: [Reason(.unknown, "\u{1B}[2Jgone\nstore-9 converged")]))
        let result = try plimsoll("status", "--repository", "file://\(fleet.server)")
        #expect(result.exitCode == 0)
        #expect(!result.output.contains(0x1B))
        #expect(!result.lines.contains { $0.hasPrefix("store-9") })
    }

    @Test func reportsInARepositoryOfEachGroupAreFound() throws {
        for group in ["canary", "stores"] {
            _ = try Git.makeBareRepository("status-\(group).git", in: fleet.folder)
        }
        try fleet.report(ReportMaking(node: "store-1"))
        try Git.run(
            "push", "--quiet", fleet.folder.path("status-stores.git"),
            "refs/heads/status/*:refs/heads/status/*",
            "refs/heads/latest/*:refs/heads/latest/*", in: fleet.server)
        // What is left in the fleet's own repository does not count.
        try fleet.report(ReportMaking(node: "store-2"))
        let file = try fleet.folder.read("acme/fleet.yaml")
        try fleet.folder.write(
            file.replacing("remote: null", with: "remote: file://\(fleet.folder.path("status-{group}.git"))"),
            to: "acme/fleet.yaml")
        try fleet.commit("Give the reports repositories of their own")
        let nodes = try nodes()
        #expect(nodes["store-1"]?["verified"] as? Bool == true)
        #expect(nodes["store-2"]?["verified"] as? Bool == false)
        #expect(nodes["store-2"]?["why"] is NSNull)
    }

    @Test func aBranchThatIsNotAuthenticEndsWith77AndShowsTheLastAuthenticList() throws {
        let last = try fleet.head
        try fleet.report(ReportMaking(node: "store-1"))
        try Git.run("rm", "-r", "--quiet", "groups/stores/nodes/store-1.yaml", in: fleet.clone)
        let bad = try fleet.commit("Take store-1 out", isSigned: false)
        let result = try plimsoll("status", "--introduction", fleet.introduction, in: fleet.clone)
        #expect(result.exitCode == 77)
        #expect(result.errorText.contains("commit \(bad.prefix(12)) is not authentic: it is not signed"))
        #expect(result.errorText.contains("go on with \(last.prefix(12))"))
        #expect(result.text.contains("store-1"))
    }

    @Test func anIntroductionOfAnotherRepositoryEndsWith77() throws {
        let other = String(repeating: "1", count: 40)
        let result = try plimsoll("status", "--introduction", other, in: fleet.clone)
        #expect(result.exitCode == 77)
        #expect(result.errorText.contains("is not on the first-parent chain"))
    }

    @Test func whatCannotBeReachedEndsWith69AndWhatIsNoRepositoryWith64() throws {
        let away = try plimsoll("status", "--repository", "file:///nowhere/fleet.git")
        #expect(away.exitCode == 69)
        let none = try plimsoll("status", "--repository", fleet.folder.path)
        #expect(none.exitCode == 64)
        #expect(none.errorText.contains("is no Git repository"))
        let branch = try plimsoll("status", "--branch", "trunk", in: fleet.clone)
        #expect(branch.exitCode == 69)
        #expect(branch.errorText.contains("has no branch 'trunk'"))
    }

    @Test func nothingIsLeftBehind() throws {
        let temporary = try fleet.folder.makeFolder("tmp")
        let result = try plimsoll("status", in: fleet.clone, environment: ["TMPDIR": temporary])
        #expect(result.exitCode == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
    }
}
