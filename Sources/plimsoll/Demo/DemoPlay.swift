internal import FleetCore
internal import FleetProgram

/// The demo's six acts, narrated.
struct DemoPlay {
    private let fleet: DemoFleet
    private let agents: DemoAgents
    private var view: DemoView
    private var signals = StopSignals()
    /// Longer than this no step may take.
    private static let patience = TimeSpan(seconds: 60)

    init(folder: String, agents: DemoAgents) async throws {
        Terminal.print(
            "A fleet on this machine: two canaries, three stores, a Git server, a package repository.")
        Terminal.print("It is in \(folder)")
        fleet = try await DemoFleet(in: folder)
        view = DemoView(fleet)
        self.agents = agents
    }

    mutating func perform() async throws {
        try await enrolment()
        try await rollout()
        try await rollback()
        try await badPatch()
        try await unsignedCommit()
        try await reports()
        let end = "\nThat was all of it: Git in, signed reports out, and every node decided by itself."
        Terminal.print(Colour.bold.applied(to: end, if: Terminal.hasColour))
    }

    private mutating func enrolment() async throws {
        act("a", "Enrolment and first convergence")
        say("$ plimsoll init fleet")
        say("$ plimsoll-agent enroll > groups/…/nodes/NAME.yaml        (on each node; then git push)")
        let introduction = try await fleet.found()
        try await fleet.enrol(introduction: introduction)
        for node in fleet.nodes {
            try agents.start(
                "\(fleet.programs)/plimsoll-agent", configuration: fleet.places.configuration(of: node.name),
                log: fleet.places.log(of: node.name))
        }
        try await watch("the canaries take till 1.0; the stores wait until they were well with it for 3 s") {
            $0.all(on: "1.0-1")
        }
    }

    private mutating func rollout() async throws {
        act("b", "A pull request is merged: till 1.1")
        say("$ git merge --no-ff till-1.1; git push        (the merge is signed: that is the authorisation)")
        try await fleet.mergePullRequest("till-1.1", "till 1.1") { fleet in
            try fleet.write(DemoFleet.baseline(version: "1.1-1"), to: "baselines/debian-12.yaml")
        }
        try await watch("the canaries move at once, the stores wait and say why") { rows in
            rows.canaries.all(on: "1.1-1")
                && rows.stores.allSatisfy { $0.phase == .waiting && $0.till == "1.0-1" }
        }
        try await watch("the soak has passed: each store finds the gate open by itself, and moves") {
            $0.all(on: "1.1-1")
        }
    }

    private mutating func rollback() async throws {
        act("c", "The commit is reverted, and the revert is reverted")
        say("$ git revert HEAD; git push")
        try await fleet.git("revert", "--no-edit", "--mainline", "1", "HEAD")
        try await fleet.git("push", "--quiet", "origin", "main")
        try await watch("till 1.0 is proven on every node, so every node is back at once: no gate, no soak") {
            $0.all(on: "1.0-1")
        }
        say("$ git revert HEAD; git push        (till 1.1 again: a new declaration)")
        try await fleet.git("revert", "--no-edit", "HEAD")
        try await fleet.git("push", "--quiet", "origin", "main")
        try await watch("the canaries' old proof does not count: the stores wait for a new one") { rows in
            rows.canaries.all(on: "1.1-1") && rows.stores.allSatisfy { $0.phase == .waiting }
        }
        try await watch("and move when it is there") { $0.all(on: "1.1-1") }
    }

    private mutating func badPatch() async throws {
        act("d", "A bad patch: till 2.0 cannot open the drawer")
        say("$ git merge --no-ff till-2.0; git push")
        try await fleet.mergePullRequest("till-2.0", "till 2.0") { fleet in
            try fleet.write(DemoFleet.baseline(version: "2.0-1"), to: "baselines/debian-12.yaml")
        }
        let expectation =
            "the canaries fail the check and go back by themselves; the gate closes, no store moves"
        try await watch(expectation) { rows in
            rows.canaries.allSatisfy { $0.phase == .rolledBack && $0.till == "1.1-1" }
                && rows.stores.allSatisfy { row in
                    row.till == "1.1-1" && row.report?.reasons.contains { $0.code == .canaryFailed } ?? false
                }
        }
    }

    private mutating func unsignedCommit() async throws {
        act("e", "Somebody pushes an unsigned commit")
        say("$ git commit --no-gpg-sign -am 'till 1.0'; git push")
        try fleet.write(DemoFleet.baseline(version: "1.0-1"), to: "baselines/debian-12.yaml")
        try await fleet.git("commit", "--quiet", "--no-gpg-sign", "--all", "--message", "till 1.0")
        try await fleet.git("push", "--quiet", "origin", "main")
        try await watch("every node refuses it, says so, and stays with the last authentic commit") {
            $0.allSatisfy { $0.phase == .untrusted && $0.till == "1.1-1" }
        }
    }

    private mutating func reports() async throws {
        act("f", "The reports, judged by stock git")
        agents.stop()
        try await fleet.git("fetch", "--quiet", "origin")
        try await fleet.run(
            [
                "\(fleet.programs)/plimsoll", "verify", "--repository", fleet.places.server,
                "--write-signers", fleet.places.signers,
            ], allowing: [ExitStatus.notAuthentic])
        say("$ git log --show-signature origin/status/store-1        (%G? %GS %s)")
        let log = try await fleet.git(
            "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=\(fleet.places.signers)", "log",
            "--format=%G?  %GS  %s", "origin/status/store-1")
        let lines = log.split(separator: "\n")
        for line in lines { Terminal.print("  \(line)") }
        guard !lines.isEmpty, lines.allSatisfy({ $0.hasPrefix("G ") }) else {
            throw ProgramError(.failure, "a report of store-1 has no good signature")
        }
        say("every report is good (G)")
    }

    private mutating func act(_ letter: String, _ title: String) {
        view.settle()
        Terminal.print(Colour.bold.applied(to: "\n(\(letter)) \(title)", if: Terminal.hasColour))
    }

    private mutating func say(_ text: String) {
        view.settle()
        Terminal.print(Colour.dim.applied(to: text, if: Terminal.hasColour))
    }

    /// Shows the fleet until it is as expected.
    ///
    /// - Throws: ``ProgramError`` if that takes too long, or if somebody stops the demo.
    private mutating func watch(_ expectation: String, until isReached: ([DemoRow]) -> Bool) async throws {
        Terminal.print("→ \(expectation)")
        view.settle()
        let start = SystemClock.now().sinceBoot
        while true {
            let rows = await view.rows()
            let isDone = isReached(rows)
            if isDone || Terminal.hasColour { view.show(rows, inPlace: true) }
            if isDone { break }
            guard SystemClock.now().sinceBoot - start < Self.patience else {
                view.show(rows, inPlace: true)
                throw ProgramError(
                    .failure, "the fleet did not get there within \(Self.patience); --keep leaves its logs")
            }
            signals.wait(TimeSpan(milliseconds: 150))
            if signals.isStopped { throw ProgramError(.failure, "stopped") }
        }
        let passed = SystemClock.now().sinceBoot - start
        view.settle()
        Terminal.print(Colour.dim.applied(to: "  after \(passed.rough)", if: Terminal.hasColour))
    }
}
