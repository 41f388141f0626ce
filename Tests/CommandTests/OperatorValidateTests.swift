import FleetTesting
import Foundation
import Testing

/// `plimsoll validate` on folders, as a pull request's check runs it.
struct OperatorValidateTests {
    private let folder: TemporaryFolder
    private let clone: String

    init() throws {
        folder = try TemporaryFolder("operator-validate")
        clone = folder.path("acme")
        let key = try SSHKeyFiles("ada", in: folder)
        let result = try plimsoll("init", clone, "--key", key.path)
        try #require(result.exitCode == 0, "\(result.errorText)")
    }

    private static let emptyCanaries =
        "groups/stores/group.yaml:7:11: warning: group 'canary' has no nodes; expected at least one canary"
    private static let head = "apiVersion: plimsoll/v1\nbaseline: debian-12\ngate: none\n"
    private static let key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4dE0ToNP9a6mGkhtS4zHOqE5n0J8oBNhfzoVJpvcXy"

    struct Case: CustomTestStringConvertible {
        let name: String
        let path: String
        let text: String
        var errors: [String] = []
        var warnings: [String] = []
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "waves that leave nodes out", path: "groups/canary/group.yaml",
            text: head + "waves: [10%, 90%]\n",
            errors: ["groups/canary/group.yaml:4:14: found '90%'; expected '100%' as the last step"]),
        Case(
            name: "a word for a step that there is not", path: "groups/canary/proceed.yaml",
            text: """
                apiVersion: plimsoll/v1
                declaration: {digest: \(String(repeating: "a", count: 64)), commit: \(String(repeating: "b", count: 40))}
                step: 2
                """,
            warnings: [
                "groups/canary/proceed.yaml:1:1: warning: nothing in 'canary' waits for it: no step of its 'waves' has "
                    + "'pause: true'"
            ]),
        Case(
            name: "no waves, said in words", path: "groups/canary/group.yaml",
            text: head + "waves: null\nwindow: []\nfreeze: []\n"),
        Case(
            name: "windows and freezes", path: "groups/canary/group.yaml",
            text: head + """
                window:
                  - {days: [sat], week: [first, last], start: "22:00", end: "02:00", zone: Europe/Berlin}
                  - {days: [wed], start: "00:00", end: "24:00", zone: local}
                freeze: [{from: 2026-12-20, to: 2027-01-02, reason: holiday, zone: UTC}]

                """),
        Case(
            name: "unknown zones", path: "groups/canary/group.yaml",
            text: head + """
                window: [{days: [sat], start: "01:00", end: "05:00", zone: Europe/Berlim}]
                freeze: [{from: 2026-12-20, to: 2027-01-02, reason: holiday, zone: Atlantis}]

                """,
            errors: [
                "groups/canary/group.yaml:4:60: 'Europe/Berlim' is not in this machine's time zone database; "
                    + "did you mean 'Europe/Berlin'?",
                "groups/canary/group.yaml:5:68: 'Atlantis' is not in this machine's time zone database",
            ]),
        Case(
            name: "a wrong zone among the defaults in the fleet's file", path: "fleet.yaml",
            text: """
                apiVersion: plimsoll/v1
                fleet: acme
                agent: "0.1"
                trust: {policy: every-commit}
                defaults:
                  freeze: [{from: 2026-12-20, to: 2027-01-02, reason: holiday}]
                  window: [{days: [sat], start: "01:00", end: "05:00", zone: UTCC}]

                """,
            errors: [
                "fleet.yaml:7:62: 'UTCC' is not in this machine's time zone database; did you mean 'UTC'?"
            ],
            warnings: [
                "groups/stores/group.yaml:11:3: warning: up to 13d 20h may pass from a merge to the last step of "
                    + "'stores', more than 7d; without this soak it would be 6d 20h: shorten it, or open the windows "
                    + "after it longer"
            ]),
        Case(
            name: "a window in which nothing ever begins", path: "groups/canary/group.yaml",
            text: head + """
                window:
                  - {days: [mon, tue, wed, thu, fri, sat, sun], start: "03:00", end: "03:01", zone: UTC}

                """,
            warnings: [
                "groups/canary/group.yaml:4:1: warning: a window of 'canary' is open for 1m, and even the smallest "
                    + "change needs 2m: alone it lets nothing begin; make it longer"
            ]),
        Case(
            name: "a newer agent's repository is not judged", path: "fleet.yaml",
            text: "apiVersion: plimsoll/v1\nfleet: acme\nagent: \"9.0\"\ntrust: {policy: every-commit}\n",
            errors: ["fleet.yaml:1:1: the fleet needs agent 9.0; this program is 0.1.0 and cannot judge it"]),
        Case(
            name: "urgent and an unknown manager", path: "baselines/other.yaml",
            text: "apiVersion: plimsoll/v1\nmanager: dnf\nurgent: {until: 2026-11-30, reason: DSA-6015-1}\n",
            errors: ["baselines/other.yaml:2:10: found 'dnf'; expected 'apt'"]),
        Case(
            name: "nobody trusted", path: "trust/allowed_signers", text: "# nobody\n",
            errors: ["trust/allowed_signers:1:1: found no key in 'trust/'; nobody could change the branch"]),
        Case(
            name: "a line of trust that cannot be read", path: "trust/allowed_signers",
            text: "ada@example.com \(key)\nbob@example.com namespace=\"git\" \(key)\n",
            errors: [
                "trust/allowed_signers:2:17: unknown option or key type \"namespace\"; expected namespaces=\"…\", "
                    + "valid-after=\"…\", valid-before=\"…\" or a key such as \"ssh-ed25519 AAAA…\"; until it is right, "
                    + "nobody may change the branch"
            ]),
        Case(
            name: "doubtful trust", path: "trust/allowed_signers",
            text: """
                ada@example.com valid-before="20301231" \(key)
                noreply@github.com \(key)
                bob@example.com namespaces="file" \(key)

                """,
            warnings: [
                "trust/allowed_signers:1:1: warning: a time without 'Z' is read in each machine's own time zone, so two "
                    + "nodes may disagree about a signature; write it with 'Z'",
                "trust/allowed_signers:2:1: warning: this looks like a forge's own key; with it, whoever controls that "
                    + "forge, or an account on it that may merge, can change the fleet",
                "trust/allowed_signers:3:1: warning: found a key that may not sign for the namespace 'git'; it "
                    + "authorises no commit",
            ]),
        Case(
            name: "a typing error", path: "groups/canary/group.yaml", text: head + "atempts: 3\n",
            errors: ["groups/canary/group.yaml:4:1: unknown key 'atempts'; did you mean 'attempts'?"]),
    ]

    @Test(arguments: cases)
    func eachFaultIsToldWithItsPlace(_ fault: Case) throws {
        try folder.write(fault.text, to: "acme/\(fault.path)")
        let result = try plimsoll("validate", clone)
        #expect(result.exitCode == (fault.errors.isEmpty ? 0 : 65))
        let told = result.lines.dropLast().filter { $0 != Self.emptyCanaries }
        #expect(Array(told) == fault.errors + fault.warnings)
        #expect(result.lines.last?.hasPrefix(fault.errors.isEmpty ? "valid" : "not valid: ") == true)
        #expect(result.errorText.isEmpty)
    }

    @Test func openPGPKeysAreExamined() throws {
        let home = try GnuPGHome()
        _ = try home.makeKey("noreply")
        let mortal = try home.makeKey("mortal", end: "20300101T000000")
        try folder.write(home.export("noreply"), to: "acme/trust/openpgp/forge.asc")
        try folder.write(home.export(mortal), to: "acme/trust/openpgp/mortal.asc")
        // OpenPGP keys alone will do.
        try folder.write("", to: "acme/trust/allowed_signers")
        let result = try plimsoll("validate", clone)
        #expect(result.exitCode == 0, "\(result.text)")
        #expect(
            result.text.contains("trust/openpgp/forge.asc:1:1: warning: this looks like a forge's own key"))
        let ends = "trust/openpgp/mortal.asc:1:1: warning: the key \(mortal) ends at 2030-01-01T00:00:00Z"
        #expect(result.text.contains(ends), "\(result.text)")
        try folder.write("hello\n", to: "acme/trust/openpgp/broken.asc")
        try folder.write(home.export(mortal), to: "acme/trust/openpgp/team/mortal.asc")
        let refused = try plimsoll("validate", clone)
        #expect(refused.exitCode == 65)
        #expect(
            refused.text.contains(
                "trust/openpgp/broken.asc:1:1: expected a line '-----BEGIN PGP PUBLIC KEY BLOCK-----', and "
                    + "nothing around the blocks; write it by 'gpg --armor --export KEY'; until it is right, "
                    + "no OpenPGP key may change the branch"), "\(refused.text)")
        #expect(refused.text.contains("trust/openpgp/team/mortal.asc:1:1: not read by anything"))
    }

    @Test func aNodesKeyMustNotBeTrusted() throws {
        let signers = try folder.read("acme/trust/allowed_signers").split(separator: "\n").last ?? ""
        let key = signers.split(separator: " ").suffix(2).joined(separator: " ")
        try folder.write(
            "apiVersion: plimsoll/v1\nkey: \(key)\n", to: "acme/groups/canary/nodes/canary-1.yaml")
        let result = try plimsoll("validate", clone)
        #expect(result.exitCode == 65)
        #expect(result.text.contains("groups/canary/nodes/canary-1.yaml:2:6: this key is also in 'trust/'"))
    }

    @Test func theWorkingDirectoryIsTheDefaultAndJSONHasAll() throws {
        try folder.write(Self.head + "waves: [10%]\n", to: "acme/groups/canary/group.yaml")
        let result = try plimsoll("validate", "--json", in: clone)
        #expect(result.exitCode == 65)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
        #expect(json["schema"] as? String == "plimsoll/validation/v1")
        #expect(json["valid"] as? Bool == false)
        let errors = try #require(json["errors"] as? [[String: Any]])
        #expect(errors.map { $0["file"] as? String } == ["groups/canary/group.yaml"])
        #expect(errors.map { $0["line"] as? Int } == [4])
        #expect((json["warnings"] as? [[String: Any]])?.count == 1)
    }

    @Test func aFileNameCannotDriveTheTerminal() throws {
        try folder.write("x", to: "acme/groups/\u{1B}[31m.yaml")
        let result = try plimsoll("validate", clone)
        #expect(result.exitCode == 65)
        #expect(!result.output.contains(0x1B))
    }

    @Test(arguments: ["nowhere", "acme/fleet.yaml"])
    func whatIsNoFolderIsWrongUsageAndNamed(path: String) throws {
        let result = try plimsoll("validate", folder.path(path))
        #expect(result.exitCode == 64)
        #expect(result.errorText.hasPrefix("plimsoll: '\(folder.path(path))' is no folder; "))
    }
}
