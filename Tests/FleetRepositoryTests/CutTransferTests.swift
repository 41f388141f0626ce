import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// Transfers that are cut or spoilt at a byte: the clone is as good as before, and the next try does it all.
///
/// `make cuts` tries every byte in the place of every kilobyte.
@Suite struct CutTransferTests {
    /// How many bytes lie between two cuts of `whole` bytes.
    private static func step(_ way: BadLine.Way, _ whole: Int) -> Int {
        if let bytes = ProcessInfo.processInfo.environment["PLIMSOLL_CUTS"].flatMap({ Int($0) }) {
            return bytes
        }
        // A connection by ssh takes twenty times as long as one to a daemon; the clone is the same.
        return way == .daemon ? 1_024 : whole / 3
    }

    /// As the other side ends, or as the line between does.
    private static func cut(_ number: Int, at byte: Int) -> LineFault {
        number.isMultiple(of: 2) ? .reset(after: byte) : .closed(after: byte)
    }

    @Test(arguments: BadLine.Way.allCases)
    func aCloneThatIsCutAnywhereIsCompletedByTheNextTry(_ way: BadLine.Way) throws {
        let line = try BadLine(way, kilobytes: 24)
        try line.fetch(into: try line.makeClone())
        let whole = line.proxy.traffic.down
        #expect(whole > 24_576)
        let tip = try line.tip
        var failed = 0
        for (number, byte) in stride(from: 0, to: whole, by: Self.step(way, whole)).enumerated() {
            let clone = try line.makeClone()
            line.proxy.set(down: Self.cut(number, at: byte))
            if let error = try line.failureToFetch(into: clone) {
                failed += 1
                #expect(error.kind == .unreachable, "\(byte) of \(whole): \(error)")
                #expect(try line.fetched(in: clone) == nil)
            }
            #expect(try isSound(clone), "cut at \(byte) of \(whole)")
            line.proxy.set()
            try line.fetch(into: clone)
            #expect(try line.fetched(in: clone) == tip)
            #expect(try isSound(clone), "after the cut at \(byte) of \(whole)")
            try FileManager.default.removeItem(atPath: clone)
        }
        #expect(failed >= whole / Self.step(way, whole) - 1)
    }

    @Test(arguments: BadLine.Way.allCases)
    func aReportWhosePushIsCutAnywhereIsOnTheServerOnce(_ way: BadLine.Way) throws {
        let line = try BadLine(way)
        let clone = try line.makeClone()
        let chain = try ReportChain(in: clone, line)
        try chain.push()
        line.proxy.set()
        try chain.push()
        let (up, down) = (line.proxy.traffic.up, line.proxy.traffic.down)
        #expect(up > 20_480)
        for (number, byte) in stride(from: 0, to: up, by: Self.step(way, up)).enumerated() {
            try chain.expectOnce("sent \(byte) of \(up)") {
                line.proxy.set(up: Self.cut(number, at: byte))
            }
        }
        // What the server says is shorter; the verdict is at its end.
        let answers = stride(from: max(0, down - 256), through: down, by: way == .daemon ? 32 : 128)
        for (number, byte) in answers.enumerated() {
            try chain.expectOnce("answered \(byte) of \(down)") {
                line.proxy.set(down: Self.cut(number, at: byte))
            }
        }
        #expect(try isSound(line.served))
    }

    @Test(arguments: BadLine.Way.allCases)
    func aSpoiltByteIsNeverTakenIn(_ way: BadLine.Way) throws {
        let line = try BadLine(way, kilobytes: 24)
        try line.fetch(into: try line.makeClone())
        let whole = line.proxy.traffic.down
        let tip = try line.tip
        for byte in stride(from: 5, to: whole, by: whole / (way == .daemon ? 12 : 4)) {
            let clone = try line.makeClone()
            line.proxy.set(down: .corrupt(at: byte))
            // Where it is a length that is spoilt, more is waited for than comes.
            let child = line.child(connect: 1_500, progress: 1_000)
            if let error = try line.failureToFetch(into: clone, by: child) {
                #expect(try line.fetched(in: clone) == nil, "\(byte): \(error)")
            } else {
                // A byte that nobody looks at, such as one of the server's name: all that came is whole.
                #expect(try line.fetched(in: clone) == tip)
            }
            #expect(try isSound(clone), "spoilt at \(byte) of \(whole)")
            line.proxy.set()
            try line.fetch(into: clone)
            #expect(try line.fetched(in: clone) == tip)
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can work as somebody else"))
    func aChildOfAnotherUserLeavesNoMoreBehind() throws {
        let line = try BadLine(.daemon, kilobytes: 24)
        var child = line.child()
        child.confinement = try line.folder.confinement()
        try line.fetch(into: try line.makeClone(), by: child)
        let whole = line.proxy.traffic.down
        let clone = try line.makeClone()
        // Behind the listing: of what stands there a spoilt byte may be nobody's concern.
        for (number, byte) in stride(from: 2_048, to: whole, by: whole / 6).enumerated() {
            line.proxy.set(down: number.isMultiple(of: 3) ? .corrupt(at: byte) : Self.cut(number, at: byte))
            #expect(throws: NetworkError.self) { try line.fetch(into: clone, by: child) }
            #expect(try isSound(clone) && line.fetched(in: clone) == nil)
            #expect(!line.folder.exists("state/network"))
        }
        line.proxy.set()
        try line.fetch(into: clone, by: child)
        #expect(try isSound(clone))
    }
}

/// A node's chain of large reports, pushed as a node pushes: the chain, and the newest one alone.
private final class ReportChain {
    private let clone: String
    private let line: BadLine
    private let repository: GitRepositoryBox
    private var generator = SeededGenerator(seed: 11)
    private var tip: CommitID?
    private var count = 0

    /// A class can hold what cannot be copied.
    private final class GitRepositoryBox {
        let repository: GitRepository
        init(_ path: String) throws { repository = try GitRepository(open: path) }
    }

    init(in clone: String, _ line: BadLine) throws {
        self.clone = clone
        self.line = line
        repository = try GitRepositoryBox(clone)
    }

    /// Writes a report of 16 KiB that nothing makes smaller.
    private func write() throws {
        let noise = BadLine.noise(16_384, &generator).map { UInt8(ascii: "0") + $0 % 64 }
        tip = try repository.repository.report(
            parent: tip, message: String(decoding: noise, as: UTF8.self))
        count += 1
    }

    private func send() throws -> Set<PushVerdict> {
        guard let tip else { return [] }
        let refspecs = [
            PushRefspec(commit: tip, destination: "refs/heads/status/atm-1", force: false),
            PushRefspec(commit: tip, destination: "refs/heads/latest/atm-1", force: true),
        ]
        return Set(
            try line.child().push(refspecs.compactMap(\.self), to: line.remote, from: clone).values)
    }

    /// Writes a report and pushes it.
    func push() throws {
        try write()
        #expect(try send() == [.accepted])
    }

    /// Pushes a report over a line that breaks, and once more over a whole one.
    func expectOnce(_ moment: String, breaking: () -> Void) throws {
        try write()
        breaking()
        let broken = try? send()
        #expect(broken == nil || broken == [.accepted], "\(moment)")
        #expect(try isSound(clone), "\(moment)")
        line.proxy.set()
        #expect(try send() == [.accepted], "\(moment)")
        let there = try Git.run("rev-list", "--count", "refs/heads/status/atm-1", in: line.served)
        #expect(there == "\(count)", "\(moment)")
    }
}
