import FleetCore
import FleetTesting
import Foundation
import Testing

/// How `plimsoll rollout --until-done` ends where a person is needed, and how it prints JSON.
struct OperatorRolloutEndTests {
    private let fleet: OperatorFleet
    private let declared: Declaration
    private let now = Int64(Date().timeIntervalSince1970)

    init() throws {
        fleet = try OperatorFleet(canaries: ["canary-1", "canary-2"], stores: ["store-1"])
        for group in ["canary", "stores"] {
            let path = "acme/groups/\(group)/group.yaml"
            let text = try fleet.folder.read(path).replacing(/hold: .*\n/, with: "hold: null\n")
            try fleet.folder.write(text, to: path)
        }
        try fleet.commit("Begin")
        declared = try fleet.declared
    }

    private func making(_ node: String, soaked: Int64? = nil, phase: Phase = .converged) -> ReportMaking {
        var making = ReportMaking(node: node, group: node.hasPrefix("canary") ? "canary" : "stores")
        making.declared = declared
        making.admitted = .some(soaked == nil ? nil : declared)
        making.proven = soaked.map { [declared: $0] } ?? [:]
        making.phase = phase
        making.time = now
        return making
    }

    private func failing(_ node: String) -> ReportMaking {
        var making = making(node, phase: .rolledBack)
        making.failed = [declared]
        making.reasons = [Reason(.declarationFailed, "\(declared) failed here: a check is bad")]
        return making
    }

    private func untilDone(_ arguments: String...) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll"), "rollout", "--until-done", "--interval", "1s"] + arguments,
            in: fleet.clone, environment: Git.environment)
    }

    @Test func aFailedNodeEndsItWith3AndTheNextStep() throws {
        try fleet.report(making("canary-1", soaked: 14_400))
        try fleet.report(failing("canary-2"))
        try fleet.report(making("store-1", phase: .waiting))
        let result = try untilDone()
        #expect(result.exitCode == 3, "\(result.errorText)")
        #expect(result.text.contains("need  canary-2 (failed): revert the commit that declared it; or mend"))
        #expect(result.text.contains("end   not without a person, see 'need'"))
        #expect(result.errorText.contains("cannot end without a person; canary-2 (failed): revert"))
        let once = try plimsoll("rollout", in: fleet.clone)
        #expect(once.exitCode == 0)
    }

    @Test func itGoesOnUntilNothingMovesAnyMore() async throws {
        try fleet.report(making("canary-1", soaked: 14_390))
        try fleet.report(failing("canary-2"))
        try fleet.report(making("store-1", soaked: 14_400))
        let watch = try HeldProcess(
            [
                BuiltProgram.path("plimsoll"), "rollout", "--until-done", "--interval", "1s", "--repository",
                "file://\(fleet.server)",
            ], environment: Git.environment)
        try await eventually("the first block") { watch.output.contains("1 soaking, 1 failed") }
        #expect(watch.output.contains("not without a person, see 'need'; the others"), "\(watch.output)")
        try fleet.report(making("canary-1", soaked: 14_400))
        #expect(watch.end(by: 0) == 3)
    }

    @Test func whoMayTryAgainByRetryIsNoReasonToEnd() throws {
        try fleet.report(failing("canary-2"))
        let path = "acme/groups/canary/group.yaml"
        try fleet.folder.write(try fleet.folder.read(path) + "retry: the mirror is mended\n", to: path)
        try fleet.commit("Let them try again")
        let json = try JSONValue(parsing: try plimsoll("rollout", "--json", in: fleet.clone).output)
        #expect(json["needsPerson"]?.bool == false)
        let tried = try #require(json["groups"]?.array?.first?["steps"]?.array?.first?["nodes"]?.array?.last)
        #expect(tried["standing"]?.string == "failed" && tried["person"] == .null)
    }

    @Test func aNodeThatDoesNotTrustTheBranchIsNamed() throws {
        try fleet.report(making("canary-1", soaked: 14_400))
        var untrusted = making("canary-2", phase: .untrusted)
        untrusted.reasons = [Reason(.untrusted, "commit 0123456789ab is not signed")]
        try fleet.report(untrusted)
        try fleet.report(making("store-1", soaked: 14_400))
        let result = try untilDone("--json")
        #expect(result.exitCode == 3)
        #expect(result.errorText.contains("canary-2 (untrusted): find the commit that nobody vouches for"))
        // One document on one line.
        #expect(result.lines.count == 1)
        let json = try JSONValue(parsing: Array(try #require(result.lines.first).utf8))
        #expect(json["schema"]?.string == "plimsoll/rollout/v1" && json["needsPerson"]?.bool == true)
        let need = try #require(json["groups"]?.array?.first?["needs"]?.array?.first)
        #expect(need["nodes"] == ["canary-2"] && need["onlyWay"]?.bool == true)
        let why = try plimsoll("why", "canary-2", in: fleet.clone).text
        #expect(why.contains("what a person does now\n- untrusted: find the commit"))
    }

    @Test func aBranchThatIsNotAuthenticEndsItWith77() throws {
        try fleet.report(making("canary-1", soaked: 60))
        try fleet.commit("Nobody signed this", isSigned: false)
        #expect(try untilDone().exitCode == 77)
    }

    @Test func theHelpNamesTheExitCode() throws {
        func words(_ help: CommandResult) -> String {
            help.text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        }
        #expect(
            words(try plimsoll("rollout", "--help")).contains("with 3 as soon as nothing goes on any more"))
        #expect(words(try plimsoll("--help")).contains("3 'rollout --until-done' only: a person is needed;"))
    }
}
