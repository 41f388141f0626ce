import FleetCore
import FleetTesting
import Testing

/// `plimsoll plan`: what merging commits would do.
struct OperatorPlanTests {
    private let fleet: OperatorFleet

    init() throws { fleet = try OperatorFleet() }

    private func plan(_ arguments: String...) throws -> CommandResult {
        try run(
            [
                BuiltProgram.path("plimsoll"), "plan", "--repository", fleet.clone, "--introduction",
                fleet.introduction,
            ] + arguments, environment: Git.environment)
    }

    private func json(_ arguments: String...) throws -> JSONValue {
        let result = try run(
            [
                BuiltProgram.path("plimsoll"), "plan", "--json", "--repository", fleet.clone,
                "--introduction",
                fleet.introduction,
            ] + arguments, environment: Git.environment)
        return try JSONValue(parsing: result.output)
    }

    private static let path = "acme/baselines/debian-12.yaml"

    /// A baseline whose packages are these lines.
    private func write(_ packages: String...) throws {
        let lines = ["apiVersion: plimsoll/v1", "manager: apt", "packages:"] + packages.map { "  \($0)" }
        try fleet.folder.write(lines.joined(separator: "\n") + "\n", to: Self.path)
    }

    private func commitLocally(_ message: String) throws {
        try Git.run("add", "--all", in: fleet.clone)
        try Git.run("commit", "--quiet", "-m", message, in: fleet.clone)
    }

    @Test func nothingPendingEndsWithZero() throws {
        let result = try plan()
        #expect(result.exitCode == 0, "\(result.errorText)")
        #expect(result.lines.last == "nothing changes for any node")
    }

