import FleetCore
import Testing

@testable import FleetRepository

struct FormatBaselineTests {
    private static let head = "apiVersion: plimsoll/v1\nmanager: apt\n"

    private func decode(_ text: String) throws -> Decoded<BaselineFile> {
        BaselineFile.decode(
            Array(text.utf8), name: try #require(BaselineName("base")))
    }

    /// The baseline `base` of a repository with these other files, or its problems.
    private func merged(_ text: String, _ others: [String: String] = [:]) throws -> (Baseline?, [String]) {
        var tree = TextTree(["baselines/base.yaml": Self.head + text])
        for (name, other) in others { tree = tree.with("baselines/\(name).yaml", other) }
        let name = try #require(BaselineName("base"))
        do throws(FleetReadError) {
            return (try FleetReader(tree).baseline(named: name), [])
        } catch {
            guard case .unreadable(let problems) = error else { return (nil, [error.description]) }
            return (nil, problems.sorted().map(\.description))
        }
    }

    @Test func readsAllKeysOfTheDesign() throws {
        let digest = String(repeating: "3f", count: 32)
        let text =
            Self.head + """
                description: |
                  Debian 12
                  with updates
                for: {id: debian, version: 12}
                sources: [debian-12]
                packages:
                  src:openssl: 3.0.17-1~deb12u2
                  nginx: "1.22.1-9+deb12u3"
                  libnew1: {version: 1.4-2, install: false}
                  libc6:i386: 2.36-9+deb12u13
                  curl:
                    version: 7.88.1-10+deb12u14
                    sha256: {amd64: \(digest)}
                    severity: critical
                    advisories: [DSA-6015-1, CVE-2025-9230]
                  telnetd: absent
                  rsh: {version: purged, severity: low}
                  x-note: ignored
                newer: replace
                checks:
                  - service: nginx
                reboot: never
                restart: [nginx, "php*-fpm"]
                urgent: {until: 2026-11-30, reason: DSA-6015-1}
                irreversible: allow
                unlisted: report
                updaters: stop
                kernels: 2
                debconf:
                  postfix:
                    postfix/main_mailer_type: {type: select, value: No configuration}
                    postfix/mailname: store.example.com
                    postfix/chattr: false
                """
        #expect(try decode(text).problems == [])
        let tree = TextTree(["baselines/base.yaml": text])
        let baseline = try FleetReader(tree).baseline(named: try #require(BaselineName("base")))
        let version = try #require(PackageVersion("7.88.1-10+deb12u14"))
        let curl = Entry(
            try #require(EntryKey("curl")),
            .version(
                version, presence: .demanded,
                sha256: [try #require(Architecture("amd64")): try #require(Digest(digest))]),
            severity: .critical, advisories: ["DSA-6015-1", "CVE-2025-9230"])
        #expect(baseline.description == "Debian 12\nwith updates\n")
        #expect(baseline.system == SystemRequirement(id: "debian", version: "12"))
        #expect(baseline.sources?.map(\.description) == ["debian-12"])
        #expect(
            baseline.entries.map(\.key.description)
                == ["curl", "libc6:i386", "libnew1", "nginx", "rsh", "src:openssl", "telnetd"])
        #expect(baseline.entries.first == curl)
        #expect(baseline.entries[4] == Entry(try #require(EntryKey("rsh")), .purged, severity: .low))
        #expect(baseline.newer == .replace)
        #expect(baseline.reboot == .never)
        #expect(baseline.restart.map(\.description) == ["nginx", "php*-fpm"])
        #expect(baseline.irreversible == .allow)
        #expect(baseline.kernels == 2)
        #expect(baseline.unlisted == .report && baseline.updaters == .stop)
        #expect(
            baseline.debconf.map { "\($0.owner) \($0.question) \($0.kind.rawValue) \($0.value)" }
                == [
                    "postfix postfix/chattr boolean false",
                    "postfix postfix/mailname string store.example.com",
                    "postfix postfix/main_mailer_type select No configuration",
                ].sorted())
        #expect(baseline.urgent?.reason == "DSA-6015-1")
        guard case .version(_, presence: let libnew, sha256: _) = baseline.entries[2].requirement,
            case .version(_, presence: let openssl, sha256: _) = baseline.entries[5].requirement
        else {
            Issue.record("no versions")
            return
        }
        #expect(libnew == .whereInstalled)
        #expect(openssl == .whereInstalled)
    }

    @Test(arguments: ["0.270", "1.10", "1e3", "0x10", "12_3", "2026-11-30", "1:2.3-4", "017", "1.0~rc1"])
    func aVersionIsItsWrittenText(text: String) throws {
        let isDebian = !text.contains("_")
        for written in [text, "'\(text)'", "{version: \(text)}", "{version: \"\(text)\"}"] {
            let decoded = try decode(Self.head + "packages: {a: \(written)}\n")
            #expect(decoded.problems.isEmpty == isDebian)
            if isDebian { #expect(decoded.value?.entries.first?.requirement.version?.description == text) }
        }
    }

    @Test(arguments: [
        ("{a: yes}", ["3:15: found 'yes'; expected a version that the package manager can read"]),
        (
            "{a: absend}",
            [
                "3:15: found 'absend'; expected a version that the package manager can read; did you mean "
                    + "'absent'?"
            ]
        ),
        ("{a: }", ["3:15: found nothing; expected a version, 'absent' or 'purged'"]),
        ("{a: [1]}", ["3:15: found a list; expected a version, 'absent' or 'purged'"]),
        (
            "{a: 1.0 beta}",
            ["3:15: found '1.0 beta'; expected \(PackageVersion.expected), 'absent' or 'purged'"]
        ),
        ("{a: 1_2}", ["3:15: found '1_2'; expected a version that the package manager can read"]),
        ("{a b: 1}", ["3:12: found 'a b'; expected a package: 'nginx', 'libc6:i386' or 'src:openssl'"]),
        ("{'src:': 1}", ["3:12: found 'src:'; expected a package: 'nginx', 'libc6:i386' or 'src:openssl'"]),
        (
            "{a: {install: false}}",
            ["3:15: the key 'version' is missing; expected a version, 'absent' or 'purged'"]
        ),
        ("{a: {version: 1, install: no}}", ["3:37: found 'no'; expected 'true' or 'false'"]),
        (
            "{a: {version: absent, install: false, sha256: {}}}",
            [
                "3:33: found 'install' in an entry that removes the package; expected no such key",
                "3:49: found 'sha256' in an entry that removes the package; expected no such key",
            ]
        ),
        (
            "{src:a: {version: 1, install: true, sha256: {}}}",
            [
                "3:41: found 'true' in an entry of a source, which never installs; name its package instead",
                "3:55: found 'sha256' in an entry of a source, which has many packages; name each package",
            ]
        ),
        (
            "{a: {version: 1, sha256: {AMD: x, amd64: 3f}, severity: hihg, advisories: [a b], sevrity: low}}",
            [
                "3:37: found 'AMD'; expected an architecture such as amd64 or i386",
                "3:52: found '3f'; expected a SHA-256 digest: 64 digits of 0-9 and a-f",
                "3:67: found 'hihg'; expected 'critical', 'high', 'medium', 'low'; did you mean 'high'?",
                "3:86: found 'a b'; expected an advisory such as DSA-6015-1 or CVE-2025-9230",
                "3:92: unknown key 'sevrity'; did you mean 'severity'?",
            ]
        ),
        ("[nginx]", ["3:11: found a list; expected a mapping from packages to versions"]),
        ("{a: 1, a: 2}", ["3:18: found 'a' more than once in one mapping; expected each key once"]),
    ])
    func saysWhatIsWrongWithAnEntry(packages: String, expected: [String]) throws {
        let decoded = try decode(Self.head + "packages: \(packages)\n")
        #expect(decoded.problems.sorted().map(\.description) == expected.map { "baselines/base.yaml:\($0)" })
    }

    @Test(arguments: [
        ("manager: dnf", ["2:10: found 'dnf'; expected 'apt'"]),
        ("manager: apt\nkernels: all", ["3:10: found 'all'; expected a whole number from 2 to 16"]),
        ("manager: apt\nkernels: 1", ["3:10: found '1'; expected a whole number from 2 to 16"]),
        ("packages: {}", ["1:1: the key 'manager' is missing; expected 'apt'"]),
        (
            "manager: apt\nfor: {version: Twelve}\ninclude: [base, a, a]\nsources: []\nnewer: "
                + "kept\nreboot: when required\nirreversible: yes",
            [
                "3:6: the key 'id' is missing; expected an ID of os-release(5) such as debian",
                "3:16: found 'Twelve'; expected a word of os-release(5): a–z, 0–9 and '. _ -'",
                "4:11: found 'base', the baseline itself; expected another one",
                "4:20: found 'a' twice; expected each name once",
                "5:10: found an empty list; leave 'sources' out to use those of the system",
                "6:8: found 'kept'; expected 'keep' or 'replace'",
                "7:9: found 'when required'; expected 'never' or 'when-required'; did you mean "
                    + "'when-required'?",
                "8:15: found 'yes'; expected 'refuse' or 'allow'",
            ]
        ),
        (
            "manager: apt\nrestart: [a, b/c]",
            [
                "3:14: found 'b/c'; expected the name of a systemd service such as nginx or 'php*-fpm', where "
                    + "'*' stands for any characters"
            ]
        ),
        (
            "manager: apt\nurgent: {until: soon}",
            [
                "3:9: the key 'reason' is missing; expected a line of text",
                "3:17: found 'soon'; expected a day such as 2026-11-30",
            ]
        ),
        (
            "manager: apt\ndescription: null\npackage: {}",
            [
                "3:14: found 'null'; expected text of at most 4000 characters",
                "4:1: unknown key 'package'; did you mean 'packages'?",
            ]
        ),
    ])
    func saysWhatIsWrong(text: String, expected: [String]) throws {
        let decoded = try decode("apiVersion: plimsoll/v1\n\(text)\n")
        #expect(decoded.problems.sorted().map(\.description) == expected.map { "baselines/base.yaml:\($0)" })
    }

    @Test func includesAreMerged() throws {
        let one =
            Self.head
            + "for: {id: debian}\nsources: [main]\npackages: {a: 1, b: 1, same: 3}\nchecks: [{service: "
            + "one}]\nurgent: {until: 2026-11-30, reason: x}\n"
        let two =
            Self.head
            + "sources: [main, extra]\npackages: {b: 2, c: 2, same: 3}\nchecks: [{service: two}]\nnewer: "
            + "replace\n"
        let own = "include: [one, two]\npackages: {b: 9}\nchecks: [{service: own}]\nurgent: null\n"
        let (baseline, problems) = try merged(own, ["one": one, "two": two])
        #expect(problems == [])
        let entries = try #require(baseline).entries.map {
            "\($0.key) \($0.requirement.version?.description ?? "")"
        }
        #expect(entries == ["a 1", "b 9", "c 2", "same 3"])
        #expect(baseline?.sources?.map(\.description) == ["main", "extra"])
        #expect(baseline?.checks.map(\.name) == ["service one", "service two", "service own"])
        #expect(baseline?.system == SystemRequirement(id: "debian", version: nil))
        #expect(baseline?.newer == .replace)
        #expect(baseline?.urgent == nil)
        #expect(baseline?.reboot == .whenRequired)
    }

    @Test func aConflictOfIncludesIsAnErrorUnlessThisFileDecides() throws {
        let one = Self.head + "packages: {a: 1}\nreboot: never\n"
        let two = Self.head + "include: [three]\npackages: {a: 2}\nreboot: when-required\n"
        let (baseline, problems) = try merged("include: [one, two, none]\n", ["one": one, "two": two])
        #expect(baseline == nil)
        #expect(
            problems == [
                "baselines/base.yaml:3:16: 'two' and 'one' differ in 'a'; name 'a' in this file",
                "baselines/base.yaml:3:16: 'two' and 'one' differ in 'reboot'; write 'reboot' in this file",
                "baselines/base.yaml:3:16: 'two' includes others itself; baselines are included one level "
                    + "deep",
                "baselines/base.yaml:3:21: unknown baseline 'none'",
            ])
    }

    @Test func aWrongIncludeMakesTheBaselineUnreadable() throws {
        let (baseline, problems) = try merged("include: [one]\n", ["one": Self.head + "packages: {a: [1]}\n"])
        #expect(baseline == nil)
        #expect(
            problems == ["baselines/one.yaml:3:15: found a list; expected a version, 'absent' or 'purged'"])
    }
}
