import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// Servers that take a connection and fall silent: the deadline ends the work, nothing is left of it, and the
/// next try is as if nothing had been.
@Suite struct HangingServerTests {
    /// Enough references that their listing is longer than any handshake.
    private static let branches = (0..<200).map { "refs/heads/status/node-\($0)" }

    private func line(_ way: BadLine.Way) throws -> BadLine {
        let line = try BadLine(way, kilobytes: 64)
        let tip = try line.tip
        let updates = HangingServerTests.branches.map { "create \($0) \(tip)\n" }.joined()
        try Git.run("update-ref", "--stdin", in: line.served, input: Array(updates.utf8))
        return line
    }

    /// Runs work that must end by a deadline, and looks at what is left.
    private func expectDeadline(
        _ kinds: Set<NetworkError.Kind>, on line: BadLine, sourceLocation: SourceLocation = #_sourceLocation,
        _ work: () throws -> Void
    ) throws {
        let start = ContinuousClock.now
        let error = #expect(throws: NetworkError.self, sourceLocation: sourceLocation) { try work() }
        #expect(
            kinds.contains(error?.kind ?? .other), "\(String(describing: error))",
            sourceLocation: sourceLocation)
        #expect(ContinuousClock.now - start < .seconds(20), sourceLocation: sourceLocation)
        #expect(try line.processesLeft().isEmpty, sourceLocation: sourceLocation)
    }

    @Test(arguments: BadLine.Way.allCases)
    func aFetchFromAServerThatFallsSilentIsGivenUp(_ way: BadLine.Way) throws {
        let line = try line(way)
        let clone = try line.makeClone()
        _ = try line.child().list(line.remote)
        let listing = line.proxy.traffic.down
        line.proxy.set()
        try line.fetch(into: try line.makeClone())
        let whole = line.proxy.traffic.down
        line.proxy.set(.mute)
        try expectDeadline([.connectTimeout], on: line) {
            try line.fetch(into: clone, by: line.markedChild(connect: 400))
        }
        // In the listing. What libgit2 itself reads counts as an answer only when it is complete.
        line.proxy.set(down: .silent(after: listing - 6_000))
        try expectDeadline([.connectTimeout, .progressTimeout], on: line) {
            try line.fetch(into: clone, by: line.markedChild(connect: 2_000, progress: 400))
        }
        // In mid-pack.
        line.proxy.set(down: .silent(after: listing + (whole - listing) / 2))
        try expectDeadline([.progressTimeout], on: line) {
            try line.fetch(into: clone, by: line.markedChild(progress: 600))
        }
        #expect(try isSound(clone))
        line.proxy.set()
        try line.fetch(into: clone)
        #expect(try line.fetched(in: clone) == line.tip)
    }

    @Test(arguments: BadLine.Way.allCases)
    func aPushThatIsNotAnsweredIsGivenUpAndIsThereOnce(_ way: BadLine.Way) throws {
        let line = try line(way)
        let clone = try line.makeClone()
        let repository = try GitRepository(open: clone)
        let report = try repository.report(parent: nil, message: "report")
        // The answer is longer than what any way of closing a connection takes.
        try line.folder.write(
            "#!/bin/sh\nhead -c 20000 /dev/zero | tr '\\0' x >&2\n", to: "served/fleet.git/hooks/pre-receive",
            mode: 0o755)
        let references = (0..<2).compactMap {
            PushRefspec(commit: report, destination: "refs/heads/status/atm-\($0)", force: false)
        }
        func push(_ child: NetworkChild) throws -> [String: PushVerdict] {
            try child.push(references, to: line.remote, from: clone)
        }
        line.proxy.set(.mute)
        try expectDeadline([.connectTimeout], on: line) { _ = try push(line.markedChild(connect: 400)) }
        line.proxy.set()
        _ = try push(line.child())
        line.proxy.set()
        // Nothing is to be sent now: this is the listing.
        _ = try push(line.child())
        let listing = line.proxy.traffic.down
        let next = try repository.report(parent: report, message: "next")
        let later = references.compactMap {
            PushRefspec(commit: next, destination: $0.destination, force: false)
        }
        line.proxy.set(down: .silent(after: listing + 2_000))
        try expectDeadline([.progressTimeout], on: line) {
            _ = try line.markedChild(progress: 600).push(later, to: line.remote, from: clone)
        }
        #expect(try isSound(clone))
        line.proxy.set()
        let verdicts = try line.child().push(later, to: line.remote, from: clone)
        #expect(verdicts.count == 2 && Set(verdicts.values) == [.accepted])
        #expect(try Git.run("rev-list", "--count", "refs/heads/status/atm-0", in: line.served) == "2")
        #expect(try isSound(line.served))
    }

    /// ssh starts programs of its own on its way: jumps, and what the configuration names.
    @Test func aJumpThatHangsIsGivenUpWithAllThatItStarted() throws {
        let line = try BadLine(.ssh)
        let bin = line.folder.path("bin")
        try line.folder.write(
            "#!/bin/sh\nexec /usr/bin/ssh -o ProxyCommand='sleep 1000; :' \"$@\"\n", to: "bin/ssh",
            mode: 0o755)
        var child = line.markedChild(connect: 500)
        child.executable = try line.folder.write(
            "#!/bin/sh\nexport PATH='\(bin)':\"$PATH\"\nexec '\(line.folder.path("agent"))' \"$@\"\n",
            to: "wrapped", mode: 0o755)
        try expectDeadline([.connectTimeout], on: line) { _ = try child.list(line.remote) }
        #expect(line.proxy.traffic.connections == 0)
    }

    /// `file://` has no line, but the program at its end can hang: git itself, or its disk.
    @Test(arguments: ["upload-pack", "receive-pack"])
    func aGitThatHangsOnThisMachineIsGivenUp(_ service: String) throws {
        let line = try BadLine(.daemon)
        let clone = try line.makeClone()
        let wrapper = """
            #!/bin/sh
            if [ "$1" = \(service) ] && [ -e '\(line.folder.path("hang"))' ]; then exec sleep 1000; fi
            exec /usr/bin/env -u PATH PATH="$REAL_PATH" git "$@"

            """
        try line.folder.write(wrapper, to: "bin/git", mode: 0o755)
        let bin = line.folder.path("bin")
        let agent = try line.folder.write(
            "#!/bin/sh\nexport REAL_PATH=\"$PATH\" PATH='\(bin)':\"$PATH\"\nexec '\(line.folder.path("agent"))' \"$@\"\n",
            to: "wrapped", mode: 0o755)
        var child = line.markedChild(connect: 400)
        child.executable = agent
        let remote = try RemoteURL("file://\(line.served)")
        let report = try GitRepository(open: clone).report(parent: nil, message: "report")
        func work() throws {
            if service == "upload-pack" {
                _ = try child.fetch(
                    [BadLine.main].compactMap(\.self), from: remote, into: clone, byteLimit: 1 << 20)
            } else {
                let refspec = PushRefspec(commit: report, destination: "refs/heads/status/a", force: false)
                _ = try child.push([refspec].compactMap(\.self), to: remote, from: clone)
            }
        }
        try line.folder.write("", to: "hang")
        try expectDeadline([.connectTimeout], on: line, work)
        try FileManager.default.removeItem(atPath: line.folder.path("hang"))
        child.deadlines = NetworkDeadlines()
        try work()
        #expect(try isSound(clone))
        withExtendedLifetime(line) {}
    }
}
