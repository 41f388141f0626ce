import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Glibc

/// A node of a local fleet: its root, its configuration, its state, and the built agent.
struct LocalNode {
    let name: String
    let fleet: LocalFleet

    /// The managed root.
    var root: String { fleet.folder.path("nodes/\(name)/root") }
    /// The state folder.
    var state: String { fleet.folder.path("nodes/\(name)/state") }
    var configuration: String { fleet.folder.path("nodes/\(name)/agent.yaml") }
    /// dpkg's database.
    var database: String { "\(root)/var/lib/dpkg" }

    /// Runs a cycle.
    func reconcile(_ arguments: String..., deadline: Int = 60) throws -> Cycle {
        let result = try agent(["reconcile", "--json"] + arguments, deadline: deadline)
        return try Cycle(result)
    }

    /// Runs a cycle that looks for programs in a folder first.
    func reconcile(path folder: String) throws -> Cycle {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try Cycle(
            run(
                [BuiltProgram.path("plimsoll-agent"), "reconcile", "--json", "--config", configuration],
                environment: Git.environment.merging(["PATH": "\(folder):\(path)"]) { $1 }))
    }

    /// Runs a cycle on a thread of its own, so that many run at the same time whatever the test's threads do.
    func reconcileBeside() async throws -> Cycle {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try reconcile() }) }
        }
    }

    /// Runs the agent.
    func agent(_ arguments: [String], deadline: Int = 60) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll-agent")] + arguments + ["--config", configuration],
            environment: Git.environment, deadline: deadline)
    }

    /// Starts the agent beside the test.
    func startAgent(_ command: String) throws -> HeldProcess {
        try HeldProcess(
            [BuiltProgram.path("plimsoll-agent"), command, "--config", configuration],
            environment: Git.environment)
    }

    /// The processes that work for the node: its folder is in their arguments or in their environment.
    var processes: [pid_t] {
        get throws {
            let mark = Array("\(fleet.folder.path)/nodes/\(name)/".utf8)
            return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
                .filter {
                    process in
                    ["cmdline", "environ"].contains { file in
                        let bytes = FileManager.default.contents(atPath: "/proc/\(process)/\(file)") ?? Data()
                        return bytes.firstRange(of: mark) != nil
                    }
                }
        }
    }

    /// Writes the configuration; what is nil is as the fleet has it, and `besides` are further lines.
    func configure(
        remote: String? = nil, introduction: String? = nil, state: String? = nil, besides: String = ""
    ) throws {
        let text = """
            apiVersion: plimsoll/v1
            node: \(name)
            remote: \(remote ?? "file://\(fleet.server)")
            introduction: "\(introduction ?? fleet.introduction)"
            state: \(state ?? self.state)
            root: \(root)
            interval: 1s
            \(besides)

            """
        try fleet.folder.write(text, to: "nodes/\(name)/agent.yaml")
    }

    /// The versions of what is installed, by package; foreign ones with their architecture.
    var installed: [String: String] {
        get throws {
            let format = "${db:Status-Status} ${binary:Package} ${Version}\\n"
            let result = try run([
                "dpkg-query", "--admindir=\(database)", "--show", "--showformat=\(format)", "*",
            ])
            let rows = result.lines.map { $0.split(separator: " ").map(String.init) }
            let installed = rows.filter { $0.count == 3 && $0[0] == "installed" }
            return Dictionary(uniqueKeysWithValues: installed.map { ($0[1], $0[2]) })
        }
    }

    /// dpkg's status file.
    var databaseBytes: [UInt8] {
        get throws { Array(try Data(contentsOf: URL(fileURLWithPath: "\(database)/status"))) }
    }

    /// Installs packages by hand, as somebody did before Plimsoll came.
    func install(_ packages: SandboxPackage...) throws {
        let files = packages.map { fleet.packages.filePath(of: $0) }
        try dpkg(["--install"] + files)
    }

    /// Runs dpkg on the root.
    @discardableResult
    func dpkg(_ arguments: [String]) throws -> CommandResult {
        try runSuccessfully(
            ["dpkg", "--root=\(root)", "--log=/dev/null", "--force-script-chrootless"] + arguments)
    }

    /// The content of a file that the node has in its root, state or beside them; nil if there is none.
    func bytes(of path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }
}

extension LocalFleet {
    /// Makes a node with an empty root, enrols it, and puts its file into the clone, to be published.
    func enrol(
        _ name: String, in group: String, foreignArchitectures: [String] = [], besides: String = ""
    ) throws -> LocalNode {
        let node = LocalNode(name: name, fleet: self)
        _ = try SandboxRoot(path: node.root, foreignArchitectures: foreignArchitectures)
        try node.configure()
        let file = try runSuccessfully(
            [BuiltProgram.path("plimsoll-agent"), "enroll", "--config", node.configuration])
        try write(file.text + "\n" + besides, to: "groups/\(group)/nodes/\(name).yaml")
        return node
    }

    /// Makes and enrols several nodes, named after their group, and publishes them.
    func enrol(_ count: Int, in group: String) throws -> [LocalNode] {
        let nodes = try (1...count).map { try enrol("\(group)-\($0)", in: group) }
        try publish("Enrol \(count) of \(group)")
        return nodes
    }
}
