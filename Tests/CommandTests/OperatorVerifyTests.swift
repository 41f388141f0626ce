import FleetCore
import FleetTesting
import Foundation
import Testing

/// `plimsoll verify` on histories and chains of reports, good and forged.
struct OperatorVerifyTests {
    private let fleet: OperatorFleet

    init() throws { fleet = try OperatorFleet() }

    private func verify(_ arguments: String...) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll"), "verify", "--introduction", fleet.introduction] + arguments,
            in: fleet.clone, environment: Git.environment)
    }

    /// Three good reports of a node, and the id of the last.
    private func threeReports(of node: String = "store-1") throws -> String {
        var parent: String?
        for number in 1...3 {
            parent = try fleet.report(ReportMaking(node: node, sequence: number, parent: parent))
        }
        return try #require(parent)
    }

    @Test func aSoundFleetIsAuthentic() throws {
        _ = try threeReports()
        try fleet.report(ReportMaking(node: "canary-1", group: "canary", receipt: receipt(of: "canary-1")))
        let result = try verify()
        #expect(result.exitCode == 0, "\(result.text)")
        #expect(
            result.lines == [
                "history: 1 of 1 commit authentic after the introduction \(fleet.introduction.prefix(12))",
                "reports: 4 authentic reports with 1 receipt of 2 nodes, 0 faults; 1 node never reported",
                "authentic",
            ])
        #expect(result.errorText.isEmpty)
        let plain = try plimsoll("verify", in: fleet.clone)
        #expect(plain.exitCode == 0)
        #expect(plain.errorText.contains("nothing here pins the first commit \(fleet.introduction)"))
    }

    @Test func anUnsignedCommitIsNamedAndWhatStandsOnItDoesNotCount() throws {
        let bad = try fleet.commit("by nobody", isSigned: false)
        try fleet.commit("on it")
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.lines[0] == "not authentic: commit \(bad.prefix(12)): it is not signed")
        #expect(result.lines[1] == "  1 later commit on it cannot be authentic either")
        #expect(result.text.contains("history: 1 of 3 commits authentic"))
        #expect(result.lines.last == "not authentic")
    }

    @Test func aCommitByAnUnlistedKeyIsNamedEvenIfItListsThatKey() throws {
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        let signers = try fleet.folder.read("acme/trust/allowed_signers")
        try fleet.folder.write(
            signers + "eve@example.com \(stranger.publicLine)\n", to: "acme/trust/allowed_signers")
        let bad = try fleet.commit("let me in", signedWith: stranger)
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.lines[0].hasPrefix(
                "not authentic: commit \(bad.prefix(12)): signed by SHA256:"))
    }

    @Test func aForgedReportIsNamed() throws {
        let last = try threeReports()
        let forged = try fleet.report(
            ReportMaking(node: "store-1", phase: .converged, sequence: 4, parent: last),
            signedWith: fleet.keys["store-2"])
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.lines[0].hasPrefix(
                "not authentic: report \(forged.prefix(12)) of store-1: signed by SHA256:"))
        #expect(result.text.contains("reports: 3 authentic reports"))
    }

    @Test func aGapInTheNumbersIsNamed() throws {
        let last = try threeReports()
        let late = try fleet.report(ReportMaking(node: "store-1", sequence: 5, parent: last))
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.lines[0]
                == "not authentic: report \(late.prefix(12)) of store-1: its number is 5, expected 4: reports are "
                + "missing or doubled")
    }

    @Test func aChainThatWasCutAtItsBeginningIsNamed() throws {
        // The server dropped the first reports and grafted the node's own later one on nothing.
        let late = try fleet.report(ReportMaking(node: "store-1", sequence: 3, previous: fleet.introduction))
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.text.contains("report \(late.prefix(12)) of store-1: it names another report before it"))
        #expect(result.text.contains("its number is 3, expected 1"))
    }

    @Test func anUnsignedReportInTheMiddleIsNamed() throws {
        let first = try fleet.report(ReportMaking(node: "store-1"))
        let second = try fleet.report(
            ReportMaking(node: "store-1", sequence: 2, parent: first), isSigned: false)
        try fleet.report(ReportMaking(node: "store-1", sequence: 2, parent: second))
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(result.text.contains("report \(second.prefix(12)) of store-1: it is not signed"))
    }

    @Test func aReceiptOfAnotherNodeIsNamed() throws {
        let id = try fleet.report(ReportMaking(node: "store-1", receipt: receipt(of: "store-2")))
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.text.contains(
                "report \(id.prefix(12)) of store-1: its receipt.json is no receipt of this node"))
    }

    @Test func aNewestReportBesideTheChainIsNamed() throws {
        let first = try fleet.report(ReportMaking(node: "store-1"))
        try fleet.report(ReportMaking(node: "store-1", sequence: 2, parent: first))
        try Git.run("update-ref", "refs/heads/status/store-1", first, in: fleet.server)
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(result.text.contains("latest/store-1: status/store-1 and latest/store-1 do not agree"))
    }

    @Test func aChangeOfKeysLeavesOldReportsAuthentic() throws {
        let last = try threeReports()
        try fleet.writeNode("store-1", in: "stores")
        try fleet.commit("A new machine in the place of store-1")
        // The new machine takes the tip as parent and begins at 1.
        try fleet.report(ReportMaking(node: "store-1", sequence: 1, parent: last))
        let result = try verify()
        #expect(result.exitCode == 0, "\(result.text)")
        #expect(result.text.contains("reports: 4 authentic reports"))
    }

    @Test func aNodeThatMovedAndOneThatLeftStayAuthentic() throws {
        let last = try threeReports(of: "store-1")
        _ = try threeReports(of: "store-2")
        try Git.run(
            "mv", "groups/stores/nodes/store-1.yaml", "groups/canary/nodes/store-1.yaml", in: fleet.clone)
        try Git.run("rm", "--quiet", "groups/stores/nodes/store-2.yaml", in: fleet.clone)
        try fleet.commit("Move one, take one out")
        try fleet.report(ReportMaking(node: "store-1", group: "canary", sequence: 4, parent: last))
        let result = try verify()
        #expect(result.exitCode == 0, "\(result.text)")
        #expect(result.text.contains("reports: 7 authentic reports with 0 receipts of 2 nodes"))
    }

    @Test func aReportThatFollowsACommitWithoutTheNodeIsNamed() throws {
        let last = try threeReports(of: "store-2")
        try Git.run("rm", "--quiet", "groups/stores/nodes/store-2.yaml", in: fleet.clone)
        try fleet.commit("Take store-2 out")
        let late = try fleet.report(ReportMaking(node: "store-2", sequence: 4, parent: last))
        let result = try verify()
        #expect(result.exitCode == 77)
        #expect(
            result.text.contains(
                "report \(late.prefix(12)) of store-2: the commit that it follows does not list the node"))
        #expect(result.text.contains("reports: 3 authentic reports"))
    }

    @Test func stockGitAgreesWithTheWrittenSigners() throws {
        _ = try threeReports()
        let file = fleet.folder.path("signers")
        #expect(try verify("--write-signers", file).exitCode == 0)
        try Git.run("fetch", "--quiet", "origin", in: fleet.clone)
        func log() throws -> [String] {
            let result = try run(
                [
                    "git", "-c", "gpg.ssh.allowedSignersFile=\(file)", "log", "--format=%G? %GS",
                    "origin/status/store-1",
                ], in: fleet.clone, environment: Git.environment)
            return result.lines
        }
        #expect(try log() == Array(repeating: "G store-1@acme-edge", count: 3))
    }

    @Test func jsonNamesEachFault() throws {
        let id = try fleet.report(ReportMaking(node: "store-1"), isSigned: false)
        let result = try verify("--json")
        #expect(result.exitCode == 77)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(json["schema"] as? String == "plimsoll/verification/v1")
        #expect(json["authentic"] as? Bool == false)
        #expect((json["history"] as? [String: Any])?["authentic"] as? Bool == true)
        let nodes = try #require(json["nodes"] as? [[String: Any]])
        let faults = try #require(nodes.first?["faults"] as? [[String: Any]])
        #expect(faults.first?["commit"] as? String == id)
        #expect(faults.first?["message"] as? String == "it is not signed")
        #expect((json["silent"] as? [String]) == ["canary-1", "store-2"])
    }

    private func receipt(of node: String) throws -> String {
        let commit = try #require(CommitID(fleet.introduction))
        let receipt = Receipt(
            fleet: try #require(FleetName("acme-edge")), node: try #require(NodeName(node)),
            group: try #require(GroupName("canary")), baseline: try #require(BaselineName("debian-12")),
            declaration: Declaration(digest: Digest(of: [1]), commit: commit), previous: nil, commit: commit,
            basis: .noGate, isRollback: false, rule: nil, witnesses: [], time: Timestamp(seconds: 0))
        return String(decoding: receipt.documentBytes, as: UTF8.self)
    }
}
