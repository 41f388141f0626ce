import FleetCore
import FleetRepository
import FleetTesting
import Foundation
import Glibc
import Testing

/// `plimsoll why` and `plimsoll rollout` on a fleet whose reports stock git made.
struct OperatorViewTests {
    private let fleet: OperatorFleet
    /// What the fleet declares.
    private let declared: Declaration
    /// The time of a report that was written just now.
    private let now = Int64(Date().timeIntervalSince1970)

    init() throws {
        fleet = try OperatorFleet(canaries: ["canary-1", "canary-2"], stores: ["store-1", "store-2"])
        for group in ["canary", "stores"] {
            let path = "acme/groups/\(group)/group.yaml"
            let text = try fleet.folder.read(path).replacing(/hold: .*\n/, with: "hold: null\n")
            try fleet.folder.write(text, to: path)
        }
        try fleet.commit("Begin")
        declared = try fleet.declared
    }

    private func making(
        _ node: String, admitted: Bool, soaked: Int64? = nil, phase: Phase = .waiting,
        reasons: [Reason] = [], age: Int64 = 0
    ) -> ReportMaking {
        var making = ReportMaking(node: node, group: node.hasPrefix("canary") ? "canary" : "stores")
        making.declared = declared
        making.admitted = .some(admitted ? declared : nil)
        making.proven = soaked.map { [declared: $0] } ?? [:]
        making.phase = phase
        making.reasons = reasons
        making.time = now - age
        return making
    }

    /// One canary is healthy, the other has soaked for three of four hours; the stores wait.
    private func soakingFleet() throws {
        try fleet.report(making("canary-1", admitted: true, soaked: 14_400, phase: .converged))
        try fleet.report(making("canary-2", admitted: true, soaked: 10_800, phase: .converged))
        let waiting = [
            Reason(.tooFewHealthy, "1 of 2 required in 'canary' are healthy"),
            Reason(.canarySoaking, "soaking in 'canary' (4h needed): canary-2"),
        ]
        try fleet.report(making("store-1", admitted: false, reasons: waiting))
        try fleet.report(making("store-2", admitted: false, reasons: waiting))
    }

    private func json(_ arguments: String...) throws -> JSONValue {
        let result = try run(
            [BuiltProgram.path("plimsoll")] + arguments + ["--json"], in: fleet.clone,
            environment: Git.environment)
        try #require(result.exitCode == 0, "\(result.errorText)")
        return try JSONValue(parsing: result.output)
    }

    @Test func whyTellsTheRuleTheEvidenceAndWhatIsMissing() throws {
        try soakingFleet()
        let why = try json("why", "store-1")
        #expect(why["schema"]?.string == "plimsoll/why/v1")
        #expect(why["rule"]?["number"]?.integer == 6)
        #expect(why["declared"] == declared.json)
        #expect(why["admitted"] == .null)
        #expect(why["evidence"]?.array?.map { $0["standing"]?.string } == ["healthy", "soaking"])
        let missing = try #require(why["missing"]?.array?.first)
        #expect(missing["text"]?.string == "1 more healthy in 'canary'")
        let settles = try #require(missing["notBefore"]?.string.flatMap { Timestamp($0) })
        #expect(settles.seconds == now + 3_600)
        #expect(why["report"]?["agrees"]?.bool == true)

        let text = try plimsoll("why", "store-1", in: fleet.clone)
        #expect(text.exitCode == 0)
        #expect(text.text.contains("rule 6: the gate is not open"))
        #expect(text.text.contains("the node itself says the same"))
        #expect(!text.output.contains(0x1B))
    }

    @Test func whereTheNodeSaysOtherwiseBothAreShown() throws {
        try soakingFleet()
        try fleet.report(
            making("store-1", admitted: false, reasons: [Reason(.canaryFailed, "1 of 2 in 'canary' failed")]))
        let text = try plimsoll("why", "store-1", in: fleet.clone).text
        #expect(text.contains("the node itself says otherwise"))
        #expect(text.contains("- said by it alone: 1 of 2 in 'canary' failed (canaryFailed)"))
        #expect(text.contains("- not said by it: 1 of 2 required in 'canary' are healthy (tooFewHealthy)"))
        #expect(try json("why", "store-1")["report"]?["agrees"]?.bool == false)
    }

    @Test func whatTheNodeAloneKnowsIsShownBesides() throws {
        try fleet.report(
            making(
                "canary-1", admitted: true, phase: .blocked,
                reasons: [Reason(.sourceUnreachable, "the mirror does not answer")]))
        let text = try plimsoll("why", "canary-1", in: fleet.clone).text
        // Blocked before the first package has changed: the gate is still asked.
        #expect(text.contains("rule 8: everything says yes"))
        #expect(text.contains("admitted provisionally"))
        #expect(text.contains("and besides: the mirror does not answer (sourceUnreachable)"))
    }

