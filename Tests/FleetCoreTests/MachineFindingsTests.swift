import FleetCore
import FleetTesting
import Testing

/// What is said of packages besides how entries stand, and how it is kept.
struct MachineFindingsTests {
    private static let inventory = Inventory(
        architectures: [.of("amd64")],
        packages: [
            package("nginx"), package("libnginx", source: "nginx"), package("held", isHeld: true),
            package("wreck", state: .broken), package("gone", state: .configFiles),
        ])

    private static func package(
        _ name: String, source: String? = nil, state: PackageState = .installed, isHeld: Bool = false
    ) -> InstalledPackage {
        InstalledPackage(
            id: PackageID(name: .of(name), architecture: .of("amd64")), version: .of("1"),
            source: .of(source ?? name), sourceVersion: .of("1"), state: state, isHeld: isHeld)
    }

    private func words(
        _ entries: [String: String]?, unlisted: UnlistedPolicy = .ignore, limit: Int = 100
    ) -> [String] {
        let form = entries.map { CanonicalForm(.sample($0)) }
        let found = Self.inventory.findings(entries: form?.entries, unlisted: unlisted, limit: limit)
        return found.told.map { "\($0.code) \($0.package ?? "")" }
            + (found.omitted > 0 ? ["+\(found.omitted)"] : [])
    }

    @Test func holdsAndWhatIsBrokenAreToldUnlessTheBaselineNamesIt() {
        let held = "heldByHand held:amd64"
        #expect(words(nil) == [held])
        #expect(words(["src:nginx": "1"]) == [held, "packageBroken wreck:amd64"])
        #expect(words(["wreck": "1"]) == [held])
    }

    @Test func whatNoEntryNamesIsToldWhereItIsAskedFor() {
        #expect(
            words(["src:nginx": "1", "held": "absent"], unlisted: .report) == [
                "heldByHand held:amd64", "packageBroken wreck:amd64", "unlisted wreck:amd64",
            ])
        #expect(words(["src:nginx": "1"], unlisted: .report, limit: 2).last == "+2")
    }

    @Test func `who provides what must be gone is told, unless a package has that name`() {
        let agent = PackageName.of("mail-transport-agent")
        func inventory(_ others: [InstalledPackage]) -> Inventory {
            let exim = InstalledPackage(
                id: .of("exim4:amd64"), version: .of("4.96"), source: .of("exim4"),
                sourceVersion: .of("4.96"),
                provides: [agent])
            return Inventory(architectures: [.of("amd64")], packages: others + [exim])
        }
        func told(_ inventory: Inventory, _ wanted: String = "absent") -> [Finding] {
            let form = CanonicalForm(.sample([agent.description: wanted]))
            return inventory.findings(entries: form.entries, unlisted: .ignore, limit: 9).told
        }
        for wanted in ["absent", "purged"] {
            let found = told(inventory([]), wanted)
            #expect(found.map(\.code) == ["providedOnly"] && found.first?.package == "exim4:amd64")
            #expect(found.first?.message.contains("'mail-transport-agent'") == true)
        }
        #expect(told(inventory([]), "1").isEmpty)
        #expect(told(inventory([Self.package(agent.description)])).isEmpty)
        #expect(told(inventory([Self.package(agent.description, state: .configFiles)])).count == 1)
    }

    @Test func theyOutliveARestart() {
        let findings = MachineFindings(
            found: [Finding(.conffileKept, package: "a", path: "/etc/a.dpkg-dist", "kept")],
            keys: [
                SourceKey(path: "/k.gpg", id: "AB", expires: Timestamp(seconds: 1_800_000_000)),
                SourceKey(path: "/k.gpg", id: "CD", expires: nil),
            ], keysMark: "mark")
        #expect(MachineFindings(json: findings.json) == findings)
        #expect(MachineFindings(json: ["found": []]) == nil)
        var state = NodeState()
        state.findings = findings
        #expect((try? NodeState(json: state.json))?.findings == findings)
    }
}
