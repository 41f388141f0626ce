import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// Lines and servers as edge sites have them: what can be done over them is done, and what cannot is told in
/// words that say whose fault it is.
@Suite struct BadLineTests {
    @Test(arguments: BadLine.Way.allCases)
    func aFifthOfAllSegmentsMayBeLost(_ way: BadLine.Way) throws {
        let line = try BadLine(way, kilobytes: 64)
        let clone = try line.makeClone()
        let loss = LineFault.lossy(percent: 20, timeout: .milliseconds(10))
        line.proxy.set(up: loss, down: loss)
        try line.fetch(into: clone)
        #expect(try line.fetched(in: clone) == line.tip)
        let report = try GitRepository(open: clone).report(parent: nil, message: "report")
        let refspec = try #require(
            PushRefspec(commit: report, destination: "refs/heads/status/atm-1", force: false))
        #expect(
            try line.child().push([refspec], to: line.remote, from: clone) == [refspec.destination: .accepted]
        )
    }

    /// Two seconds there and back, as by a bad satellite: what one fetch costs is two of them.
    @Test func aFetchGoesThereAndBackTwice() throws {
        let line = try BadLine(.daemon, kilobytes: 64)
        let clone = try line.makeClone()
        line.proxy.set(up: .late(by: .seconds(1)), down: .late(by: .seconds(1)))
        let time = try ContinuousClock().measure { _ = try line.fetch(into: clone) }
        #expect(time > .milliseconds(3_900))
        #expect(try line.fetched(in: clone) == line.tip)
    }

    /// 16 kbit/s: what a poll with one new commit and a push of one report take, in bytes of both directions.
    @Test(arguments: [(BadLine.Way.daemon, 3_000), (.http, 6_000), (.ssh, 12_000)])
    func oneCommitAndOneReportFitAThinLine(_ way: BadLine.Way, _ limit: Int) throws {
        let line = try BadLine(way, kilobytes: 64)
        let clone = try line.makeClone()
        try line.fetch(into: clone)
        try line.commit([], "next")
        let thin = LineFault.slow(bytesPerSecond: 2_000)
        line.proxy.set(up: thin, down: thin)
        let child = line.child(progress: 8_000)
        let time = try ContinuousClock().measure { _ = try line.fetch(into: clone, by: child) }
        let fetched = line.proxy.traffic
        #expect(try line.fetched(in: clone) == line.tip)
        #expect(fetched.up + fetched.down < limit, "\(fetched)")
        #expect(time > .seconds(1) * max(fetched.up, fetched.down) / 2_500)
        let report = try GitRepository(open: clone).report(parent: nil, message: "report")
        let refspec = try #require(
            PushRefspec(commit: report, destination: "refs/heads/status/atm-1", force: false))
        // By ssh the greeting is most of it, and was seen.
        line.proxy.set(up: way == .ssh ? .none : thin, down: way == .ssh ? .none : thin)
        #expect(
            try child.push([refspec], to: line.remote, from: clone) == [refspec.destination: .accepted])
        let pushed = line.proxy.traffic
        #expect(pushed.up + pushed.down < limit, "\(pushed)")
    }

    /// Much is in the buffers of this machine long before it has arrived, and no sign of it is seen
    /// meanwhile.
    @Test(arguments: BadLine.Way.allCases)
    func aPushThatIsLongOnItsWayIsNotGivenUp(_ way: BadLine.Way) throws {
        let line = try BadLine(way)
        let clone = try line.makeClone()
        var generator = SeededGenerator(seed: 5)
        let noise = BadLine.noise(50_000, &generator).map { UInt8(ascii: "0") + $0 % 64 }
        let report = try GitRepository(open: clone).report(
            parent: nil, message: String(decoding: noise, as: UTF8.self))
        let refspec = try #require(
            PushRefspec(commit: report, destination: "refs/heads/status/atm-1", force: false))
        line.proxy.set(up: .slow(bytesPerSecond: 30_000))
        #expect(
            try line.child(progress: 1_000).push([refspec], to: line.remote, from: clone)
                == [refspec.destination: .accepted])
    }

    /// The listing of many references takes longer there than a server may take to answer.
    @Test func aLongListingOverAThinLineIsNoServerThatDoesNotAnswer() throws {
        let line = try BadLine(.daemon)
        let tip = try line.tip
        let updates = (0..<300).map { "create refs/heads/status/node-\($0) \(tip)\n" }.joined()
        try Git.run("update-ref", "--stdin", in: line.served, input: Array(updates.utf8))
        line.proxy.set(down: .slow(bytesPerSecond: 6_000))
        let child = line.child(connect: 3_000, progress: 3_000)
        var listed: [GitReference] = []
        let time = try ContinuousClock().measure { listed = try child.list(line.remote) }
        withExtendedLifetime(line) {}
        #expect(listed.count == 302)
        #expect(time > .seconds(3))
    }

    /// One byte at a time is a sign that something moves, and would be one for ever.
    @Test func aTrickleEndsWithTheTotal() throws {
        let line = try BadLine(.daemon)
        line.proxy.set(down: .slow(bytesPerSecond: 5))
        let error = #expect(throws: NetworkError.self) {
            try line.child(progress: 10_000, total: 2_000).list(line.remote)
        }
        #expect(error?.kind == .totalTimeout, "\(String(describing: error))")
    }

    /// 10,000 references are listed, whatever the deadline for an answer is; more than 100,000 are nobody's
    /// fleet.
    @Test func aServerMayListTenThousandReferences() throws {
        let line = try BadLine(.daemon)
        let tip = try line.tip
        func list(_ count: Int) throws -> [GitReference] {
            let names = (0..<count).map { "\(tip) refs/heads/status/node-\(String(100_000_000 + $0))\n" }
            try line.folder.write(
                "# pack-refs with: peeled fully-peeled sorted \n" + names.joined(),
                to: "served/fleet.git/packed-refs")
            return try line.child(progress: 20_000).list(line.remote)
        }
        #expect(try list(10_000).count == 10_002)
        let error = #expect(throws: NetworkError.self) { try list(100_000) }
        #expect(error?.kind == .tooLarge)
        #expect(error?.message == "100002 references, at most 100000 are taken")
    }

    /// A server that answers with these bytes, whatever it is asked.
    private func answering(_ answer: String) throws -> (LoopbackService, TemporaryFolder) {
        let folder = try TemporaryFolder("answer")
        let script = try folder.write(
            "#!/bin/sh\nprintf '\(answer)'\ncat >/dev/null\n", to: "answer", mode: 0o755)
        return (try LoopbackService(command: [script]), folder)
    }

    private static let portal = [
        "HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: 46\\r\\n\\r\\n",
        "<html><body>Please sign in here.</body></html>",
    ].joined()

    @Test(
        arguments: [
            ("git", portal, [.protocolViolation], "it answers, but not as a Git server does"),
            ("http", portal, [.protocolViolation, .unreachable], "text/html"),
            ("ssh", portal, [.unreachable, .connectTimeout], ""),
            ("git", "0022ERR access denied: /fleet.git\\n", [.repositoryNotFound], "access denied"),
            ("git", "zzzz", [.protocolViolation], "it answers, but not as a Git server does"),
        ] as [(String, String, Set<NetworkError.Kind>, String)])
    func whatIsNoGitServerIsToldToBeNone(
        _ scheme: String, _ answer: String, _ kinds: Set<NetworkError.Kind>, _ words: String
    ) throws {
        let (service, folder) = try answering(answer)
        let clone = try GitRepository(initialiseBare: folder.path("clone.git")).folder
        let refspec = try #require(BadLine.main)
        let remote = try RemoteURL("\(scheme)://127.0.0.1:\(service.port)/fleet.git")
        var child = NetworkChild.built
        child.deadlines = NetworkDeadlines(connect: .seconds(4), progress: .seconds(20), total: .seconds(60))
        let error = #expect(throws: NetworkError.self) {
            try child.fetch([refspec], from: remote, into: clone, byteLimit: 1 << 20)
        }
        withExtendedLifetime((service, folder)) {}
        #expect(kinds.contains(error?.kind ?? .other), "\(String(describing: error))")
        #expect(words.isEmpty || error?.message.contains(words) ?? false, "\(String(describing: error))")
    }

    @Test func aPackOfGarbageIsNotTakenIn() throws {
        let line = try BadLine(.daemon)
        let clone = try line.makeClone()
        let script = """
            #!/bin/sh
            git upload-pack --advertise-refs '\(line.served)'
            head -c 100 >/dev/null
            printf '0008NAK\\n0019\\001PACKrubbishrubbish!0000'
            sleep 1000
            """
        let program = try line.folder.write(script, to: "rubbish", mode: 0o755)
        let service = try LoopbackService(command: [program])
        let remote = try RemoteURL("git://127.0.0.1:\(service.port)/fleet.git")
        let refspec = try #require(BadLine.main)
        let error = #expect(throws: NetworkError.self) {
            try line.child(progress: 3_000).fetch([refspec], from: remote, into: clone, byteLimit: 1 << 20)
        }
        withExtendedLifetime(service) {}
        #expect(error?.kind == .protocolViolation, "\(String(describing: error))")
        #expect(try isSound(clone) && line.fetched(in: clone) == nil)
        try line.fetch(into: clone)
        #expect(try line.fetched(in: clone) == line.tip)
    }
}