    @Test func aNodeBehindTheTipIsJudgedWhereItStands() throws {
        try soakingFleet()
        let followed = try fleet.head
        try fleet.folder.write(
            try fleet.folder.read("acme/baselines/debian-12.yaml")
                .replacing("telnetd: absent", with: "telnetd: purged"),
            to: "acme/baselines/debian-12.yaml")
        try fleet.commit("Declare something else")
        // One canary knows the new commit already: for a node that does not, it is ahead.
        try fleet.report(making("canary-1", admitted: true, soaked: 14_400, phase: .converged))
        let why = try json("why", "store-1")
        #expect(why["commit"]?.string == followed)
        #expect(why["tip"]?.string == (try fleet.head))
        #expect(why["evidence"]?.array?.map { $0["standing"]?.string } == ["peerAhead", "soaking"])
        #expect(why["missing"]?.array?.first?["text"]?.string?.hasPrefix("its next cycle") == true)
    }

    @Test func whoCannotReadTheTipIsJudgedAtWhatItFollows() throws {
        try soakingFleet()
        let followed = try fleet.head
        try fleet.folder.write("apiVersion: plimsoll/v1\npackages: [\n", to: "acme/baselines/debian-12.yaml")
        let tip = try fleet.commit("Break the baseline")
        let why = try json("why", "store-1")
        #expect(why["rule"]?["number"]?.integer == 2)
        #expect(why["commit"]?.string == followed)
        let missing = why["missing"]?.array?.compactMap { $0["text"]?.string } ?? []
        #expect(missing.contains { $0.contains("commit \(tip.prefix(12))") }, "\(missing)")
    }

