import FleetCore
import FleetTesting
import Testing

/// What a history of a baseline's file declares: a letter for its content at each commit, `-` where it cannot
/// be read.
struct DeclarationStackTests {
    /// A history, the layers it leaves and what it withdrew, each with the commit that brought it.
    struct History: CustomTestStringConvertible {
        let testDescription: String
        let commits: String
        let layers: String
        let withdrawn: String

        init(_ description: String, _ commits: String, _ layers: String, withdrawn: String = "") {
            testDescription = "\(description): \(commits)"
            self.commits = commits
            self.layers = layers
            self.withdrawn = withdrawn
        }
    }

    static let histories = [
        History("nothing yet", "", ""),
        History("one baseline", "A", "A1"),
        History("a change of nothing that is hashed", "A A A", "A1"),
        History("three in a row", "A B C", "A1 B2 C3"),
        //     A---B
        //      \ (revert)
        //       A
        History("a revert resumes the old one", "A B A", "A1", withdrawn: "B2/1"),
        History("a revert of the revert is a new one", "A B A B", "A1 B4", withdrawn: "B2/1"),
        History("and back again", "A B A B A", "A1", withdrawn: "B2/1 B4/1"),
        History("a stale branch takes three off", "A B C D A", "A1", withdrawn: "B2/3 C3/3 D4/3"),
        History("half a revert", "A B C B", "A1 B2", withdrawn: "C3/1"),
        History("two reverts, one at a time", "A B C B A", "A1", withdrawn: "C3/1 B2/1"),
        History("forward after a revert", "A B A C", "A1 C4", withdrawn: "B2/1"),
        History("what was withdrawn is not in the stack", "A B A C B", "A1 C4 B5", withdrawn: "B2/1"),
        History("a commit that cannot be read changes nothing", "A - B - - A", "A1", withdrawn: "B3/1"),
        History("an unreadable beginning", "- - A", "A3"),
        History("the same again after an unreadable commit", "A - A", "A1"),
    ]

    @Test(arguments: histories)
    func `the stack is what the branch went to and has not gone back from`(_ history: History) {
        let stack = DeclarationStack.after(history.commits)
        let layers = history.layers.split(separator: " ").map { declaration($0) }
        #expect(stack.layers.map(\.declaration) == layers)
        #expect(stack.declared == layers.last)
        let withdrawn = history.withdrawn.split(separator: " ").map { $0.split(separator: "/") }
        #expect(stack.withdrawals.map(\.declaration) == withdrawn.map { declaration($0[0]) })
        #expect(stack.withdrawals.map(\.count) == withdrawn.map { Int($0[1]) })
    }

    private func declaration(_ text: Substring) -> Declaration {
        Declaration(text.prefix(1), by: Int(text.dropFirst()) ?? 0)
    }

    @Test func `what was withdrawn names the commit that took it off`() throws {
        let stack = DeclarationStack.after("A B C A")
        let withdrawal = try #require(stack.withdrawal(of: Declaration("C", by: 3)))
        #expect(withdrawal.commit == .number(4))
        #expect(stack.withdrawal(of: Declaration("A", by: 1)) == nil)
        #expect(stack.withdrawal(of: Declaration("A", by: 4)) == nil)
    }

    @Test(arguments: [
        ("A A B", 1, 2), ("A B", 1, 1), ("A A - B", 1, 2), ("A - A - B", 1, 3), ("A - - B C", 1, 1),
    ])
    func `a covered declaration is read where it was readable last`(
        _ history: String, _ commit: Int, _ coveredAt: Int
    ) throws {
        let layer = DeclarationStack.after(history).layers.first { $0.declaration.commit == .number(commit) }
        #expect(try #require(layer).coveredAt == .number(coveredAt))
    }

    @Test func `a withdrawn declaration is read where it was readable last`() throws {
        let stack = DeclarationStack.after("A B - A")
        #expect(try #require(stack.withdrawal(of: Declaration("B", by: 2))).coveredAt == .number(2))
        #expect(stack.layers.last?.coveredAt == nil)
    }

    @Test func `the stack holds 32, and going back further is a new declaration`() {
        let names = (0..<40).map { "x\($0)" }
        let stack = DeclarationStack.after(names.joined(separator: " "))
        #expect(stack.layers.count == DeclarationStack.capacity)
        #expect(stack.layers.first?.declaration == Declaration("x8", by: 9))
        let back = DeclarationStack.after((names + ["x8"]).joined(separator: " "))
        #expect(back.layers.map(\.declaration) == [Declaration("x8", by: 9)])
        let further = DeclarationStack.after((names + ["x7"]).joined(separator: " "))
        #expect(further.declared == Declaration("x7", by: 41))
        #expect(further.layers.count == DeclarationStack.capacity)
    }

    struct Ahead {
        let history: String
        let admitted: Declaration?
        let ahead: [Declaration]
    }

    static let aheads = [
        Ahead(history: "A B C", admitted: nil, ahead: ["C3", "B2", "A1"].map(named)),
        Ahead(history: "A B C", admitted: named("A1"), ahead: ["C3", "B2"].map(named)),
        Ahead(history: "A B C", admitted: named("C3"), ahead: []),
        // Withdrawn: there is only the declared one to go back to.
        Ahead(history: "A B C B", admitted: named("C3"), ahead: [named("B2")]),
        Ahead(history: "A B C A D", admitted: named("C3"), ahead: [named("D5")]),
        // Of another baseline.
        Ahead(history: "A B", admitted: named("Z9"), ahead: ["B2", "A1"].map(named)),
    ]

    private static func named(_ text: String) -> Declaration {
        Declaration(text.prefix(1), by: Int(text.dropFirst()) ?? 0)
    }

    @Test(arguments: aheads)
    func `a node has before it what it has not admitted, newest first`(_ ahead: Ahead) {
        #expect(DeclarationStack.after(ahead.history).ahead(of: ahead.admitted) == ahead.ahead)
    }

    @Test func `a dark node never meets what was soaked and reverted`() {
        // It has A, wakes up after B was declared and withdrawn, and C is declared.
        let ahead = DeclarationStack.after("A B A C").ahead(of: Declaration("A", by: 1))
        #expect(ahead == [Declaration("C", by: 4)])
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `following the chain in any steps gives the same stack, also through the state`(seed: UInt64) throws
    {
        var generator = SeededGenerator(seed: seed)
        let letters = ["A", "B", "C", "D", "E", "-"]
        let history = (0..<60).map { _ in generator.one(of: letters) }
        let whole = DeclarationStack.after(history.joined(separator: " "))
        var stack = DeclarationStack()
        for (index, letter) in history.enumerated() {
            stack.declare(
                letter == "-" ? nil : .letter(letter), by: .number(index + 1),
                parent: index == 0 ? nil : .number(index))
            if generator.once(in: 3) { stack = try #require(DeclarationStack(json: stack.json)) }
        }
        #expect(stack == whole)
        let digests = stack.layers.map(\.declaration.digest)
        #expect(Set(digests).count == digests.count)
        let isBoth = stack.withdrawals.contains { stack.contains($0.declaration) }
        #expect(!isBoth)
        #expect(stack.layers.dropLast().allSatisfy { $0.coveredAt != nil })
    }
}
