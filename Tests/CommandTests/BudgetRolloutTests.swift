import FleetCore
import FleetTesting
import Testing

/// Real agents of one site whose group lets one of them be in change or failed.
struct BudgetRolloutTests {
    private func fleet(_ names: [String]) async throws -> (fleet: LocalFleet, nodes: [LocalNode]) {
        let fleet = try await LocalFleet()
        try fleet.write(
            LocalFleet.group("gate: none", "budget: {unavailable: 1, per: site}"),
            to: "groups/canary/group.yaml")
        // The group of the stores has no nodes here.
        try fleet.write(LocalFleet.group("gate: none"), to: "groups/stores/group.yaml")
        let nodes = try names.map {
            try fleet.enrol($0, in: "canary", besides: "labels: {site: berlin-3}\n")
        }
        try fleet.publish("Enrol \(names.count) of one site")
        try await fleet.converge(nodes)
        return (fleet, nodes)
    }

    private func claims(_ fleet: LocalFleet, _ arguments: String...) throws -> JSONValue {
        let result = try run(
            [
                BuiltProgram.path("plimsoll"), "claims", "--json", "--repository", fleet.clone,
                "--introduction", fleet.introduction,
            ] + arguments, environment: Git.environment)
        try #require(result.exitCode == 0, "\(result.errorText)")
        return try JSONValue(parsing: result.output)
    }

    /// The state of each node's claim.
    private func states(_ claims: JSONValue) -> [String: String] {
        let entries = claims["ledgers"]?.array?.first?["claims"]?.array ?? []
        return Dictionary(
            entries.compactMap { entry in
                guard let node = entry["node"]?.string, let state = entry["state"]?.string else { return nil }
                return (node, state)
            }
        ) { first, _ in first }
    }

