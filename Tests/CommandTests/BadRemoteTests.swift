import FleetCore
import FleetTesting
import Foundation
import Testing

@testable import plimsoll_agent

/// Whole cycles of the real agent against servers that hang, and lines that lead somewhere else.
struct BadRemoteTests {
    /// How a node reaches its server: what may hang, and what must live as long.
    private struct Way {
        let remote: String
        var settings = ""
        /// A folder that stands first in `PATH`.
        var programs: String?
        let hang: (Bool) throws -> Void
        var held: [AnyObject] = []
    }

    private func way(_ scheme: String, to fleet: LocalFleet) throws -> Way {
        let root = fleet.folder.path
        try Git.run("config", "http.receivepack", "true", in: fleet.server)
        let (port, url, server): (UInt16, String, AnyObject)
        switch scheme {
        case "file": return try fileWay(to: fleet)
        case "http":
            let http = try GitHTTPServer(root: root)
            (port, url, server) = (http.port, http.url("server.git"), http)
        default:
            let git = try GitServer(scheme == "ssh" ? .ssh : .daemon, root: root)
            (port, url, server) = (git.port, git.url("server.git"), git)
        }
        let proxy = try FaultProxy(to: port)
        var way = Way(
            remote: url.replacing(":\(port)/", with: ":\(proxy.port)/"),
            hang: { proxy.set($0 ? .mute : .forward) })
        if scheme == "ssh", let git = server as? GitServer {
            let known = try String(contentsOfFile: git.knownHosts, encoding: .utf8)
            let file = try fleet.folder.write(
                known.replacing(":\(port) ", with: ":\(proxy.port) "), to: "known_hosts")
            way.settings = "sshKey: \(git.clientKey)\nknownHosts: \(file)\n"
        }
        way.held = [server, proxy]
        return way
    }

    /// On this machine it is git itself that can hang, or its disk.
    private func fileWay(to fleet: LocalFleet) throws -> Way {
        let stop = fleet.folder.path("hang")
        let git = try runSuccessfully(["sh", "-c", "command -v git"]).text
        try fleet.folder.write(
            "#!/bin/sh\n[ -e '\(stop)' ] && exec sleep 1000\nexec '\(git)' \"$@\"\n", to: "programs/git",
            mode: 0o755)
        return Way(
            remote: "file://\(fleet.server)", programs: fleet.folder.path("programs"),
            hang: { hangs in
                if hangs {
                    try fleet.folder.write("", to: "hang")
                } else {
                    try FileManager.default.removeItem(atPath: stop)
                }
            })
    }

