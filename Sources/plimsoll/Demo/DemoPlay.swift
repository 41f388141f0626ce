internal import FleetCore
internal import FleetProgram

/// The demo's six acts, narrated. Each command is shown as it is run, and what it says as it was said.
struct DemoPlay {
    private var fleet: DemoFleet
    private let agents: DemoAgents
    private var view: DemoView
    private let start = SystemClock.now().sinceBoot
    /// Longer than this no step may take.
    private static let patience = TimeSpan(seconds: 60)
    private static let rollout = "plimsoll rollout --introduction $INTRODUCTION"
    private static let summary = "\(rollout) | tail -n 2"

    init(folder: String, agents: DemoAgents) async throws {
        Terminal.print(
            "A fleet on this machine: two canaries, four stores, a Git server and a package repository, in")
        Terminal.print("\(folder). What follows a $ is run there, with INTRODUCTION as the first commit.")
        fleet = try await DemoFleet(in: folder)
        view = DemoView(fleet)
        self.agents = agents
    }

    mutating func perform() async throws {
        try await enrolment()
        try await badPatch()
        try await revert()
        try await mend()
        try await unsignedCommit()
        try await proof()
        let passed = SystemClock.now().sinceBoot - start
        let end = "\nThat was all of it, in \(passed.rough): Git in, signed reports out, and no controller."
        Terminal.print(Colour.bold.applied(to: end, if: Terminal.hasColour))
    }

    private mutating func enrolment() async throws {
        act("a", "A fleet repository, and nodes that enrol")
        try await type("plimsoll init fleet --fleet demo", in: fleet.places.folder)
        let first = try await fleet.shell("git rev-list --max-parents=0 HEAD")
        fleet.introduction = String(first.prefix { $0 != "\n" })
        view = DemoView(fleet)
        try await fleet.writeFiles()
        for (index, node) in fleet.nodes.enumerated() {
            try fleet.prepare(node)
            let line =
                "plimsoll-agent enroll --config nodes/\(node.name)/agent.yaml "
                + "> fleet/groups/\(node.group)/nodes/\(node.name).yaml"
            if index == 0 { show(line) }
            try await fleet.shell(line, in: fleet.places.folder)
            try await fleet.shell("echo 'labels: {site: \(node.site)}' >> \(fleet.places.file(of: node))")
        }
        say("Every node enrols so, and then runs 'plimsoll-agent run'. The baseline demands till 1.0.")
        try await type(
            "cd fleet; git add --all; git commit --quiet -m 'Begin'; git push --quiet -u origin main",
            in: fleet.places.folder)
        for node in fleet.nodes {
            try agents.start(
                "\(fleet.programs)/plimsoll-agent", configuration: fleet.places.configuration(of: node.name),
                log: fleet.places.log(of: node.name))
        }
        try await watch(Self.summary, saying: "all 4 nodes are healthy") { $0.all(on: "1.0-1") }
        say("From now on stores move in waves, one at a time at each site; a person lets the second begin.")
        let group = "groups/stores/group.yaml"
        try await type(
            "echo 'waves: {steps: [1, {share: 50%, pause: true}, 100%], soak: 1s}' >> \(group)")
        try await type("echo 'budget: {unavailable: 1, per: site}' >> \(group)")
        try await type("git commit --quiet -am 'Let stores move in waves'; git push --quiet")
    }

    private mutating func badPatch() async throws {
        act("b", "A bad patch: till 2.0 cannot open old drawers, and canary-2 has one")
        try await propose("2.0", instead: "1.0-1")
        say("Before the merge: what would it do, and if a tenth of the machines broke on it, who is hit?")
        try await type("plimsoll plan --introduction $INTRODUCTION | grep -A 5 'group stores'", isShown: true)
        try await type(
            "plimsoll simulate main..till-2.0 --breaks 10% --lift-pauses --runs 20 | grep 'whole fleet'",
            isShown: true)
        try await merge("2.0")
        say("canary-1 is well. On canary-2 the check fails: it goes back by itself, and the gate closes.")
        try await watch(
            "plimsoll why store-3 --introduction $INTRODUCTION", saying: "the node itself says the same"
        ) { rows in
            rows["canary-1"].map { $0.isOnDeclared && $0.till == "2.0-1" } ?? false
                && rows["canary-2"].map { $0.phase == .rolledBack && $0.till == "1.0-1" } ?? false
                && rows.stores.allSatisfy { row in
                    row.till == "1.0-1" && row.report?.reasons.contains { $0.code == .canaryFailed } ?? false
                }
        }
    }

    private mutating func revert() async throws {
        act("c", "The merge is reverted")
        try await type(
            "git revert --no-commit -m 1 HEAD; git commit --quiet -m 'Revert till 2.0'; git push --quiet")
        say("canary-1 still had till 2.0. Till 1.0 was proven there, so it goes back at once: no soak.")
        try await watch(Self.summary, saying: "all 4 nodes are healthy") { $0.all(on: "1.0-1") }
        try await type("dpkg-query --root=../nodes/canary-1/root --show till", isShown: true)
    }

