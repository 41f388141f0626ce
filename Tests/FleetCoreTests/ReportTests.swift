import FleetCore
import FleetTesting
import Testing

/// `report.json`: what is written is read, what is hostile is refused, and what is old is understood for
/// ever.
struct ReportTests {
    private static let b = Declaration("B", by: 2)
    private static let c = Declaration("C", by: 3)

    private static let full: Report = {
        var report = Report.sample(
            admitted: b, proven: [b: 7_200, c: 14_400], failed: [Declaration("D", by: 4)],
            phase: .rolledBack, reasons: [.declarationFailed, .heldByHand], notApplicable: ["src:bind9"])
        report.reasons.append(Reason(.freeze, count: 3, "until January", until: .of("2027-01-02T00:00:00Z")))
        report.packages.counts = [.installed: 17, .held: 1]
        report.packages.findings = [EntryFinding(key: .of("nginx"), state: .held, wanted: "2", found: "1")]
        report.checks = [CheckResult(name: "service nginx", outcome: .passed, message: "")]
        report.transaction = TransactionStatement(
            started: .of("2026-11-22T11:00:00Z"), duration: .of("30s"), result: .undone,
            changes: [
                PackageChange(id: .of("nginx:amd64"), from: .of("1"), to: nil),
                PackageChange(id: .of("new:amd64"), from: nil, to: .of("1")),
            ], log: "dpkg: error\n\u{1B}[0m")
        report.findings = [
            Finding(code: "conffile", package: "nginx", path: "/etc/nginx/nginx.conf", message: "kept"),
            Finding(code: "updater", message: "unattended-upgrades is active"),
        ]
        report.reboot = RebootStatement(isRequired: true, reason: "a new kernel")
        return report
    }()

    @Test func `what is written is read again`() throws {
        #expect(try Report(parsing: Self.full.documentBytes) == Self.full)
        let first = Report.sample(admitted: nil)
        #expect(try Report(parsing: first.documentBytes) == first)
    }

    @Test(arguments: [
        "schema", "fleet", "node", "group", "sequence", "commit", "baseline", "proven", "failed", "packages",
    ])
    func `what the gate reads may not be missing`(_ field: String) throws {
        var members = try #require(Self.full.json.object)
        members[field] = nil
        let json = JSONValue.object(members)
        let error = #expect(throws: ReportError.self) { try Report(json: json) }
        #expect(error?.field.hasPrefix(field) ?? false)
    }

    @Test(
        arguments: [
            ("schema", "plimsoll/report/v2"), ("fleet", "ACME"), ("node", "../x"), ("node", nil),
            ("sequence", .number(0)), ("sequence", .number(-1)), ("sequence", .number(.max)),
            ("sequence", .decimal("1.0")), ("commit", "abc"), ("previous", "abc"), ("previous", true),
            ("baseline", ["name": "base", "declared": ["digest": "x"], "admitted": nil]),
            ("baseline", ["name": "base", "admitted": "x"]), ("proven", [:]), ("proven", [["digest": "x"]]),
            ("proven", [nil]), ("failed", [[:]]), ("packages", ["notApplicable": "x"]),
        ] as [(String, JSONValue)])
    func `what the gate reads may not be wrong`(_ field: String, _ value: JSONValue) throws {
        var members = try #require(Self.full.json.object)
        members[field] = value
        let json = JSONValue.object(members)
        #expect(throws: ReportError.self) { try Report(json: json) }
    }

    @Test func `a proof of less than nothing is no proof`() throws {
        var members = try #require(Self.full.json.object)
        var proof = try #require(Self.full.proven.first?.json.object)
        proof["healthyFor"] = .number(-1)
        members["proven"] = [.object(proof)]
        let json = JSONValue.object(members)
        #expect(throws: ReportError.self) { try Report(json: json) }
    }

    @Test func `what is only for people may be missing or of any kind`() throws {
        var members = try #require(Self.full.json.object)
        for field in ["agent", "time", "bootID", "checks", "transaction", "findings", "reboot", "system"] {
            members[field] = strange[field] ?? nil
        }
        let report = try Report(json: .object(members))
        #expect(report.proven == Self.full.proven)
        #expect(report.checks.isEmpty)
        #expect(report.reboot == RebootStatement())
    }

    private let strange: [String: JSONValue] = [
        "agent": .number(1), "checks": "none", "findings": [1.json, nil], "reboot": [], "system": true,
    ]

