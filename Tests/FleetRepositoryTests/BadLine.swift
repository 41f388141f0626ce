import FleetCore
import FleetTesting
import Foundation
import Glibc

@testable import FleetRepository

/// A real Git server behind a bad line, and a node's clone on the other side.
final class BadLine {
    /// How the server is reached.
    enum Way: String, CaseIterable, Sendable {
        case daemon
        case ssh
        case http
    }

    let folder: TemporaryFolder
    let proxy: FaultProxy
    let remote: RemoteURL
    /// The server's bare repository, and one with a work tree that pushes to it.
    let served: String
    let work: String
    private let server: AnyObject
    private let ssh: SSHOptions
    /// Runs the agent with the folder's path in the environment, which all that it starts inherits.
    private let agent: String
    private var clones = 0

    /// Starts a server.
    ///
    /// - Parameter kilobytes: what its branch `main` holds, which no compression makes smaller.
    init(_ way: Way, kilobytes: Int = 0) throws {
        folder = try TemporaryFolder("bad-line")
        served = try Git.makeBareRepository("served/fleet.git", in: folder)
        try Git.run("config", "http.receivepack", "true", in: served)
        work = try Git.makeWorkTree("work", in: folder, origin: served)
        agent = try folder.write(
            "#!/bin/sh\nexport BAD_LINE='\(folder.path)'\nexec '\(BuiltProgram.path("plimsoll-agent"))' \"$@\"\n",
            to: "agent", mode: 0o755)
        let root = folder.path("served")
        let (port, url): (UInt16, String)
        switch way {
        case .daemon, .ssh:
            let server = try GitServer(way == .ssh ? .ssh : .daemon, root: root)
            (port, url) = (server.port, server.url("fleet.git"))
            self.server = server
        case .http:
            let server = try GitHTTPServer(root: root)
            (port, url) = (server.port, server.url("fleet.git"))
            self.server = server
        }
        proxy = try FaultProxy(to: port)
        remote = try RemoteURL(url.replacing(":\(port)/", with: ":\(proxy.port)/"))
        if way == .ssh, let server = server as? GitServer {
            let known = try String(contentsOfFile: server.knownHosts, encoding: .utf8)
            try folder.write(known.replacing(":\(port) ", with: ":\(proxy.port) "), to: "known_hosts")
            ssh = SSHOptions(key: server.clientKey, knownHosts: folder.path("known_hosts"))
        } else {
            ssh = SSHOptions()
        }
        var generator = SeededGenerator(seed: 7)
        for part in 0..<max(1, kilobytes / 8) {
            try commit(kilobytes == 0 ? [] : BadLine.noise(8_192, &generator), "part \(part)")
        }
    }

    /// Commits bytes and has the server have them.
    @discardableResult
    func commit(_ bytes: [UInt8], _ message: String) throws -> CommitID? {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(work)/\(message.replacing(" ", with: "-"))"))
        let id = try Git.commit(message, in: work)
        try Git.run("push", "--quiet", "origin", "main", in: work)
        return CommitID(id)
    }

    /// Bytes that no compression makes fewer.
    static func noise(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes += $0 } }
        return bytes
    }

    /// The same, so that `processesLeft()` finds it and what it starts.
    func markedChild(connect: Int = 30_000, progress: Int = 30_000) -> NetworkChild {
        var child = child(connect: connect, progress: progress)
        child.executable = agent
        return child
    }

    /// A child with these deadlines, in milliseconds.
    func child(connect: Int = 30_000, progress: Int = 30_000, total: Int = 60_000) -> NetworkChild {
        var child = NetworkChild.built
        child.ssh = ssh
        child.deadlines = NetworkDeadlines(
            connect: .milliseconds(connect), progress: .milliseconds(progress), total: .milliseconds(total))
        return child
    }

    /// The ids of processes that a marked child of this line has left behind. A kill takes effect a moment
    /// after it was sent, so they have five seconds to go.
    func processesLeft() throws -> [String] {
        let start = ContinuousClock.now
        let mark = Array("BAD_LINE=\(folder.path)\0".utf8)
        while true {
            let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int32(name) != nil else { return false }
                let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ") ?? Data()
                return environment.firstRange(of: mark) != nil
            }
            if found.isEmpty || ContinuousClock.now - start > .seconds(5) { return found }
            sched_yield()
        }
    }

    static let main = FetchRefspec(source: "refs/heads/main", destination: "refs/remotes/fleet/main")

    /// Makes another empty clone and returns its path.
    func makeClone() throws -> String {
        clones += 1
        let path = folder.path("clone-\(clones).git")
        _ = try GitRepository(initialiseBare: path)
        return path
    }

    /// Fetches the branch.
    @discardableResult
    func fetch(into clone: String, by child: NetworkChild? = nil) throws -> FetchResult {
        try (child ?? self.child()).fetch(
            [BadLine.main].compactMap(\.self), from: remote, into: clone, byteLimit: 1 << 24)
    }

    /// Fetches the branch, and returns why that was not possible.
    func failureToFetch(into clone: String, by child: NetworkChild? = nil) throws -> NetworkError? {
        do {
            try fetch(into: clone, by: child)
            return nil
        } catch let error as NetworkError {
            return error
        }
    }

    /// The server's tip of the branch.
    var tip: CommitID {
        get throws {
            guard let tip = try GitRepository(open: served).reference("refs/heads/main") else {
                throw POSIXError(.ENOENT)
            }
            return tip
        }
    }

    /// What a clone has of the branch.
    func fetched(in clone: String) throws -> CommitID? {
        try GitRepository(open: clone).reference("refs/remotes/fleet/main")
    }
}

/// Whether stock git finds nothing wrong with a repository, and it opens as an agent opens it.
func isSound(_ repository: String) throws -> Bool {
    _ = try CloneMaintenance.removeLeftovers(in: repository)
    guard case .usable = CloneMaintenance.condition(of: repository) else { return false }
    return try run(["git", "fsck", "--full", "--strict"], in: repository, environment: Git.environment)
        .exitCode
        == 0
}