    private mutating func mend() async throws {
        act("d", "The mend rolls out in waves: till 2.1")
        try await propose("2.1", instead: "1.0-1")
        try await merge("2.1")
        say("The canaries, and when they were well for 2 s one store. The others wait for a person.")
        try await watch(Self.rollout, saying: "1     [#]  1 healthy") { rows in
            rows.stores.count { $0.isOnDeclared && $0.till == "2.1-1" } == 1
        }
        try await type("plimsoll proceed stores && git push --quiet", isShown: true)
        try await watch(Self.summary, saying: "all 4 nodes are healthy") { $0.all(on: "2.1-1") }
        say("The budget: each store claimed its site's place before it changed, and is well again.")
        try await type("plimsoll claims --introduction $INTRODUCTION | grep ^site", isShown: true)
    }

    private mutating func unsignedCommit() async throws {
        act("e", "Somebody pushes a commit that nobody signed, and an operator heals the branch")
        try await type(
            "sed -i s/2.1-1/2.0-1/ baselines/debian-12.yaml; "
                + "git commit --quiet --no-gpg-sign -am 'Till 2.0 again'; git push --quiet")
        try await watch(
            "plimsoll-agent status --config ../nodes/store-3/agent.yaml | grep ^because",
            saying: "not authentic"
        ) { rows in rows.allSatisfy { $0.phase == .untrusted && $0.till == "2.1-1" } }
        say("Every node refuses it and stays where it was. A signed merge leaves it out:")
        try await type(
            "git switch --quiet --detach HEAD^; "
                + "git merge --quiet --no-ff -s ours -m 'Leave out what nobody signed' main; "
                + "git push --quiet origin HEAD:main")
    }

    private mutating func proof() async throws {
        act("f", "What the nodes say in the end, and who can check it")
        let status = "plimsoll status --introduction $INTRODUCTION"
        try await watch(status, saying: "store-4") { $0.all(on: "2.1-1") }
        agents.stop()
        say("Every commit, every report, and every admission recomputed from its evidence:")
        try await type(
            "plimsoll verify --receipts --introduction $INTRODUCTION --write-signers ../signers",
            isShown: true)
        say("Stock git judges the signatures of all reports (G is good):")
        try await type("git fetch --quiet; git config gpg.ssh.allowedSignersFile ../signers")
        let judged = try await type(
            "git log --remotes='origin/status/*' --format=%G? | sort | uniq -c", isShown: true)
        guard judged.split(separator: "\n").count == 1, judged.hasSuffix(" G\n") else {
            throw ProgramError(.failure, "a report has no good signature")
        }
    }
}

extension DemoPlay {
    /// A branch with another version of till.
    private mutating func propose(_ version: String, instead old: String) async throws {
        try await type(
            "git switch --quiet -c till-\(version); sed -i s/\(old)/\(version)-1/ baselines/debian-12.yaml; "
                + "git commit --quiet -am 'Till \(version)'")
    }

    /// Merges the branch as a forge or an operator does it, by a signed merge.
    private mutating func merge(_ version: String) async throws {
        try await type(
            "git switch --quiet main; git merge --quiet --no-ff --no-edit till-\(version); git push --quiet")
    }

    private func act(_ letter: String, _ title: String) {
        Terminal.print(Colour.bold.applied(to: "\n(\(letter)) \(title)", if: Terminal.hasColour))
    }

    private func say(_ text: String) { Terminal.print("→ \(text)") }

    private func show(_ line: String) {
        Terminal.print(Colour.cyan.applied(to: "$ \(line)", if: Terminal.hasColour))
    }

    /// Shows a command, runs it, and shows what it says if that is worth it.
    ///
    /// - Returns: what it said.
    @discardableResult
    private mutating func type(
        _ line: String, in folder: String? = nil, allowing allowed: [ExitStatus] = [], isShown: Bool = false
    ) async throws -> String {
        show(line)
        let text = try await fleet.shell(line, in: folder, allowing: allowed)
        try DemoStop.check()
        if isShown { Terminal.write(text) }
        return text
    }

    /// Shows what a command says as soon as the fleet is as told; on a terminal the rollout on the way there.
    ///
    /// - Parameter words: what the command must say then.
    /// - Throws: ``ProgramError`` if that takes too long, or if somebody stops the demo.
    private mutating func watch(
        _ line: String, saying words: String, until isReached: ([DemoRow]) -> Bool
    ) async throws {
        show(line)
        let begin = SystemClock.now().sinceBoot
        while true {
            let isThere = isReached(await view.rows())
            let isLate = SystemClock.now().sinceBoot - begin >= Self.patience
            if isThere || isLate {
                let text = try await fleet.shell(line)
                let isDone = isThere && text.contains(words)
                if isDone || isLate {
                    view.wipe()
                    Terminal.write(text)
                }
                if isDone { return }
            }
            guard !isLate else {
                throw ProgramError(
                    .failure,
                    "the fleet did not get there within \(Self.patience); expected was '\(words)' here, "
                        + "and the nodes as told; --keep leaves their logs")
            }
            if Terminal.hasColour {
                view.sketch(try await fleet.shell(Self.rollout, allowing: [.notAuthentic]))
            }
            try await Task.sleep(for: .milliseconds(150))
            try DemoStop.check()
        }
    }
}