    @Test func aNewDeclarationIsShownEntryByEntry() throws {
        try write("curl: 7.88.1-10", "nginx: 1.22.1-9", "telnetd: absent")
        try fleet.commit("Declare")
        try write(
            "curl: {version: 7.88.1-11, severity: critical, advisories: [DSA-6015-1]}", "nginx: 1.22.1-8",
            "src:openssl: 3.0.17-1")
        try commitLocally("Patch")
        let result = try plan()
        #expect(result.exitCode == 2, "\(result.text)\(result.errorText)")
        for line in [
            "  curl: 7.88.1-10 → 7.88.1-11 (critical, DSA-6015-1)",
            "  warning: nginx: 1.22.1-9 → 1.22.1-8, an older version",
            "  + src:openssl: 3.0.17-1 where installed", "  - telnetd: was absent",
            "group canary: 1 node gets it", "group stores: 2 nodes get it",
            "changes are pending: 3 nodes get another declaration",
        ] { #expect(result.lines.contains(line), "\(line) in\n\(result.text)") }
        #expect(result.text.contains("baseline debian-12: a new declaration, "))
        #expect(result.text.contains("gate: after [canary], "))
        let changes = try json()["baselines"]?.array?.first?["changes"]?.array
        #expect(changes?.compactMap { $0["name"]?.string } == ["curl", "nginx", "src:openssl", "telnetd"])
        #expect(changes?.compactMap { $0["older"]?.bool } == [false, true, false, false])
        let markdown = try plan("--markdown")
        #expect(markdown.exitCode == 2)
        #expect(markdown.lines.contains("- curl: 7.88.1-10 → 7.88.1-11 (critical, DSA-6015-1)"))
    }

    @Test func aRevertIsARollbackAndAStaleBranchIsWarnedOf() throws {
        try write("curl: 1-1")
        let first = try fleet.commit("One")
        try write("curl: 1-2")
        try fleet.commit("Two")
        try write("curl: 1-1")
        try commitLocally("Back")
        let back = try plan()
        #expect(back.exitCode == 2)
        #expect(back.text.contains("baseline debian-12: a rollback to "), "\(back.text)")
        #expect(back.text.contains("of \(first.prefix(12))"))
        #expect(back.text.contains("no wave, window, freeze or budget holds them"))
        try Git.run("reset", "--quiet", "--hard", "origin/main", in: fleet.clone)
        try write("curl: 1-3")
        try fleet.commit("Three")
        try write("curl: 1-1")
        try commitLocally("Far back")
        let far = try plan("--offline", "origin/main..HEAD")
        #expect(far.text.contains("warning: takes off 2 declarations at once"), "\(far.text)")
        let baseline = try json("--offline")["baselines"]?.array?.first
        #expect(baseline?["effect"]?.string == "resumes")
        #expect(baseline?["withdraws"]?.array?.count == 2)
    }

    @Test func nodesSettingsHoldsAndKeysAreNamed() throws {
        try Git.run(
            "mv", "groups/stores/nodes/store-1.yaml", "groups/canary/nodes/store-1.yaml", in: fleet.clone)
        let held = "acme/groups/stores/nodes/store-2.yaml"
        try fleet.folder.write(try fleet.folder.read(held) + "hold: it rings\n", to: held)
        try fleet.writeNode("store-3", in: "stores")
        let group = "acme/groups/stores/group.yaml"
        let text = try fleet.folder.read(group)
        try #require(text.contains("soak: 4h"))
        try fleet.folder.write(
            text.replacing("soak: 4h", with: "soak: 1h") + "retry: once more\n", to: group)
        let key = try SSHKeyFiles("grace", in: fleet.folder)
        let signers = "acme/trust/allowed_signers"
        try fleet.folder.write(
            try fleet.folder.read(signers) + "grace@example.com namespaces=\"git\" \(key.publicLine)\n",
            to: signers)
        let home = try GnuPGHome()
        let olga = try home.makeKey("olga", end: "20400101T000000")
        try fleet.folder.write(home.export(olga), to: "acme/trust/openpgp/olga.asc")
        try commitLocally("Many things")
        let result = try plan()
        #expect(result.exitCode == 2)
        for line in [
            "  store-1: moves from stores to canary", "  store-2: put on hold: it rings",
            "  store-3: added to stores", "  retry: nothing → once more", "group stores: settings",
            "changes are pending: no node gets another declaration",
        ] { #expect(result.lines.contains(line), "\(line) in\n\(result.text)") }
        #expect(result.text.contains("warning: grace@example.com SHA256:"))
        let ends = "warning: olga@example.com OpenPGP \(olga) (until 2040-01-01T00:00:00Z)"
        #expect(result.text.contains(ends), "\(result.text)")
        #expect(
            result.text.contains("warning: gate is loosened: 'soak' goes from 4h to 1h"), "\(result.text)")
    }

    @Test func whatWouldBeInvalidAndWhatConflictsEndWith65() throws {
        try write("curl: 1-1")
        try fleet.commit("One")
        try Git.run("switch", "--quiet", "--create", "topic", in: fleet.clone)
        try write("curl: 1-2")
        try commitLocally("Here")
        try Git.run("switch", "--quiet", "main", in: fleet.clone)
        try write("curl: 1-3")
        try fleet.commit("There")
        let conflict = try plan("main..topic")
        #expect(conflict.exitCode == 65)
        #expect(conflict.errorText.contains("conflict in baselines/debian-12.yaml"))
        try write("curl: not a version!")
        try commitLocally("Broken")
        let broken = try plan()
        #expect(broken.exitCode == 65)
        #expect(broken.text.contains("baselines/debian-12.yaml:4:"), "\(broken.text)")
        #expect(try plan("main...topic").exitCode == 64)
        #expect(try plan("nowhere..topic").exitCode == 64)
    }

    @Test func whatNodesHaveIsReadFromTheirReports() throws {
        try write("curl: 1-1")
        try fleet.commit("One")
        try fleet.report(ReportMaking(node: "store-1"))
        try write("curl: 1-2")
        try commitLocally("Two")
        #expect(try plan().text.contains("1 node with nothing, as far as is known"))
        #expect(try plan().text.contains("now: 1 node with "))
        #expect(try !plan("--offline").text.contains("now: "))
    }
}
