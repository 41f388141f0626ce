import FleetCore
import FleetTesting
import Foundation
import Testing

/// The kill matrix: the cycle of the real agent is ended at a moment, or what it writes fails from there on;
/// then the next cycles bring the node to where the story ends.
///
/// The test suite tries one moment of each row, in the middle; `make kill-matrix` all of them, or with
/// `TRIES=n` so many of each row, evenly spread; `ROWS=text` takes those rows alone
/// whose names hold the text, as `undoing` or `step of apt`.
@Suite(.serialized, .timeLimit(.minutes(600)))
struct KillMatrixTests {
    /// How often each row is tried, at most; nil: at every step.
    private static let sample: Int? = {
        let asked = ProcessInfo.processInfo.environment["PLIMSOLL_KILL_MATRIX"]
        return asked == "whole" ? nil : asked.flatMap { Int($0) } ?? 1
    }()

    /// Whether a row is asked for.
    private static func isAsked(_ name: String) -> Bool {
        let text = ProcessInfo.processInfo.environment["PLIMSOLL_KILL_ROWS"] ?? ""
        return text.isEmpty || name.contains(text)
    }

    @Test(arguments: FaultStory.allCases)
    func `a cycle that is disturbed is ended by the next`(story: FaultStory) async throws {
        let node = try await FaultNode(story)
        try tryScripts(node)
        try tryMoments(node)
        try tryAll(node, .agent, [.kill, .full, .damaged, .readOnly])
        try tryAll(node, .apt, [.kill, .full, .damaged, .readOnly])
        try tryAll(node, .dpkg, [.kill, .full, .damaged, .readOnly])
    }

    /// Kills a cycle, alone or with apt and dpkg, in each maintainer script.
    private func tryScripts(_ node: FaultNode) throws {
        let names = try node.scripts()
        #expect(names.count > 6, "\(names)")
        for withManager in [false, true] {
            let victims = withManager ? "with apt and dpkg" : "alone"
            let row = "\(node.story): killed \(victims) in a maintainer script"
            guard Self.isAsked(row) else { continue }
            var record = FaultRecord(row)
            for number in Self.chosen(of: names.count) {
                let name = try node.killing(inScript: number, withManager: withManager)
                try record.add(name, node.settle())
            }
            record.finish()
        }
    }

    /// Kills a cycle, alone or with all that it has started, at random moments: together 200, or a few more.
    private func tryMoments(_ node: FaultNode) throws {
        let duration = try node.duration()
        for withManager in [false, true] {
            var generator = SeededGenerator(seed: withManager ? 1 : 2)
            let victims = withManager ? "with all that it started" : "alone"
            let row = "\(node.story): killed \(victims) at a random moment"
            guard Self.isAsked(row) else { continue }
            var record = FaultRecord(row)
            for _ in 0..<(Self.sample ?? 34) {
                let moment = duration * Double.random(in: 0...1, using: &generator)
                try node.kill(after: moment, withManager: withManager)
                try record.add("after \(moment)", node.settle())
            }
            record.finish()
        }
    }

    /// Tries faults at each step of a program, or at some.
    private func tryAll(_ node: FaultNode, _ program: Fault.Program, _ kinds: [Fault.Kind]) throws {
        try node.restore()
        _ = try node.cycle(with: Fault(program: program, kind: .kill, step: 0))
        let count = try node.steps.count
        #expect(count > 20)
        for kind in kinds {
            let row = "\(node.story): \(kind) at a step of \(program)"
            guard Self.isAsked(row) else { continue }
            var record = FaultRecord(row)
            for number in Self.chosen(of: count) {
                try node.restore()
                let result = try node.cycle(with: Fault(program: program, kind: kind, step: number))
                let step = try node.steps.dropFirst(number - 1).first ?? "not reached"
                try record.add("step \(number) of \(count), \(step), exit \(result.exitCode)", node.settle())
            }
            record.finish()
        }
    }

    /// The numbers from 1 to `count` that are tried.
    private static func chosen(of count: Int) -> [Int] {
        guard let sample, count > sample else { return Array(1...max(count, 1)) }
        return (0..<sample).map { 1 + ($0 * 2 + 1) * count / (sample * 2) }
    }
}

/// What came of one row of the matrix.
struct FaultRecord {
    private let name: String
    private var tries: [Int: Int] = [:]
    private var faults = 0

    init(_ name: String) { self.name = name }

    /// Notes one try.
    mutating func add(
        _ moment: String, _ end: FaultNode.End, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        tries[end.cycles, default: 0] += 1
        if end.cycles > 1 { print("    \(name), \(moment): \(end.cycles) cycles: \(end.story)") }
        guard !end.faults.isEmpty else { return }
        faults += 1
        Issue.record("\(name), \(moment): \(end.faults) \(end.story)", sourceLocation: sourceLocation)
    }

    /// Prints the counts.
    func finish() {
        let cycles = tries.sorted { $0.key < $1.key }.map { "\($0.value) took \($0.key)" }
        let sum = tries.values.reduce(0, +)
        print(
            "kill matrix: \(name): \(sum) tried, \(faults) wrong; cycles: \(cycles.joined(separator: ", "))")
    }
}
