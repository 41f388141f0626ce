import FleetCore
import Testing

@testable import FleetRepository

/// What is written decodes to the same.
struct FormatWriterTests {
    @Test func aBaselineIsWrittenAsPeopleReadIt() throws {
        let text = """
            # captured on atm-0001
            #
            apiVersion: plimsoll/v1
            description: Debian 12
            manager: apt
            for: {id: debian, version: "12"}
            sources: [debian-12]
            packages:
              curl:
                version: 7.88.1-10+deb12u14
                sha256:
                  amd64: \(String(repeating: "3f", count: 32))
                severity: high
                advisories: [DSA-6015-1]
              libnew1:
                version: "1.4-2"
                install: false
              src:openssl: 3.0.17-1~deb12u2
              telnetd: absent
            checks:
              - service: nginx
              - command: [/usr/bin/openssl, "-v", "a, b"]
                timeout: 10s
              - http: "http://127.0.0.1/healthz"
                status: 204
            reboot: never
            restart: [nginx, "php*-fpm"]
            urgent: {until: 2026-11-30, reason: "DSA: now"}

            """
        let baseline = try #require(try decode(text))
        #expect(BaselineWriter.text(of: baseline, comment: ["captured on atm-0001", ""]) == text)
    }

    private func decode(_ text: String) throws -> Baseline? {
        let name = try #require(BaselineName("base"))
        do throws(FleetReadError) {
            return try FleetReader(TextTree(["baselines/base.yaml": text])).baseline(named: name)
        } catch {
            Issue.record("\(error)\n\(text)")
            return nil
        }
    }

    @Test(arguments: 0..<300)
    func aWrittenBaselineDecodesToTheSame(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let baseline = try RandomBaseline.make(&numbers)
        #expect(try decode(BaselineWriter.text(of: baseline)) == baseline)
    }

    @Test(arguments: 0..<100)
    func aWrittenNodeDecodesToTheSame(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let texts = (0..<6).map { _ in RandomBaseline.line(&numbers) }
        let node = NodeRecord(
            name: try #require(NodeName("atm")), group: try #require(GroupName("stores")),
            key: keyText(Int(seed)),
            labels: ["site": texts[0], "yes": texts[1]],
            exceptions: [
                try #require(EntryKey("src:nginx")): EntryException(
                    reason: texts[2], until: CalendarDay("2027-01-31")),
                try #require(EntryKey("1e3")): EntryException(reason: texts[3], until: nil),
            ],
            hold: "reason \(texts[4])", retry: texts[5])
        let text = NodeFileWriter.text(of: node)
        let decoded = NodeFile.decode(Array(text.utf8), name: node.name, group: node.group, path: "n.yaml")
        #expect(decoded.problems.map(\.description) == [])
        #expect(decoded.value?.node == node)
    }

    @Test func aNodeWithoutMoreIsTwoLines() throws {
        let node = NodeRecord(
            name: try #require(NodeName("atm")), group: try #require(GroupName("stores")), key: keyText(1))
        #expect(NodeFileWriter.text(of: node) == nodeText(1))
    }

    @Test(arguments: [
        ("nginx", "nginx"), ("1.22.1-9+deb12u3", "1.22.1-9+deb12u3"), ("1:2.3-4+deb12u1", "1:2.3-4+deb12u1"),
        ("0.270", "\"0.270\""), ("1e3", "\"1e3\""), ("0x10", "\"0x10\""), ("12_3", "\"12_3\""),
        ("yes", "\"yes\""),
        ("2026-11-30", "\"2026-11-30\""), ("null", "\"null\""), ("~", "\"~\""), ("", "\"\""),
        ("a: b", "\"a: b\""),
        ("a #b", "\"a #b\""), ("a:", "\"a:\""), (" a", "\" a\""), ("-a", "\"-a\""), ("*a", "\"*a\""),
        ("a\"\\b", "\"a\\\"\\\\b\""),
        ("ä", "\"ä\""), ("a\u{85}b", "\"a\\u0085b\""), ("1:20", "\"1:20\""), ("Yes", "\"Yes\""),
    ])
    func textIsQuotedWhereItCouldBeTakenForSomethingElse(text: String, expected: String) {
        #expect(YAMLText.scalar(text) == expected)
    }
}

