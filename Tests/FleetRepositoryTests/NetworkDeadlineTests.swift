import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// Servers that hang, and what is left of a child that was given up.
@Suite struct NetworkDeadlineTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func child(_ connect: Int, _ progress: Int, _ total: Int) -> NetworkChild {
        var child = NetworkChild.built
        child.deadlines = NetworkDeadlines(
            connect: .milliseconds(connect), progress: .milliseconds(progress), total: .milliseconds(total))
        return child
    }

    @Test(arguments: ["git", "http", "ssh"])
    func aServerThatNeverAnswersIsGivenUp(_ scheme: String) throws {
        let server = try GitServer(.silent, root: folder.path)
        let remote = try RemoteURL(
            "\(scheme)://127.0.0.1:\(server.port)/\(folder.path.split(separator: "/").last ?? "x")")
        let error = #expect(throws: NetworkError.self) { _ = try child(300, 10_000, 10_000).list(remote) }
        #expect(error?.kind == .connectTimeout)
        #expect(try processes(naming: String(server.port), waitingUntilGone: true).isEmpty)
    }

    @Test(arguments: [
        (300, 10_000, NetworkError.Kind.progressTimeout), (10_000, 600, .totalTimeout),
    ])
    func aServerThatFallsSilentIsGivenUp(_ progress: Int, _ total: Int, _ kind: NetworkError.Kind) throws {
        // The listing of a repository, and then nothing: an upload-pack that stops.
        let served = try Git.makeBareRepository("served.git", in: folder)
        let work = try Git.makeWorkTree("work", in: folder, origin: served)
        try Git.commit("first", in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        let clone = try Git.makeBareRepository("clone.git", in: folder)
        let script = "git upload-pack --advertise-refs \(served); sleep 1000"
        let service = try LoopbackService(command: ["sh", "-c", "head -c 10 >/dev/null; \(script)"])
        let remote = try RemoteURL("git://127.0.0.1:\(service.port)/served.git")
        let refspec = try #require(
            FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main"))
        let error = #expect(throws: NetworkError.self) {
            _ = try child(10_000, progress, total).fetch(
                [refspec], from: remote, into: clone, byteLimit: 1000)
        }
        #expect(error?.kind == kind, "\(error?.description ?? "")")
        withExtendedLifetime(service) {}
    }

    @Test func theProcessesThatTheChildStartedEndWithIt() throws {
        // A pre-receive hook that hangs, so that git receive-pack and a hook run below the child.
        let served = try Git.makeBareRepository("served.git", in: folder)
        try folder.write("#!/bin/sh\nexec sleep 1000\n", to: "served.git/hooks/pre-receive", mode: 0o755)
        let clone = try Git.makeBareRepository("clone.git", in: folder)
        let repository = try GitRepository(open: clone)
        let report = try repository.report(parent: nil, message: "report")
        let refspec = try #require(PushRefspec(commit: report, destination: "refs/heads/a", force: false))
        let error = #expect(throws: NetworkError.self) {
            _ = try child(10_000, 500, 10_000).push([refspec], to: RemoteURL(served), from: clone)
        }
        #expect(error?.kind == .progressTimeout)
        #expect(try processes(naming: served, waitingUntilGone: true).isEmpty)
    }

    @Test func theChildEndsWithItsParent() throws {
        let server = try GitServer(.silent, root: folder.path)
        let agent = BuiltProgram.path("plimsoll-agent")
        let port = server.port
        // The shell stands for the agent: it starts the child, says the child's id, and is killed.
        let script = """
            printf 'url git://127.0.0.1:\(port)/x\\nfolder \\nparent %s\\nlist \\nend\\n' $$ > request
            \(agent) network-worker < request > answer &
            echo $! > child
            kill -9 $$
            """
        let killed = try run(["sh", "-c", script], in: folder.path)
        #expect(killed.exitCode == 137)
        let child = try #require(
            pid_t(try folder.read("child").trimmingCharacters(in: .whitespacesAndNewlines)))
        // Orphaned, it is another's to reap: wait until it is gone or waits for that.
        let gone = try run(
            [
                "timeout", "10", "sh", "-c",
                "while [ -e /proc/$0 ] && ! grep -q '^State:.Z' /proc/$0/status; do sleep 0.01; done",
                String(child),
            ])
        #expect(gone.exitCode == 0)
        #expect(try folder.read("answer") == "")
        withExtendedLifetime(server) {}
    }

    @Test func theChildKeepsTheLockAndNothingElse() throws {
        // The "child" here lists the descriptors that it has, and answers nothing.
        let program = try folder.write(
            "#!/bin/sh\nls -l /proc/self/fd /proc/self/fd/3 > \(folder.path("descriptors")); true\n",
            to: "program",
            mode: 0o755)
        guard let lock = try StateLock.take(inFolder: folder.path) else {
            Issue.record("somebody holds the lock of a fresh folder")
            return
        }
        var child = NetworkChild()
        child.executable = program
        child.lockDescriptor = lock.descriptor
        let error = #expect(throws: NetworkError.self) { _ = try child.list(RemoteURL("/none")) }
        #expect(error?.message == "the network child ended without an answer")
        // Of each line the number and what it is; 4 is the folder that `ls` itself reads.
        let open = try folder.read("descriptors").split(separator: "\n").compactMap {
            $0.firstRange(of: " -> ") == nil ? nil : $0
        }
        #expect(open.count == 6)
        #expect(open.count { $0.hasSuffix(" -> \(folder.path)/lock") } == 2)
    }

    @Test(
        arguments: [
            ("echo nonsense", NetworkError.Kind.protocolViolation), ("yes | tr -d '\\n'", .tooLarge),
            ("true", .other),
            ("echo failed rejected x", .protocolViolation), ("echo done", nil),
        ] as [(String, NetworkError.Kind?)])
    func whatAChildTellsIsNotTrusted(_ script: String, _ kind: NetworkError.Kind?) throws {
        var child = NetworkChild()
        child.executable = try folder.write("#!/bin/sh\n\(script)\n", to: "program", mode: 0o755)
        do throws(NetworkError) {
            #expect(try child.list(RemoteURL("/none")).isEmpty)
            #expect(kind == nil)
        } catch {
            #expect(error.kind == kind)
        }
    }

    /// The ids of living processes whose arguments have this word in them, without this one.
    ///
    /// - Parameter waitingUntilGone: a kill takes effect a moment after it was sent: looks again for up to
    ///   five seconds.
    private func processes(naming word: String, waitingUntilGone: Bool = false) throws -> [String] {
        let start = ContinuousClock.now
        while true {
            let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int32(name) != nil, Int32(name) != getpid() else { return false }
                let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
                return String(decoding: line, as: UTF8.self).contains(word)
            }
            guard waitingUntilGone, !found.isEmpty, ContinuousClock.now - start < .seconds(5) else {
                return found
            }
            sched_yield()
        }
    }
}