    @Test func eachNodeClaimsAndAllGetThrough() async throws {
        let (fleet, nodes) = try await fleet(["atm-1", "atm-2", "atm-3"])
        try fleet.declare("till: 1.1-1")
        try await fleet.converge(nodes)
        for node in nodes { #expect(try node.installed == ["till": "1.1-1"]) }
        let found = try claims(fleet)
        #expect(states(found) == ["atm-1": "ended", "atm-2": "ended", "atm-3": "ended"])
        #expect(found["schema"]?.string == "plimsoll/claims/v1")
        let ledger = try #require(found["ledgers"]?.array?.first)
        #expect(ledger["budget"] == ["unavailable": .number(1), "per": "site"])
        #expect(ledger["reference"]?.string == "refs/heads/claims/canary/berlin-3")
        #expect(ledger["unavailable"] == .number(0) && ledger["unbelieved"] == .number(0))
        // Two declarations, three nodes, a claim each, all on one line.
        #expect(try fleet.serverGit("rev-list", "--count", "--first-parent", "claims/canary/berlin-3") == "6")
    }

    @Test func aBadPatchStopsAtTheFirstNodeOfTheSiteUntilAPersonEndsItsClaim() async throws {
        let (fleet, nodes) = try await fleet(["atm-1", "atm-2", "atm-3"])
        try fleet.declare("till: 2.0-1")
        // All at once: one of them claims, finds out, and goes back.
        async let first = nodes[0].reconcileBeside()
        async let second = nodes[1].reconcileBeside()
        async let third = nodes[2].reconcileBeside()
        let cycles = try await [first, second, third]
        let failed = cycles.indices.filter { cycles[$0].phase == .rolledBack }
        let waiting = cycles.indices.filter { cycles[$0].phase == .waiting }
        #expect(failed.count == 1 && waiting.count == 2, "\(cycles)")
        for index in waiting {
            #expect(cycles[index].exitCode == 0 && cycles[index].codes.contains(.budget), "\(cycles[index])")
            #expect(try nodes[index].installed == ["till": "1.0-1"])
        }
        for node in waiting.map({ nodes[$0] }) { #expect(try node.reconcile().codes.contains(.budget)) }
        let bad = nodes[try #require(failed.first)].name
        #expect(states(try claims(fleet))[bad] == "failed")
        let table = try plimsoll(
            "claims", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(table.text.contains("site 'berlin-3' of 'canary': 1 of at most 1 in change or failed"))

        try await theBudgetIsTheAnswer(to: nodes[try #require(waiting.first)].name, bad, in: fleet)

        // Somebody else's key ends nothing.
        let stranger = try SSHKeyFiles("stranger", in: fleet.folder)
        let refused = try plimsoll(
            "claims", "--repository", fleet.clone, "--introduction", fleet.introduction, "--end", bad,
            "--reason", "let me", "--key", stranger.path)
        #expect(refused.exitCode == 77, "\(refused.errorText)")
        #expect(states(try claims(fleet))[bad] == "failed")

        let ended = try claims(fleet, "--end", bad, "--reason", "a technician comes on Monday")
        #expect(states(ended)[bad] == "ended")
        let ending = ended["ledgers"]?.array?.first?["claims"]?.array?
            .first { $0["node"]?.string == bad }?["ended"]
        #expect(ending?["by"]?.string == "ada@example.com")
        #expect(ending?["reason"]?.string == "a technician comes on Monday")
        let again = try plimsoll(
            "claims", "--repository", fleet.clone, "--end", bad, "--reason", "once more")
        #expect(again.exitCode == 64)
        #expect(again.errorText.contains("no claim of '\(bad)' counts against a budget"))
        let nobody = try plimsoll(
            "claims", "--repository", fleet.clone, "--end", "atm-11", "--reason", "once more")
        #expect(nobody.exitCode == 64)
        #expect(nobody.errorText.contains("has no node 'atm-11'"), "\(nobody.errorText)")
        #expect(nobody.errorText.contains("did you mean 'atm-1'?"))
        // Now the next one may try.
        let next = nodes[try #require(waiting.first)]
        #expect(try next.reconcile().phase == .rolledBack)

        // Going back needs nobody's leave, and what is well frees its place.
        try fleet.revert()
        try await fleet.converge(nodes)
        try fleet.declare("till: 1.2-1")
        try await fleet.converge(nodes)
        for node in nodes { #expect(try node.installed == ["till": "1.2-1"]) }
    }

    /// Nodes do not read such a ledger; whoever has to mend that must be shown what is in it.
    @Test func aLedgerThatIsTooLongIsShownAsFarAsItIsRead() async throws {
        let (fleet, _) = try await fleet(["atm-1"])
        let ledger = "refs/heads/claims/canary/berlin-3"
        let rubbish = (1...20_000).map { number in
            let origin = number == 1 ? "from \(ledger)^0\n" : ""
            return
                "commit \(ledger)\ncommitter x <x@example.com> \(1_800_000_000 + number) +0000\ndata 0\n\(origin)"
        }
        _ = try runSuccessfully(
            ["git", "fast-import", "--quiet"], in: fleet.server, environment: Git.environment,
            input: Array(rubbish.joined().utf8))
        let table = try plimsoll(
            "claims", "--repository", fleet.clone, "--introduction", fleet.introduction)
        #expect(table.exitCode == 0, "\(table.errorText)")
        #expect(
            table.text.contains(
                "20000 commits are of nobody who may claim now; too long: its 1 oldest commit"),
            "\(table.text)")
        #expect(table.text.contains("delete '\(ledger)' at the status remote"))
        #expect(try claims(fleet)["ledgers"]?.array?.first?["unread"]?.integer == 1)
    }

    /// What `why` and `rollout` say while `bad` has the only place of the site.
    private func theBudgetIsTheAnswer(to node: String, _ bad: String, in fleet: LocalFleet) async throws {
        let remote = ["--repository", fleet.clone, "--introduction", fleet.introduction]
        func output(_ arguments: String...) throws -> CommandResult {
            try run(
                [BuiltProgram.path("plimsoll")] + arguments + remote, environment: Git.environment)
        }
        let why = try output("why", node).text
        #expect(why.contains("rule 7: it may be admitted, but not now"), "\(why)")
        let place = "what is missing\n- a place of the budget: at site 'berlin-3' 1 of 1 are taken\n"
        #expect(why.contains("\(place)- \(bad) failed since "), "\(why)")
        #expect(why.contains("plimsoll claims --end \(bad) --reason TEXT"))
        #expect(!why.contains("and besides:"), "\(why)")
        let json = try JSONValue(parsing: try output("why", node, "--json").output)
        #expect(json["reasons"]?.array?.compactMap { $0["code"]?.string } == ["budget"])
        #expect(json["budget"]?["claims"]?.array?.first?["node"]?.string == bad)
        #expect(json["report"]?["agrees"]?.bool == true)
        // The failed node itself, and the budget: a watch ends.
        let watched = try output("rollout", "--until-done", "--interval", "1s")
        #expect(watched.exitCode == 3, "\(watched.text)\(watched.errorText)")
        #expect(watched.errorText.contains("plimsoll claims --end NODE --reason TEXT"))
        #expect(watched.text.contains("end   not without a person"), "\(watched.text)")
    }

    @Test(arguments: [
        ["--reason", "x"], ["--end", "atm-1"], ["--end", "atm-1", "--reason", ""], ["--key", "x"],
        ["--end", "No Name", "--reason", "x"],
    ])
    func wrongUseIsToldBeforeAnythingIsFetched(arguments: [String]) throws {
        let result = try run(
            [BuiltProgram.path("plimsoll"), "claims", "--repository", "/nonexistent"] + arguments,
            environment: Git.environment)
        #expect(result.exitCode == 64)
    }
}
