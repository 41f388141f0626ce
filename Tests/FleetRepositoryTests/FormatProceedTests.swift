import FleetCore
import FleetTesting
import Testing

@testable import FleetRepository

/// Pauses in waves, and the file that ends them.
struct FormatProceedTests {
    private static let head = "apiVersion: plimsoll/v1\n"
    private static let digest = String(repeating: "a", count: 64)
    private static let commit = String(repeating: "b", count: 40)

    @Test func `a step is a share, or a share with a pause before it`() throws {
        let steps = "[10%, {share: 50%, pause: true}, {share: 100%, pause: false}]"
        let text = Self.head + "baseline: a\nwaves: \(steps)\n"
        let file = try #require(GroupFile.decode(Array(text.utf8), name: .of("stores"), fleet: nil).flawless)
        let waves = try #require(file.group(gate: .none)?.waves)
        #expect(waves.steps == [.percent(10), .percent(50), .percent(100)])
        #expect(waves.pauses == [1])
    }

    @Test(arguments: [
        ("[10%, {share: 50%, pause: yes}, 100%]", "3:34: found 'yes'; expected 'true' or 'false'"),
        ("[10%, {pause: true}, 100%]", "3:14: the key 'share' is missing; expected \(Quota.expected)"),
        ("[10%, {shar: 50%}, 100%]", "3:15: unknown key 'shar'; did you mean 'share'?"),
        (
            "[[10%], 100%]",
            "3:9: found a list; expected \(Quota.expected), or a mapping such as {share: 50%, pause: true}"
        ),
    ])
    func `what is wrong with a step is said`(steps: String, message: String) {
        let text = Self.head + "baseline: a\nwaves: \(steps)\n"
        let problems = GroupFile.decode(Array(text.utf8), name: .of("stores"), fleet: nil).problems
        #expect(problems.first?.description == "groups/stores/group.yaml:\(message)")
    }

    @Test func `a person's word is read as it was written`() throws {
        let proceed = Proceed(
            declaration: Declaration(digest: .of(Self.digest), commit: .of(Self.commit)), step: 2)
        let read = ProceedFile.decode(Array(ProceedFile.text(proceed).utf8), group: .of("stores"))
        #expect(read.flawless == proceed)
    }

    @Test(arguments: [
        (
            "step: 2\n",
            ":1:1: the key 'declaration' is missing; expected a mapping with 'digest' and 'commit'"
        ),
        (
            "declaration: x\nstep: 2\n",
            ":2:14: found 'x'; expected a mapping with the keys 'digest', 'commit'"
        ),
        (
            "declaration: {digest: \(digest), commit: \(commit)}\nstep: 0\n",
            ":3:7: found '0'; expected a whole number from 1 to 20"
        ),
    ])
    func `what is wrong with it is said, and lets nobody pass`(text: String, message: String) throws {
        let decoded = ProceedFile.decode(Array((Self.head + text).utf8), group: .of("stores"))
        #expect(decoded.flawless == nil)
        #expect(decoded.problems.first?.description == "groups/stores/proceed.yaml\(message)")
        let tree = TextTree.sound
            .with(
                "groups/stores/group.yaml",
                Self.head + "baseline: debian-12\ngate: {after: [canary], soak: 4h}\n"
                    + "waves: [{share: 10%, pause: true}, 100%]\n"
            ).with("groups/stores/proceed.yaml", Self.head + text)
        #expect(try FleetReader(tree).view(of: .of("atm-0001")).proceed == nil)
    }

    @Test func `a node reads the witnesses of a wave, and no more`() throws {
        let key = "key: ssh-ed25519 AAAA\n"
        var tree = TextTree.sound
        let names = (1...40).map { "n-\($0)" }
        for name in names { tree = tree.with("groups/lab/nodes/\(name).yaml", Self.head + key) }
        let plan = WavePlan(
            digest: .of(Self.digest), nodes: names.map { .of($0) }, steps: [.percent(90), .percent(100)])
        let first = plan.order[0]
        tree = tree.with("groups/lab/nodes/\(first).yaml", Self.head + keyLine(1) + "hold: looked at\n")
        tree = tree.with("groups/lab/nodes/\(plan.order[39]).yaml", "no yaml: [")
        let witnesses = try FleetReader(tree).witnesses(of: 0, in: plan, group: .of("lab"))
        #expect(witnesses.map(\.name) == Array(plan.order[..<33]))
        #expect(witnesses.first?.record?.hold == "looked at")
        // A file that is wrong makes a witness of whom nothing is believed.
        let last = try FleetReader(tree).witnesses(of: 1, in: plan, group: .of("lab"))
        #expect(last.last?.name == plan.order[39])
        #expect(last.last?.record == nil)
    }

    private func keyLine(_ number: Int) -> String { "key: \(keyText(number))\n" }
}
