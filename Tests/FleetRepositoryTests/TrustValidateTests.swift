import FleetCore
import Testing

@testable import FleetRepository

/// What `validate` says of thresholds and of `trust/rules.yaml`.
struct TrustValidateTests {
    private static func signers(_ names: String...) -> String {
        names.enumerated().map { index, name in
            "\(name) namespaces=\"git\" ssh-ed25519 \(keyText(900 + index).split(separator: " ")[1])\n"
        }.joined()
    }

    private func said(
        _ trust: String, _ signers: String, rules: String? = nil
    ) throws -> (problems: [String], warnings: [String]) {
        let fleet = "apiVersion: plimsoll/v1\nfleet: acme-edge\nagent: \"0.1\"\ntrust: \(trust)\n"
        let tree = TextTree.sound.with("fleet.yaml", fleet).with("trust/allowed_signers", signers)
            .with("trust/rules.yaml", rules.map { "apiVersion: plimsoll/v1\nrules:\n\($0)" })
        let validation = try RepositoryValidation.validate(tree)
        return (validation.problems.map(\.description), validation.warnings.map(\.description))
    }

    @Test(arguments: [
        ("ada@example.com", "the keys of ada@example.com alone"),
        ("web-flow", "the keys of nobody who counts"),
    ])
    func `more persons than have keys are an error`(name: String, found: String) throws {
        // Two keys of one name, and a forge's, are no two persons.
        let (problems, _) = try said(
            "{threshold: 2}", Self.signers(name, name, "noreply@github.com"))
        #expect(
            problems == [
                "fleet.yaml:4:9: found \(found) in trust/, where 2 persons must sign or "
                    + "approve; two keys of one name count as one person, and a forge's key for nobody"
            ])
        #expect(try said("{threshold: 2}", Self.signers("ada@x", "bob@x")).problems.isEmpty)
        #expect(try said("{threshold: 1}", Self.signers("ada@x")).problems.isEmpty)
    }

    @Test func `rules that nobody can fulfil are an error, and such that protect nothing are told`() throws {
        let (problems, warnings) = try said(
            "{threshold: 2}", Self.signers("ada@x", "bob@x"),
            rules: """
                - {path: groups/stores/, signers: [eve@x], threshold: 1}
                - {path: baselines/, signers: ["bob@*"]}
                - {path: group/canary/, signers: ["*"]}

                """)
        #expect(
            problems == [
                "trust/rules.yaml:3:3: found nobody in trust/ for the rule of "
                    + "'groups/stores/', which needs 1: nobody could change what is there any more",
                "trust/rules.yaml:4:3: found bob@x alone in trust/ for the rule of "
                    + "'baselines/', which needs 2: nobody could change what is there any more",
            ])
        #expect(
            warnings.map { String($0.prefix(64)) } == [
                "trust/rules.yaml:1:1: found no rule for 'fleet.yaml': whoever ma",
                "trust/rules.yaml:1:1: found no rule for 'trust/rules.yaml': whoe",
                "trust/rules.yaml:5:3: found no file at 'group/canary/'; is it sp",
            ])
    }

    @Test func `sound rules are sound, and broken ones an error`() throws {
        let sound = "- {path: trust/, threshold: 2}\n- {path: fleet.yaml, threshold: 2}\n"
        let (problems, warnings) = try said("{}", Self.signers("ada@x", "bob@x"), rules: sound)
        #expect(problems.isEmpty && warnings.isEmpty, "\(problems) \(warnings)")
        #expect(
            try said("{}", Self.signers("ada@x"), rules: "- {path: ..}\n").problems.contains {
                $0.hasPrefix("trust/rules.yaml:3:10: found '..'; expected a path from the root")
            })
    }

    @Test(arguments: [
        ("{branch: main, threshold: 3}", TrustSettings(branch: Self.main, threshold: 3)),
        ("{policy: every-commit, branch: null}", TrustSettings(policy: .everyCommit)), ("", TrustSettings()),
        ("{threshold: 0}", nil), ("{threshold: '02'}", TrustSettings(threshold: 2)),
        ("{threshold: 2.0}", nil),
        ("{threshold: ~}", nil), ("{threshold: 21}", nil), ("{branch: a//b}", nil),
        ("{branch: [main]}", nil), ("{policy: none}", nil), ("[]", nil),
    ])
    func `what a file says of trust is read whatever else is wrong, or not at all`(
        trust: String, settings: TrustSettings?
    ) {
        let text = "fleet: acme-edge\nnonsense: x\ntrust: \(trust)\n"
        #expect(FleetFile.trustSettings(Array(text.utf8)) == settings)
        let whole = "apiVersion: plimsoll/v1\nfleet: acme-edge\nagent: '0.1'\ntrust: \(trust)\n"
        guard !trust.isEmpty else { return }
        #expect(FleetFile.decode(Array(whole.utf8)).flawless?.fleet?.trust == settings)
    }

    private static let main = FleetName("acme-edge").flatMap { fleet in
        BranchName("main").map { FleetBranch(fleet: fleet, branch: $0) }
    }

    @Test(arguments: ["", "/a", "a/", "a//b", "a..b", ".a", "a.lock", "a b", "ä", "-a", "a\n", "refs/@{"])
    func `names that are no branch's are refused`(name: String) { #expect(BranchName(name) == nil) }

    @Test(arguments: ["main", "release/2026.1", "A-b_c"])
    func `names of branches are taken`(name: String) { #expect(BranchName(name)?.description == name) }
}