    @Test func `hostile numbers overflow nothing`() throws {
        var members = try #require(Self.full.json.object)
        members["packages"] = [
            "counts": ["a": .number(.min), "b": .number(.min), "c": .number(.max), "d": .number(.max)],
            "notApplicable": [], "omitted": .number(.min), "notApplicableOmitted": .number(.max),
        ]
        members["transaction"] = ["started": "2026-11-22T11:00:00Z", "duration": .number(.min)]
        members["reasons"] = [["code": "x", "count": .number(.max), "until": "x"]]
        members["proven"] = [
            [
                "digest": JSONValue(Self.c.digest), "commit": JSONValue(Self.c.commit),
                "healthyFor": .number(.max),
            ]
        ]
        let report = try Report(json: .object(members))
        #expect(report.proven.first?.healthyFor == .longest)
        #expect(report.reasons.map(\.code) == [.unknown])
        _ = report.documentBytes
    }

    @Test(arguments: 0..<150 as Range<UInt64>)
    func `hostile bytes never crash a reader`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var bytes = Self.full.documentBytes
        for _ in 0..<(1 + generator.below(3)) {
            let index = generator.below(bytes.count)
            switch generator.below(3) {
            case 0: bytes[index] = UInt8(generator.below(256))
            case 1: bytes.removeSubrange(index..<min(bytes.count, index + generator.below(30)))
            default: bytes.insert(contentsOf: Array("-9223372036854775808".utf8), at: index)
            }
        }
        if let report = try? Report(parsing: bytes) { _ = report.documentBytes }
    }

    @Test func `a report larger than 64 KiB is refused before it is parsed`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: Report.largestSize + 1)
        let error = #expect(throws: ReportError.self) { try Report(parsing: bytes) }
        #expect(error?.message == "larger than 65536 bytes")
    }

    @Test func `a long report is cut with counts, and never what it has proven or what failed`() throws {
        var report = Self.full
        let key = (0..<40).map { Declaration("x\($0)", by: 100 + $0) }
        report.proven = key.map { Proof(declaration: $0, healthyFor: .of("4h")) }
        report.failed = key.map {
            Failure(
                declaration: $0, attempts: 1, isFinal: true, reason: String(repeating: "\u{1}", count: 500))
        }
        report.transaction?.log = String(repeating: "\u{1}", count: 4_096)
        report.transaction?.changes = (0..<2_000).map {
            PackageChange(id: .of("p\($0):amd64"), from: .of("1"), to: .of("2"))
        }
        report.packages.findings = (0..<2_000).map {
            EntryFinding(key: .of("p\($0)"), state: .older, wanted: "2", found: "1")
        }
        report.checks = (0..<2_000).map { CheckResult(name: "c\($0)", outcome: .passed, message: "") }
        report.findings = (0..<2_000).map { Finding(code: "conffile", package: "p\($0)", message: "kept") }
        report.packages.notApplicable = (0..<500).map { .of("src:n\($0)") }
        let bytes = report.documentBytes
        #expect(bytes.count <= Report.largestSize)
        let read = try Report(parsing: bytes)
        #expect(read.proven == report.proven)
        #expect(read.failed.map(\.declaration) == key)
        #expect(read.packages.findings.count + read.packages.omitted == 2_000)
        #expect(read.checks.count + read.checksOmitted == 2_000)
        #expect(read.findings.count + read.findingsOmitted == 2_000)
        let transaction = try #require(read.transaction)
        #expect(transaction.changes.count + transaction.omitted == 2_000)
        #expect(read.packages.notApplicable == report.packages.notApplicable)
    }

    @Test func `only where nothing else helps is cut what does not apply, and said so`() throws {
        var report = Self.full
        report.packages.notApplicable = (0..<5_000).map { .of("src:package-\($0)") }
        let read = try Report(parsing: report.documentBytes)
        let omitted = read.packages.notApplicableOmitted
        #expect(omitted > 0)
        #expect(read.packages.notApplicable.count + omitted == 5_000)
    }

    @Test func `a message of one endless character is cut too`() {
        let bomb = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(Reason(.attemptFailed, bomb).message.utf8.count <= 4 * Reason.longestMessage)
        let failure = Failure(declaration: Self.c, attempts: 1, isFinal: true, reason: bomb)
        #expect(failure.reason.utf8.count <= 4 * Reason.longestMessage)
    }
}

extension Int {
    fileprivate var json: JSONValue { JSONValue(self) }
}
