import FleetCore
import FleetTesting
import Testing

/// The judgement of a transaction, by what is installed and by the checks.
struct VerdictTests {
    private func verdict(
        installed: [String], scripts: [String: String] = [:],
        before: [String: CheckResult.Outcome] = [:], after: [String: CheckResult.Outcome] = [:],
        pins: [Pin] = []
    ) -> Verdict {
        let intent = Intent(
            kind: .converge, declaration: Declaration("B", by: 2), attempt: 1,
            request: ChangeRequest(
                pins: pins, targets: [.of("nginx:amd64"): .of("2")], removals: [.of("old:amd64"): false]),
            planned: [PackageChange(id: .of("nginx:amd64"), from: .of("1"), to: .of("2"))], automatic: [],
            checksBefore: results(before), started: Timestamp(seconds: 0))
        return Verdict(
            intent: intent, inventory: InventoryIndex(.sample(installed)),
            scriptFailures: Dictionary(uniqueKeysWithValues: scripts.map { (.of($0.key), $0.value) }),
            after: results(after))
    }

    private func results(_ outcomes: [String: CheckResult.Outcome]) -> [CheckResult] {
        outcomes.map { CheckResult(name: $0.key, outcome: $0.value, message: "") }
    }

    @Test func `a check that is only wanted says nothing against a change`() {
        let intent = Intent(
            kind: .converge, declaration: Declaration("B", by: 2), attempt: 1,
            request: ChangeRequest(pins: [], targets: [.of("nginx:amd64"): .of("2")]), planned: [],
            automatic: [],
            checksBefore: [CheckResult(name: "c", outcome: .passed, message: "", isRequired: false)],
            started: Timestamp(seconds: 0))
        for (isRequired, isFailed) in [(true, true), (false, false)] {
            for outcome in [CheckResult.Outcome.failed, .notApplicable] {
                let verdict = Verdict(
                    intent: intent, inventory: InventoryIndex(.sample(["nginx 2"])), scriptFailures: [:],
                    after: [
                        CheckResult(name: "c", outcome: outcome, message: "", isRequired: isRequired)
                    ])
                #expect((verdict.cause != nil) == (isFailed && outcome == .failed))
            }
        }
    }

    @Test func `as declared and well is a success`() {
        let verdict = verdict(installed: ["nginx 2"], before: ["c": .passed], after: ["c": .passed])
        #expect(verdict.cause == nil)
    }

    @Test(arguments: [["nginx 1"], [], ["nginx 2", "old 1"]])
    func `what is not as declared has failed, and may be tried again`(_ installed: [String]) {
        #expect(verdict(installed: installed).cause?.code == .attemptFailed)
        #expect(!verdict(installed: installed).isFinal)
    }

    @Test func `a script that failed is final, whatever is installed`() {
        #expect(verdict(installed: ["nginx 2"], scripts: ["nginx:amd64": "returned 1"]).isFinal)
    }

    @Test func `what is half-way though no script failed may be tried again`() {
        let verdict = verdict(installed: ["nginx 2 broken"])
        #expect(verdict.cause?.code == .attemptFailed)
        #expect(!verdict.isFinal)
    }

    @Test func `a rebuild of a version that its source asked for is as declared`() {
        let pins = [Pin(key: .of("src:nginx"), version: .of("2"))]
        #expect(verdict(installed: ["nginx 2+b1"], pins: pins).cause == nil)
        #expect(verdict(installed: ["nginx 2+b1"]).cause != nil)
    }

    @Test(
        arguments: [
            (CheckResult.Outcome.passed, CheckResult.Outcome.failed, true), (.passed, .notApplicable, true),
            (.passed, .passed, false), (.failed, .failed, false), (.failed, .passed, false),
            (.failed, .notApplicable, false), (.notApplicable, .failed, true),
            (.notApplicable, .passed, false),
            (.notApplicable, .notApplicable, false), (nil, .failed, true), (nil, .notApplicable, false),
        ] as [(CheckResult.Outcome?, CheckResult.Outcome, Bool)])
    func `a check fails it that was well or did not apply before, and is not well after`(
        _ before: CheckResult.Outcome?, _ after: CheckResult.Outcome, _ hasFailed: Bool
    ) {
        let verdict = verdict(
            installed: ["nginx 2"], before: before.map { ["c": $0] } ?? [:], after: ["c": after])
        #expect((verdict.cause != nil) == hasFailed)
        #expect(verdict.isFinal == hasFailed)
    }
}