    @Test(arguments: ["git", "ssh", "http", "file"])
    func aCycleWhoseServerHangsEndsByItsDeadline(_ scheme: String) async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        let way = try way(scheme, to: fleet)
        func reconcile() throws -> Cycle {
            try way.programs.map(node.reconcile(path:)) ?? node.reconcile()
        }
        try node.configure(remote: way.remote, besides: way.settings)
        #expect(try reconcile().exitCode == 0)
        // Something to report, so that the server would be asked twice.
        try fleet.folder.write("backup\n", to: "nodes/\(node.name)/hold.d/backup")
        try way.hang(true)
        try node.configure(
            remote: way.remote, besides: way.settings + "deadlines: {connect: 1s, progress: 1s, total: 1m}")
        let start = ContinuousClock.now
        let cycle = try reconcile()
        #expect(cycle.exitCode == 69, "\(cycle)")
        #expect(
            cycle.message(.remoteAway).contains("no answer within the deadline for connecting"), "\(cycle)")
        #expect(ContinuousClock.now - start < .seconds(20))
        // The server that let the node wait once was not asked for the report: one deadline a cycle.
        #expect(cycle.report == "queued")
        #expect("\(cycle.document)".contains("a moment ago, so it is not asked again"), "\(cycle.document)")
        try eventuallyHere("no process left") { try node.processes.isEmpty }
        try way.hang(false)
        try node.configure(remote: way.remote, besides: way.settings)
        let next = try reconcile()
        #expect(next.exitCode == 0 && next.report == "sent", "\(next)")
        #expect(fleet.isUnbroken(try fleet.chain(of: node)))
        withExtendedLifetime(way.held) {}
    }

    @Test func eachWayToMissAServerIsTold() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        let server = try GitServer(.daemon, root: fleet.folder.path)
        let proxy = try FaultProxy(to: server.port)
        try node.configure(remote: "git://127.0.0.1:\(proxy.port)/server.git")
        let faults: [(FaultProxy.Mode, LineFault, String)] = [
            (.refuse, .none, "Connection refused"),
            (.forward, .closed(after: 0), "the other side ended the connection"),
            (.forward, .reset(after: 200), "Connection reset by peer"),
            (.forward, .corrupt(at: 2, mask: 0xFF), "it answers, but not as a Git server does"),
        ]
        for (mode, fault, words) in faults {
            proxy.set(mode, down: fault)
            let cycle = try node.reconcile()
            #expect(cycle.exitCode == 69, "\(cycle)")
            #expect(cycle.message(.remoteAway).contains(words), "\(cycle)")
        }
        let portal = try LoopbackService(command: [
            "printf",
            "HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: 7\\r\\n\\r\\n<html/>",
        ])
        for scheme in ["git", "http"] {
            try node.configure(remote: "\(scheme)://127.0.0.1:\(portal.port)/server.git")
            let cycle = try node.reconcile()
            #expect(cycle.exitCode == 69 && cycle.codes.contains(.remoteAway), "\(cycle)")
        }
        withExtendedLifetime(portal) {}
        try node.configure(remote: "git://127.0.0.1:\(proxy.port)/server.git")
        proxy.set()
        #expect(try node.reconcile().exitCode == 0)
        withExtendedLifetime(server) {}
    }

    /// A name server that never answers: the resolver by itself would wait for ten seconds.
    @Test(.enabled(if: LinkTests.hasLinks, "no network of its own can be made here"))
    func aNameThatNobodyResolvesIsGivenUp() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        try node.configure(
            remote: "git://git.example.test/server.git",
            besides: "deadlines: {connect: 1s, progress: 1s, total: 1m}")
        let resolver = try fleet.folder.write("nameserver 127.0.0.1\n", to: "resolv.conf")
        let script = """
            ip link set lo up
            mount --bind '\(resolver)' /etc/resolv.conf
            exec python3 -c 'import socket, subprocess, sys
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            silent.bind(("127.0.0.1", 53))
            sys.exit(subprocess.run(sys.argv[1:]).returncode)' "$@"
            """
        let agent = [
            BuiltProgram.path("plimsoll-agent"), "reconcile", "--json", "--config", node.configuration,
        ]
        let start = ContinuousClock.now
        let cycle = try Cycle(
            run(
                ["unshare", "--net", "--mount", "sh", "-ec", script, "sh"] + agent,
                environment: Git.environment))
        #expect(cycle.exitCode == 69, "\(cycle)")
        #expect(
            cycle.message(.remoteAway).contains("no answer within the deadline for connecting"), "\(cycle)")
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try node.processes.isEmpty)
    }

    /// What a cycle tells the `run` that started it.
    private func word(of node: LocalNode) throws -> String {
        let agent = [BuiltProgram.path("plimsoll-agent"), "reconcile", "--config", node.configuration]
        let told = node.fleet.folder.path("word")
        let cycle = try run(
            ["sh", "-c", "exec \"$@\" 3>'\(told)'", "sh"] + agent,
            environment: Git.environment.merging([CycleWord.variable: "3"]) { $1 })
        #expect(cycle.exitCode == 69, "\(cycle.errorText)")
        return try node.fleet.folder.read("word")
    }

    /// The server ends in the midst of a push: after the chain was taken, before `latest` was, and before a
    /// word of it went back.
    @Test func aReportWhoseAnswerIsLostIsOnTheServerOnce() async throws {
        let fleet = try await LocalFleet()
        let node = try fleet.enrol(1, in: "canary")[0]
        let server = try GitServer(.daemon, root: fleet.folder.path)
        try node.configure(remote: server.url("server.git"))
        #expect(try node.reconcile().exitCode == 0)
        let hook = "server.git/hooks/reference-transaction"
        try fleet.folder.write(
            "#!/bin/sh\n[ \"$1\" = committed ] && grep -q refs/heads/status/ && kill -9 $PPID\nexit 0\n",
            to: hook,
            mode: 0o755)
        try fleet.folder.write("backup\n", to: "nodes/\(node.name)/hold.d/backup")
        // The report waits (69); but a server was reached, so 'run' goes on asking as before.
        #expect(try word(of: node) == "r")
        let chain = try fleet.chain(of: node)
        try FileManager.default.removeItem(atPath: fleet.folder.path(hook))
        let next = try node.reconcile()
        #expect(next.exitCode == 0 && next.report == "sent", "\(next)")
        let whole = try fleet.chain(of: node)
        #expect(whole.prefix(chain.count).map(\.id) == chain.map(\.id))
        #expect(fleet.isUnbroken(whole))
        #expect(try fleet.report(of: node) == whole.last?.report)
        withExtendedLifetime(server) {}
    }
}