/// Baselines of every shape, with texts that YAML would like to take for something else.
enum RandomBaseline {
    static func make(_ numbers: inout SeededNumbers) throws -> Baseline {
        var entries: [EntryKey: Entry] = [:]
        for _ in 0..<Int.random(in: 0...12, using: &numbers) {
            let entry = try entry(&numbers)
            entries[entry.key] = entry
        }
        let versions = [nil, "12", "22.04", "null"]
        let sources = try ["main", "123", "no"].map { try #require(SourceListName($0)) }
        let day = try #require(CalendarDay("2026-11-30"))
        return Baseline(
            name: try #require(BaselineName("base")), description: maybe(&numbers) { line(&$0) },
            system: maybe(&numbers) { SystemRequirement(id: "debian", version: pick(versions, &$0)) },
            sources: maybe(&numbers) { Array(sources.shuffled(using: &$0).prefix(2)) },
            entries: Array(entries.values),
            newer: pick(NewerPolicy.allCases, &numbers), checks: checks(&numbers),
            reboot: pick(RebootPolicy.allCases, &numbers),
            restart: ["nginx", "*", "getty@tty1.service"].shuffled(using: &numbers).prefix(2)
                .compactMap { UnitPattern($0) },
            urgent: maybe(&numbers) { Urgency(until: day, reason: line(&$0)) },
            irreversible: pick(IrreversiblePolicy.allCases, &numbers),
            unlisted: pick(UnlistedPolicy.allCases, &numbers),
            updaters: pick(UpdatersPolicy.allCases, &numbers), debconf: try answers(&numbers),
            kernels: pick([nil, 2, 16], &numbers))
    }

    private static func answers(_ numbers: inout SeededNumbers) throws -> [DebconfAnswer] {
        var answers: [DebconfAnswer] = []
        for question in ["postfix/mailname", "1e3/x", "a/b: c"] where Bool.random(using: &numbers) {
            answers.append(
                DebconfAnswer(
                    owner: try #require(PackageName(pick(["postfix", "yes"], &numbers))),
                    question: question.filter { $0 != " " }, kind: .select, value: line(&numbers)))
        }
        return answers
    }

    private static func entry(_ numbers: inout SeededNumbers) throws -> Entry {
        let keys = [
            "nginx", "src:openssl", "libc6:i386", "yes", "1e3", "null", "0x10", "on:off", "src:12", "g++-12",
        ]
        let versions = [
            "0.270", "1.10", "1e3", "0x10", "2026-11-30", "1:1.2-3+deb12u1", "3.0.17-1~deb12u2", "12",
        ]
        let key = try #require(EntryKey(pick(keys, &numbers)))
        let digest = try #require(Digest(String(repeating: pick(["0e", "12", "3f"], &numbers), count: 32)))
        let architectures = try [pick(["amd64", "all", "386"], &numbers)].map {
            try #require(Architecture($0))
        }
        var requirement = pick([Requirement.absent, .purged], &numbers)
        if Bool.random(using: &numbers) || Bool.random(using: &numbers) {
            let version = try #require(PackageVersion(pick(versions, &numbers)))
            var sha256: [Architecture: Digest] = [:]
            var presence = key.defaultPresence
            if case .package = key {
                presence = pick([.demanded, .whereInstalled], &numbers)
                if Bool.random(using: &numbers) { sha256[architectures[0]] = digest }
            }
            requirement = .version(version, presence: presence, sha256: sha256)
        }
        return Entry(
            key, requirement, severity: maybe(&numbers) { pick(Severity.allCases, &$0) },
            advisories: pick([[], ["DSA-6015-1"], ["CVE-2025-9230", "123", "1:2", "no"]], &numbers))
    }

    private static func checks(_ numbers: inout SeededNumbers) -> [Check] {
        let seconds = Int64.random(in: 1...600, using: &numbers)
        let probes: [Check.Probe] = [
            .service("nginx@1:2.service"), .service("yes"), .command(["/bin/sh", "-c", line(&numbers), ""]),
            .http(
                url: "http://127.0.0.1:80/a?b={c}&d=#e", status: Int.random(in: 100...599, using: &numbers)),
        ]
        return probes.shuffled(using: &numbers).prefix(Int.random(in: 0...4, using: &numbers)).map {
            Check(
                $0, timeout: TimeSpan(seconds: seconds), retries: Int.random(in: 0...10, using: &numbers),
                settle: TimeSpan(seconds: Int64.random(in: 0...600, using: &numbers)),
                isRequired: Bool.random(using: &numbers))
        }
    }

    /// A line of text with what is special to YAML.
    static func line(_ numbers: inout SeededNumbers) -> String {
        let parts = [
            "null", "~", "yes", ": ", " #", "#", "- ", "*a", "&b", "!c", "'", "\"", "\\", "{", "}", "[", "]",
            ",", "%", "@", "`",
            "1.10", "2026-11-30", "é", "日本", " ", "plain", ":", "<<", "|", ">", "😀",
        ]
        return (0..<Int.random(in: 1...5, using: &numbers)).map { _ in pick(parts, &numbers) }.joined()
    }

    private static func pick<Value>(_ values: [Value], _ numbers: inout SeededNumbers) -> Value {
        values[Int.random(in: 0..<values.count, using: &numbers)]
    }

    private static func maybe<Value>(
        _ numbers: inout SeededNumbers, _ make: (inout SeededNumbers) -> Value
    ) -> Value? {
        Bool.random(using: &numbers) ? make(&numbers) : nil
    }
}