    @Test func aHoldIsTheFirstThingThatIsMissing() throws {
        try soakingFleet()
        let path = "acme/groups/stores/group.yaml"
        try fleet.folder.write(
            try fleet.folder.read(path).replacing("hold: null", with: "hold: inventory week"), to: path)
        try fleet.commit("Hold the stores")
        let why = try json("why", "store-1")
        #expect(why["rule"]?["number"]?.integer == 1)
        #expect(
            why["missing"]?.array?.first?["text"]?.string
                == "the end of the hold: the group is on hold: inventory week")
    }

    @Test func aNodeThatHasNeverReportedIsNotMadeUp() throws {
        let why = try json("why", "store-1")
        #expect(why["report"] == .null)
        #expect(
            why["conditions"]?.array?.first { $0["rule"]?.integer == 0 }?["mark"]?.string == "unknown")
        let text = try plimsoll("why", "store-1", in: fleet.clone).text
        #expect(text.contains("admitted   not known"))
        #expect(text.contains("the node has never reported"))
    }

    @Test func anUnknownNodeEndsWith64AndNamesTheNearest() throws {
        let result = try plimsoll("why", "stor-1", in: fleet.clone)
        #expect(result.exitCode == 64)
        #expect(result.errorText.contains("has no node 'stor-1'"))
        #expect(result.errorText.contains("did you mean 'store-1'?"))
    }

    @Test func rolloutShowsEachGroupInTheOrderOfItsGate() throws {
        try soakingFleet()
        let result = try plimsoll("rollout", in: fleet.clone)
        #expect(result.exitCode == 0, "\(result.errorText)")
        let text = result.text
        #expect(text.contains("[#+]  1 healthy, 1 soaking"))
        #expect(text.contains("[..]  2 waiting"))
        #expect(text.contains("waiting: 1 of 2 required in 'canary' are healthy"))
        #expect(text.contains("canary-2 reaches its soak of 4h, in 59m") || text.contains("in 1h"))
        let canary = try #require(text.range(of: "  canary  "))
        let stores = try #require(text.range(of: "  stores  "))
        #expect(canary.lowerBound < stores.lowerBound)
        #expect(!result.output.contains(0x1B))

        let groups = try #require(try json("rollout")["groups"]?.array)
        #expect(groups.map { $0["group"]?.string } == ["canary", "stores"])
        #expect(groups[0]["gate"]?["verdict"]?.string == "none")
        #expect(groups[1]["gate"]?["verdict"]?.string == "waiting")
        #expect(groups[1]["end"]?["state"]?.string == "notBefore")
        #expect(groups[1]["counts"]?["waiting"]?.integer == 2)
    }

    @Test func aFleetThatIsDoneTakesALineEachAndEndsTheWatch() throws {
        for node in ["canary-1", "canary-2", "store-1", "store-2"] {
            try fleet.report(making(node, admitted: true, soaked: 14_400, phase: .converged))
        }
        let result = try plimsoll("rollout", "--until-done", "--interval", "1s", in: fleet.clone)
        #expect(result.exitCode == 0, "\(result.errorText)")
        #expect(result.lines.filter { $0.contains("all 2 nodes are healthy") }.count == 2)
        #expect(!result.text.contains("["))
    }

    @Test func aSilentNodeAndOneThatIsNotBelievedAreShown() throws {
        try soakingFleet()
        try fleet.report(
            making("canary-2", admitted: true, soaked: 10_800, phase: .converged, age: 3 * 86_400))
        try fleet.report(making("store-2", admitted: false), isSigned: false)
        let groups = try #require(try json("rollout")["groups"]?.array)
        #expect(groups[0]["counts"]?["silent"]?.integer == 1)
        #expect(groups[1]["counts"]?["unknown"]?.integer == 1)
        #expect(groups[1]["end"]?["state"]?.string == "open")
    }

    @Test func wavesHaveABarEachAndAPauseNamesTheCommand() throws {
        try soakingFleet()
        try fleet.report(making("canary-2", admitted: true, soaked: 14_400, phase: .converged))
        let path = "acme/groups/stores/group.yaml"
        let waves =
            "waves: {steps: [{share: 50%, pause: true}, 100%], soak: 30m, healthy: 100%, failures: 0}\n"
        try fleet.folder.write(try fleet.folder.read(path) + waves, to: path)
        try fleet.commit("Move the stores in waves")
        let stores = try #require(try json("rollout")["groups"]?.array?.last)
        #expect(stores["gate"]?["verdict"]?.string == "open")
        #expect(stores["steps"]?.array?.map { $0["share"]?.string } == ["50%", "100%"])
        #expect(stores["refusals"]?.array?.first?["code"]?.string == "wavePause")
        let text = try plimsoll("rollout", in: fleet.clone).text
        #expect(text.contains("    50%   [.]  1 waiting"))
        #expect(text.contains("plimsoll proceed stores --step 1"))
        let why = try plimsoll("why", "store-1", in: fleet.clone).text
        #expect(why.contains("rule 7:"))
        #expect(why.contains("waits for a person"))
    }

    @Test func aWatchPrintsABlockForEachChangeAndEndsWithCtrlC() async throws {
        try soakingFleet()
        let watch = try HeldProcess(
            [
                BuiltProgram.path("plimsoll"), "rollout", "--watch", "--interval", "1s", "--repository",
                "file://\(fleet.server)",
            ], environment: Git.environment)
        try await eventually("the first block") { watch.output.contains("[#+]  1 healthy, 1 soaking") }
        try fleet.report(making("canary-2", admitted: true, soaked: 14_400, phase: .converged))
        try await eventually("a second block") { watch.output.contains("all 2 nodes are healthy") }
        // Looks in between have found nothing new, and have printed nothing; but for one that may have come
        // while of the report's two references one was there.
        let blocks = watch.output.components(separatedBy: "fleet 'acme-edge'").count - 1
        #expect(blocks == 2 || blocks == 3 && watch.output.contains("not believed"), "\(watch.output)")
        #expect(!watch.output.contains("\u{1B}"))
        #expect(watch.end(by: SIGINT) == 0)
    }

    /// What the command writes to a terminal of 24 lines.
    private func onTerminal(environment: [String: String?]) throws -> String {
        let program = """
            import pty, sys
            sys.exit(pty.spawn(sys.argv[1:]) >> 8)
            """
        let result = try run(
            [
                "python3", "-c", program, BuiltProgram.path("plimsoll"), "rollout", "--until-done",
                "--interval", "1s", "--repository", "file://\(fleet.server)",
            ], environment: Git.environment.merging(environment) { _, new in new })
        #expect(result.exitCode == 0)
        return String(decoding: result.output, as: UTF8.self)
    }

    @Test func aTerminalIsDrawnAnewAndColouredUnlessNobodyWantsThat() throws {
        for node in ["canary-1", "canary-2", "store-1", "store-2"] {
            try fleet.report(making(node, admitted: true, soaked: 14_400, phase: .converged))
        }
        let coloured = try onTerminal(environment: ["NO_COLOR": nil])
        #expect(coloured.contains("\u{1B}[H\u{1B}[J"))
        #expect(coloured.contains("\u{1B}[1mdebian-12"))
        let plain = try onTerminal(environment: ["NO_COLOR": "1"])
        #expect(plain.contains("\u{1B}[H\u{1B}[J"))
        #expect(!plain.contains("\u{1B}[1m"))
        #expect(plain.contains("all 2 nodes are healthy"))
    }

    @Test func anIntervalBelowASecondIsRefused() throws {
        let result = try plimsoll("rollout", "--watch", "--interval", "0s", in: fleet.clone)
        #expect(result.exitCode == 64)
        #expect(result.errorText.contains("'--interval' must be at least 1s"))
    }

    @Test func aBranchThatIsNotAuthenticEndsWith77() throws {
        try soakingFleet()
        try fleet.commit("Nobody signed this", isSigned: false)
        #expect(try plimsoll("rollout", in: fleet.clone).exitCode == 77)
        let why = try plimsoll("why", "store-1", in: fleet.clone)
        #expect(why.exitCode == 77)
        #expect(why.text.contains("rule 2:"))
    }
}

extension OperatorFleet {
    /// The declaration of the baseline, as its file stands: the introduction brought it.
    var declared: Declaration {
        get throws {
            let reader = FleetReader(DirectoryTree(root: clone))
            let name = try #require(BaselineName("debian-12"))
            let commit = try #require(CommitID(introduction))
            return Declaration(
                digest: CanonicalForm(try reader.baseline(named: name)).digest, commit: commit)
        }
    }
}
