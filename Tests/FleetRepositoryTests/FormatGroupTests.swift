import FleetCore
import Testing

@testable import FleetRepository

struct FormatGroupTests {
    private static let head = "apiVersion: plimsoll/v1\nbaseline: debian-12\n"

    private func decode(_ text: String, defaults: String = "") throws -> Decoded<GroupFile> {
        let fleet = FleetFile.decode(
            Array("apiVersion: plimsoll/v1\nfleet: acme\nagent: \"0.1\"\n\(defaults)".utf8))
        try #require(fleet.problems.map(\.description) == [])
        let name = try #require(GroupName("stores"))
        return GroupFile.decode(Array(text.utf8), name: name, fleet: fleet.value)
    }

    @Test func readsAllKeysOfTheDesign() throws {
        let text =
            Self.head + """
                gate:
                  after: [canary, lab]
                  healthy: 90%
                  soak: 4h
                  failures: 2
                  silence: 72h
                  uncovered: allow
                  diversity: {label: site, atLeast: 3}
                waves: {steps: [10%, 5, 100%], healthy: 80%, soak: 1h, failures: 5%, silence: hold}
                window:
                  - {days: [sat, sun], start: "01:00", end: 05:30, zone: Europe/Berlin}
                freeze:
                  - {from: 2026-12-20, to: 2027-01-02, reason: holiday trading}
                checks:
                  - {service: nginx.service, timeout: 5s, retries: 0, settle: 2m, required: false}
                  - {command: [/usr/bin/openssl, version, ""]}
                  - {http: http://127.0.0.1/healthz, status: 204}
                hold: telephones ring
                retry: 7
                attempts: 5
                supersede: finish
                prefetch: admitted
                x-owner: team
                """
        let decoded = try decode(text)
        let file = try #require(decoded.flawless)
        #expect(file.gateProblems == [])
        let canary = try #require(GroupName("canary"))
        let lab = try #require(GroupName("lab"))
        let rule = GateRule(
            after: [canary, lab], healthy: .percent(90), soak: TimeSpan(seconds: 14_400), failures: .count(2),
            silence: .leave(after: TimeSpan(seconds: 259_200)), allowsUncovered: true,
            diversity: Diversity(label: "site", atLeast: 3))
        #expect(file.keys.gate?.rule == rule)
        let group = try #require(file.group(gate: .rule(rule)))
        #expect(
            group.waves
                == Waves(
                    steps: [.percent(10), .count(5), .percent(100)], healthy: .percent(80),
                    soak: TimeSpan(seconds: 3_600), failures: .percent(5), silence: .hold))
        #expect(
            group.windows == [
                Window(days: [.sat, .sun], start: 60, end: 330, zone: .database("Europe/Berlin"))
            ])
        #expect(group.freezes.map(\.reason) == ["holiday trading"])
        #expect(
            group.checks == [
                Check(
                    .service("nginx.service"), timeout: TimeSpan(seconds: 5), retries: 0,
                    settle: TimeSpan(seconds: 120), isRequired: false),
                Check(.command(["/usr/bin/openssl", "version", ""])),
                Check(.http(url: "http://127.0.0.1/healthz", status: 204)),
            ])
        #expect(group.hold == "telephones ring")
        #expect(group.retry == "7")
        #expect(group.attempts == 5)
        #expect(group.supersede == .finish)
        #expect(group.prefetch == .admitted)
    }

    @Test(arguments: [
        ("site", "a mapping such as {label: site, atLeast: 3}"), ("{label: site}", "'atLeast' is missing"),
        ("{atLeast: 3}", "'label' is missing"), ("{label: site, atLeast: 0}", "found '0'; expected"),
        ("{label: a b, atLeast: 1}", "found 'a b'; expected a label"),
        ("{label: site, atleast: 3}", "did you mean 'atLeast'?"),
    ])
    func aDiversityThatIsNotOneMakesTheGateWait(text: String, words: String) throws {
        let gate = "gate: {after: [canary], soak: 1h, diversity: \(text)}\n"
        let file = try #require(try decode(Self.head + gate).flawless)
        let problem = try #require(file.gateProblems.first)
        #expect(problem.message.contains(words), "\(problem)")
    }

    @Test(arguments: [
        (
            "urgent: {soak: 15m}", UrgentRules?(UrgentRules(soak: TimeSpan(seconds: 900))),
            MissedWindows.wait
        ),
        ("urgent: {waves: null}", UrgentRules(waves: .none), .wait),
        ("urgent: null\nmissed: run", UrgentRules?.none, .run(after: 1)),
        ("missed: wait", UrgentRules(), .wait),
        ("missed: {after: 3}", UrgentRules(), .run(after: 3)),
    ])
    func whatIsUrgentAndWhatIsMissed(text: String, urgent: UrgentRules?, missed: MissedWindows) throws {
        let defaults = "defaults: {urgent: {}}\n"
        let file = try decode(Self.head + "gate: none\n\(text)\n", defaults: defaults).flawless
        let group = try #require(file?.group(gate: .none))
        #expect(group.urgent == urgent && group.missed == missed)
    }

    @Test(arguments: [
        ("urgent: {soak: soon}", "found 'soon'; expected a duration"),
        ("urgent: {windows: []}", "unknown key 'windows'"),
        ("urgent: {waves: [{share: 50%, pause: true}, 100%]}", "what is urgent waits for nobody"),
        ("missed: 3", "expected 'wait', 'run', or a mapping such as {after: 3}"),
        ("missed: {after: 0}", "found '0'; expected"), ("missed: {}", "'after' is missing"),
    ])
    func whatIsWrongWithUrgentAndMissedIsNamed(text: String, words: String) throws {
        let decoded = try decode(Self.head + "gate: none\n\(text)\n")
        #expect(decoded.problems.count == 1)
        #expect(decoded.problems.first?.message.contains(words) == true, "\(decoded.problems)")
    }

    @Test func aGroupCanDoWithoutTheDiversityOfTheDefaults() throws {
        let defaults = "defaults: {gate: {soak: 1h, diversity: {label: site, atLeast: 2}}}\n"
        func diversity(_ gate: String) throws -> Diversity? {
            try decode(Self.head + "gate: \(gate)\n", defaults: defaults).flawless?.keys.gate?.rule?.diversity
        }
        #expect(try diversity("{after: [canary]}") == Diversity(label: "site", atLeast: 2))
        #expect(try diversity("{after: [canary], diversity: null}") == nil)
    }

    @Test func aBareListOfWavesTakesTheirOwnThresholds() throws {
        let file = try #require(try decode(Self.head + "gate: none\nwaves: [10%, 100%]\n").flawless)
        #expect(file.keys.gate?.isNone == true)
        #expect(
            file.group(gate: .none)?.waves
                == Waves(
                    steps: [.percent(10), .percent(100)], healthy: .percent(90),
                    soak: TimeSpan(seconds: 1_800),
                    failures: .percent(2), silence: .leave(after: TimeSpan(seconds: 86_400))))
    }

    @Test func aKeyOfTheGroupReplacesTheDefaultWholeAndFreezesAddUp() throws {
        let defaults = """
            defaults:
              gate: {healthy: 80%, soak: 8h, silence: 24h}
              waves: [50%, 100%]
              window: [{days: [mon], start: "01:00", end: "02:00", zone: UTC}]
              freeze: [{from: 2026-12-20, to: 2027-01-02, reason: fleet}]
              checks: [{service: ssh}]
              hold: all wait
              retry: a
              attempts: 9
            """
        let silent = try #require(
            try decode(Self.head + "gate: {after: [canary]}\n", defaults: defaults).flawless)
        #expect(silent.gateProblems == [])
        #expect(silent.keys.gate?.rule?.soak == TimeSpan(seconds: 28_800))
        #expect(silent.keys.gate?.rule?.healthy == .percent(80))
        let inherited = try #require(silent.group(gate: .none))
        #expect(inherited.waves?.steps == [.percent(50), .percent(100)])
        #expect(inherited.windows.count == 1)
        #expect(inherited.checks.map(\.name) == ["service ssh"])
        #expect(inherited.hold == "all wait")
        #expect(inherited.retry == "a")
        #expect(inherited.attempts == 9)

        let own = """
            gate: {after: [canary], soak: 1h}
            waves: null
            window: []
            freeze: [{from: 2026-11-27, to: 2026-11-27, reason: group}]
            checks: [{service: nginx}]
            hold: null
            retry: null
            attempts: 1
            """
        let file = try #require(try decode(Self.head + own, defaults: defaults).flawless)
        #expect(file.keys.gate?.rule?.soak == TimeSpan(seconds: 3_600))
        #expect(file.keys.gate?.rule?.silence == .leave(after: TimeSpan(seconds: 86_400)))
        let group = try #require(file.group(gate: .none))
        #expect(group.waves == nil)
        #expect(group.windows == [])
        #expect(group.freezes.map(\.reason) == ["fleet", "group"])
        #expect(group.checks.map(\.name) == ["service nginx"])
        #expect(group.hold == nil)
        #expect(group.retry == nil)
        #expect(group.attempts == 1)
    }

    /// Each text follows `apiVersion`, so it begins on line 2.
    @Test(arguments: [
        ("gate: none", ["1:1: the key 'baseline' is missing; expected \(BaselineName.expected)"]),
        ("baseline: Debian", ["2:11: found 'Debian'; expected \(BaselineName.expected)"]),
        ("baseline: a\nhodl: x", ["3:1: unknown key 'hodl'; did you mean 'hold'?"]),
        ("baseline: a\nhold: false", ["3:7: found 'false'; expected null or the reason of the hold"]),
        ("baseline: a\nhold: [x]", ["3:7: found a list; expected null or the reason of the hold"]),
        ("baseline: a\nattempts: 0", ["3:11: found '0'; expected a whole number from 1 to 100"]),
        ("baseline: a\nattempts: 3.0", ["3:11: found '3.0'; expected a whole number from 1 to 100"]),
        (
            "baseline: a\nattempts: 99999999999999999999",
            ["3:11: found '99999999999999999999'; expected a whole number from 1 to 100"]
        ),
        (
            "baseline: a\nretry: \"a\\nb\"",
            ["3:8: found 'a\\u{a}b'; expected a line of text of at most 500 characters"]
        ),
        (
            "baseline: a\nwaves: [50%, 10%, 100%]",
            ["3:14: found '10%' after '50%'; steps are cumulative, expected more"]
        ),
        ("baseline: a\nwaves: [10%, 50%]", ["3:14: found '50%'; expected '100%' as the last step"]),
        (
            "baseline: a\nwaves: [0%, 100%]",
            ["3:9: found '0%', which no evidence can satisfy; expected at least 1 or 1%"]
        ),
        (
            "baseline: a\nwaves: []",
            ["3:8: found an empty list; expected a list of rising steps such as [10%, 50%, 100%]"]
        ),
        (
            "baseline: a\nwaves: {soak: 30}",
            [
                "3:8: the key 'steps' is missing; expected a list of rising steps such as [10%, 50%, 100%]",
                "3:15: found '30'; expected a duration such as 30s, 15m, 4h, 14d or 2w",
            ]
        ),
        ("baseline: a\nwindow: {days: [sat]}", ["3:9: found a mapping; expected a list of windows"]),
        (
            "baseline: a\nwindow: [{days: [sat, monday, sat], start: 1:00, end: \"24:01\", zone: ../etc}]",
            [
                "3:23: found 'monday'; expected 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'",
                "3:31: found 'sat' twice; expected each day once",
                "3:44: found '1:00'; expected a time of day such as 01:00 or 23:30",
                "3:55: found '24:01'; expected a time of day such as 05:00 or 24:00",
                "3:70: found '../etc'; expected 'UTC', 'local' or a time zone such as Europe/Berlin",
            ]
        ),
        (
            "baseline: a\nwindow: [{days: [], week: [], start: \"24:00\", end: \"24:00\", zone: utc}]",
            [
                "3:17: found an empty list; expected a list of days such as [sat, sun]",
                "3:27: found an empty list; expected a week of the month such as last, or a list such as "
                    + "[first, third]",
                "3:38: found '24:00'; expected a time of day such as 01:00 or 23:30",
                "3:67: found 'utc'; expected 'UTC', 'local' or a time zone such as Europe/Berlin",
            ]
        ),
        (
            "baseline: a\nwindow: [{days: [sat], week: lst, start: 01:00, end: 01:00, zone: UTC, zones: x}]",
            [
                "3:30: found 'lst'; expected 'first', 'second', 'third', 'fourth', 'last'; did you mean "
                    + "'last'?",
                "3:72: unknown key 'zones'; did you mean 'zone'?",
            ]
        ),
        (
            "baseline: a\nwindow: [{days: [sat], week: [last, last], start: 01:00, end: 01:00, zone: UTC}]",
            [
                "3:37: found 'last' twice; expected each week once",
                "3:58: found the time of 'start'; expected another one (a whole day is from 00:00 to 24:00)",
            ]
        ),
        (
            "baseline: a\nfreeze: [{from: 2026-12-20, to: 2026-12-24, reason: x, zone: /etc/localtime}]",
            [
                "3:62: found '/etc/localtime'; expected 'UTC', 'local' or a time zone such as Europe/Berlin"
            ]
        ),
        (
            "baseline: a\nfreeze: [{from: 2026-12-20, to: 2026-12-02, reason: x}, {from: 2026-02-30}]",
            [
                "3:29: found '2026-12-02', which is before '2026-12-20'; expected that day or a later one",
                "3:57: the key 'reason' is missing; expected a line of text",
                "3:57: the key 'to' is missing; expected a day such as 2026-11-30",
                "3:64: found '2026-02-30'; expected a day such as 2026-11-30",
            ]
        ),
        (
            "baseline: a\nchecks: [{}, {service: a, http: b}, {service: -x}, {command: [ls]}, {command: []}]",
            [
                "3:10: found none in a check; expected one of 'service', 'command' and 'http'",
                "3:14: found 'service' and 'http' in a check; expected one of 'service', 'command' and "
                    + "'http'",
                "3:47: found '-x'; expected the name of a systemd unit such as nginx or nginx.service",
                "3:63: found 'ls'; expected the full path of a program, such as /usr/bin/openssl",
                "3:79: found an empty list; expected a list of a program with its full path and its "
                    + "arguments",
            ]
        ),
        (
            "baseline: a\nchecks: [{http: ftp://x}, {http: http://x, status: 42}, {service: a, status: "
                + "200, timeout: 2h}]",
            [
                "3:17: found 'ftp://x'; expected a URL such as http://127.0.0.1/healthz",
                "3:52: found '42'; expected a whole number from 100 to 599",
                "3:78: found 'status' in a check of a service; it belongs to 'http'",
                "3:92: found '2h'; expected a duration from 1s to 10m",
            ]
        ),
    ])
    func saysWhatIsWrong(text: String, expected: [String]) throws {
        let decoded = try decode("apiVersion: plimsoll/v1\n\(text)\n")
        #expect(
            decoded.problems.sorted().map(\.description) == expected.map { "groups/stores/group.yaml:\($0)" })
    }

    @Test(arguments: [
        ("null", ["3:7: found 'null'; expected 'none' or a mapping with 'after'"]),
        ("non", ["3:7: found 'non'; expected 'none' or a mapping with 'after'"]),
        (
            "[canary]",
            [
                "3:7: found a list; expected a mapping with the keys 'after', 'healthy', 'soak', "
                    + "'failures', 'silence', 'uncovered', 'diversity'"
            ]
        ),
        (
            "{}",
            [
                "3:1: the key 'soak' is missing in the gate; expected a duration such as 30s, 15m, 4h, 14d "
                    + "or 2w",
                "3:7: the key 'after' is missing; expected a list of groups",
            ]
        ),
        ("{after: canary, soak: 1h}", ["3:15: found 'canary'; expected a list of groups"]),
        ("{after: [], soak: 1h}", ["3:15: found an empty list; expected at least one group"]),
        ("{after: [a, a], soak: 1h}", ["3:19: found 'a' twice; expected each group once"]),
        (
            "{after: [a], soak: 4, helthy: 1, silence: none, uncovered: yes, failures: 101%}",
            [
                "3:26: found '4'; expected a duration such as 30s, 15m, 4h, 14d or 2w",
                "3:29: unknown key 'helthy'; did you mean 'healthy'?",
                "3:49: found 'none'; expected 'hold' or a duration such as 30s, 15m, 4h, 14d or 2w",
                "3:66: found 'yes'; expected 'wait' or 'allow'",
                "3:81: found '101%'; expected a share such as 90% or a count such as 2",
            ]
        ),
    ])
    func aWrongGateLeavesTheFileReadable(gate: String, expected: [String]) throws {
        let decoded = try decode(Self.head + "gate: \(gate)\n")
        #expect(decoded.problems == [])
        let found = try #require(decoded.value).gateProblems.sorted().map(\.description)
        #expect(found == expected.map { "groups/stores/group.yaml:\($0)" })
    }
}
