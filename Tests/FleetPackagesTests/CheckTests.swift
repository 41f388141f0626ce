import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Glibc
import Testing

/// Health checks by real processes.
@Suite(.timeLimit(.minutes(15)))
struct CheckTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("checks") }

    private var searchPath: String { folder.path("bin") + ":" + AptConfiguration.defaultSearchPath }

    private func results(_ checks: [Check]) async -> [CheckResult] {
        await AptPackages(
            AptConfiguration(
                root: folder.path, workspace: folder.path("workspace"), searchPath: searchPath)
        ).results(of: checks, settling: [])
    }

    private func result(
        _ probe: Check.Probe, timeout: TimeSpan = TimeSpan(seconds: 30)
    ) async throws -> CheckResult {
        let results = await results([Check(probe, timeout: timeout, retries: 0)])
        #expect(results.count == 1)
        return try #require(results.first)
    }

    @Test func `a command is well when it ends with 0`() async throws {
        #expect(try await result(.command(["/bin/true"])).outcome == .passed)
        #expect(try await result(.command(["true"])).outcome == .passed)
        let bad = try await result(.command(["sh", "-c", "echo first; echo 'no disk' >&2; exit 4"]))
        #expect(bad.outcome == .failed)
        #expect(bad.message == "'sh' ended with 4: first / no disk")
        #expect(bad.name == "command sh -c echo first; echo 'no disk' >&2; exit 4")
    }

    @Test func `a check is tried as often as it says, and while it may settle until it is well`()
        async throws
    {
        /// A command that is well from its n-th run on.
        func check(_ name: String, from run: Int, retries: Int, settle: Int64) -> Check {
            let file = folder.path(name)
            return Check(
                .command(["sh", "-c", "echo run >> \(file); test $(wc -l < \(file)) -ge \(run)"]),
                retries: retries, settle: TimeSpan(seconds: settle))
        }
        let once = check("once", from: 2, retries: 0, settle: 0)
        let again = check("again", from: 3, retries: 2, settle: 0)
        // It ends when it is well; the threads of this process may be busy with other tests for a minute.
        let slow = check("slow", from: 4, retries: 0, settle: 900)
        let results = await AptPackages(
            AptConfiguration(root: folder.path, workspace: folder.path("workspace"), searchPath: searchPath)
        ).results(of: [once, again, slow], settling: [once.name, slow.name])
        #expect(results.map(\.outcome) == [.failed, .passed, .passed])
        func runs(_ name: String) throws -> Int { try folder.read(name).split(separator: "\n").count }
        #expect(try [runs("once"), runs("again"), runs("slow")] == [1, 3, 4])
        // Nobody waits for a check that has had its time.
        let late = check("late", from: 2, retries: 0, settle: 600)
        #expect(await self.results([late]).map(\.outcome) == [.failed])
    }

    @Test(arguments: [["/does/not/exist"], ["there-is-no-such-program"]])
    func `a command that is not installed is nothing to check`(arguments: [String]) async throws {
        #expect(try await result(.command(arguments)).outcome == .notApplicable)
    }

    @Test func `a command knows the root, and nothing of our environment`() async throws {
        let path = folder.path("environment")
        #expect(try await result(.command(["sh", "-c", "env | sort > \(path)"])).outcome == .passed)
        let names = try folder.read("environment").split(separator: "\n").map { $0.prefix { $0 != "=" } }
        #expect(
            Set(names).subtracting(["PWD", "_", "OLDPWD", "SHLVL"]) == ["LC_ALL", "PATH", "PLIMSOLL_ROOT"])
        #expect(try folder.read("environment").contains("PLIMSOLL_ROOT=\(folder.path)\n"))
    }

    @Test func `a command that hangs is killed with its children`() async throws {
        let script = "sleep 600 & echo $! > \(folder.path("child")); echo waiting; wait"
        let hanging = try await result(.command(["sh", "-c", script]), timeout: TimeSpan(seconds: 5))
        #expect(hanging.outcome == .failed)
        #expect(hanging.message == "no end within 5s: waiting")
        let child = try #require(pid_t(folder.read("child").split(separator: "\n")[0]))
        #expect(isDead(child))
    }

    @Test func `output without end and a child that stays do not keep a check`() async throws {
        let endless = try await result(.command(["yes"]), timeout: TimeSpan(seconds: 1))
        #expect(endless.outcome == .failed)
        let script = "setsid sleep 600 & echo $! > \(folder.path("daemon"))"
        #expect(try await result(.command(["sh", "-c", script])).outcome == .passed)
        let daemon = try #require(pid_t(folder.read("daemon").split(separator: "\n")[0]))
        #expect(kill(daemon, SIGKILL) == 0)
    }

    @Test(arguments: [
        ("loaded", "active", CheckResult.Outcome.passed), ("loaded", "reloading", .passed),
        ("loaded", "inactive", .failed), ("loaded", "failed", .failed), ("masked", "inactive", .failed),
        ("not-found", "inactive", .notApplicable),
    ])
    func `a service is well when its unit is active`(
        load: String, active: String, outcome: CheckResult.Outcome
    ) async throws {
        try makeSystemctl(
            "echo \"$@\" > \(folder.path("arguments")); echo LoadState=\(load); echo ActiveState=\(active)")
        let service = try await result(.service("nginx"))
        #expect(service.outcome == outcome)
        #expect(
            try folder.read("arguments") == "show --property=LoadState --property=ActiveState -- nginx\n")
    }

    @Test func `a systemd that does not answer is no well service`() async throws {
        try makeSystemctl("echo no bus >&2; exit 1")
        let service = try await result(.service("nginx"))
        #expect(service.outcome == .failed)
        #expect(service.message == "'systemctl' ended with 1: no bus")
    }

    @Test(arguments: [(200, CheckResult.Outcome.passed), (204, .failed)])
    func `an answer is well with the status that is asked for`(
        status: Int, outcome: CheckResult.Outcome
    ) async throws {
        let server = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        let answer = try await result(.http(url: "http://127.0.0.1:\(server.port)/healthz", status: status))
        #expect(answer.outcome == outcome)
        if outcome == .failed { #expect(answer.message == "answered with status 200, not 204") }
    }

    @Test func `nobody who answers is not well`() async throws {
        let server = try OneAnswerServer(nil)
        let silent = try await result(
            .http(url: "http://127.0.0.1:\(server.port)/", status: 200), timeout: TimeSpan(seconds: 1))
        #expect(silent.message == "no end within 1s")
        let scheme = try await result(.http(url: "file:///etc/passwd", status: 200))
        #expect(scheme.outcome == .failed)
    }

    @Test func `many checks run side by side and are told in order`() async throws {
        // Each of two waits for the other one's file: one after the other they would never end.
        let long = TimeSpan(seconds: 600)
        func meet(_ mine: String, _ other: String) -> Check {
            let script =
                "touch \(folder.path(mine)); until test -e \(folder.path(other)); do sleep 0.01; done"
            return Check(.command(["sh", "-c", script]), timeout: long, retries: 0)
        }
        let many = (0..<20).map {
            Check(.command(["sh", "-c", "exit \($0)"]), timeout: long, retries: 0)
        }
        let results = await results([meet("a", "b"), meet("b", "a")] + many)
        #expect(results.prefix(3).map(\.outcome) == [.passed, .passed, .passed])
        #expect(results.dropFirst(3).map(\.message) == (1..<20).map { "'sh' ended with \($0)" })
    }

    /// Puts a program in front of the real one.
    ///
    /// A child process writes it: a descriptor of ours that another thread's child has inherited for a
    /// moment would make the kernel refuse to run it ("text file busy").
    private func makeSystemctl(_ script: String) throws {
        try runSuccessfully(
            [
                "sh", "-c", "mkdir -p \"${1%/*}\" && cat > \"$1\" && chmod 755 \"$1\"", "sh",
                folder.path("bin/systemctl"),
            ],
            input: Array("#!/bin/sh\n\(script)\n".utf8))
    }

    /// Whether a process that was killed is gone, or nobody has looked at its end yet.
    private func isDead(_ process: pid_t) -> Bool {
        for _ in 0..<100_000 {
            guard let file = fopen("/proc/\(process)/stat", "r") else { return true }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, 256, file) != nil else { return true }
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.contains(") Z ") || text.contains(") X ") { return true }
            sched_yield()
        }
        return false
    }
}
