import FleetCore
import FleetTesting
import Testing

/// What makes a report due, and what does not.
struct ReportDraftTests {
    private static let b = Declaration("B", by: 2)
    private static let c = Declaration("C", by: 3)

    private static func report() -> Report {
        var report = Report.sample(admitted: b, proven: [b: 100], reasons: [.canaryBehind])
        report.checks = [CheckResult(name: "service nginx", outcome: .passed, message: "")]
        report.packages.findings = [EntryFinding(key: .of("nginx"), state: .older, wanted: "2", found: "1")]
        return report
    }

    struct Change: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let apply: @Sendable (inout Report) -> Void

        init(_ description: String, _ apply: @escaping @Sendable (inout Report) -> Void) {
            testDescription = description
            self.apply = apply
        }
    }

    static let due = [
        Change("phase") { $0.phase = .waiting },
        Change("declared") { $0.baseline.declared = c },
        Change("admitted") { $0.baseline.admitted = nil },
        Change("a package's state") { $0.packages.findings[0] = finding(.held, "1") },
        Change("one more package") { $0.packages.findings.append(finding(.missing, "none")) },
        Change("what does not apply") { $0.packages.notApplicable = [.of("src:bind9")] },
        Change("a check's result") { $0.checks[0] = check(.failed, "") },
        Change("a new reason") { $0.reasons.append(Reason(.freeze, "x")) },
        Change("no reason") { $0.reasons = [] },
        Change("the reboot state") { $0.reboot.isRequired = true },
        Change("a new proof") { $0.proven.append(Proof(declaration: c, healthyFor: .zero)) },
        Change("a failure") { $0.failed.append(failure(1, "x")) },
        Change("a finding") { $0.findings.append(Finding(code: "conffile", package: "a", message: "")) },
        Change("another group") { $0.group = .of("stores") },
        Change("another agent") { $0.agent = "0.2" },
    ]

    static let notDue = [
        Change("time") { $0.time = Timestamp(seconds: 5) },
        Change("the boot") { $0.bootID = "boot-2" },
        Change("the followed commit") { $0.commit = .number(77) },
        Change("a message") { $0.reasons[0] = Reason(.canaryBehind, "not there yet: canary-2") },
        Change("which and how many nodes a reason is about") {
            $0.reasons[0] = Reason(.canaryBehind, count: 7, "x", until: Timestamp(seconds: 1))
        },
        Change("the same code twice") { $0.reasons.append(Reason(.canaryBehind, "x")) },
        Change("how long it has been well") {
            $0.proven = [Proof(declaration: b, healthyFor: TimeSpan(seconds: 999))]
        },
        Change("a check's words") { $0.checks[0] = check(.passed, "active for 3 h") },
        Change("the version found") { $0.packages.findings[0] = finding(.older, "0.9") },
        Change("why a reboot is required") { $0.reboot.reason = "x" },
    ]

    private static func finding(_ state: EntryState, _ found: String) -> EntryFinding {
        EntryFinding(key: .of("nginx"), state: state, wanted: "2", found: found)
    }

    private static func check(_ outcome: CheckResult.Outcome, _ message: String) -> CheckResult {
        CheckResult(name: "service nginx", outcome: outcome, message: message)
    }

    private static func failure(_ attempts: Int, _ reason: String) -> Failure {
        Failure(declaration: c, attempts: attempts, isFinal: false, reason: reason)
    }

    private func published(_ report: Report) -> ReportMemory {
        var memory = ReportMemory()
        memory.sequence = 3
        memory.dueKey = ReportDraft(report).dueKey
        memory.proven = report.proven
        memory.at = TimeSpan(seconds: 1_000)
        return memory
    }

    private func isDue(
        _ report: Report, after memory: ReportMemory, soaks: [Int64] = [], running: Int64 = 1_001
    ) -> Bool {
        ReportDraft(report).isDue(
            after: memory, soaks: soaks.map { TimeSpan(seconds: $0) }, heartbeat: .of("24h"),
            running: TimeSpan(seconds: running))
    }

    @Test(arguments: due)
    func `a report is due when this changes`(_ change: Change) {
        var report = Self.report()
        let memory = published(report)
        change.apply(&report)
        #expect(isDue(report, after: memory))
    }

    @Test(arguments: notDue)
    func `no report is due for this`(_ change: Change) {
        var report = Self.report()
        let memory = published(report)
        change.apply(&report)
        #expect(!isDue(report, after: memory))
    }

    @Test func `a first report is due, and one when the heartbeat is`() {
        let report = Self.report()
        #expect(isDue(report, after: ReportMemory()))
        #expect(!isDue(report, after: published(report), running: 87_399))
        #expect(isDue(report, after: published(report), running: 87_400))
    }

    @Test(arguments: [
        (100, 1_799, false), (100, 1_800, true), (100, 14_399, true), (1_800, 14_399, false),
        (1_800, 14_400, true), (14_400, 99_999, false), (1_799, 1_800, true), (0, 0, false),
    ])
    func `a milestone is due where a soak lies between what was published and what was reached`(
        _ known: Int64, _ reached: Int64, _ isDue: Bool
    ) {
        var report = Self.report()
        report.proven = [Proof(declaration: Self.b, healthyFor: TimeSpan(seconds: known))]
        let memory = published(report)
        report.proven = [Proof(declaration: Self.b, healthyFor: TimeSpan(seconds: reached))]
        #expect(self.isDue(report, after: memory, soaks: [1_800, 14_400]) == isDue)
    }
}
