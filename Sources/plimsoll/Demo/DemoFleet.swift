internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository
internal import Glibc

/// The folders and names of the demo: a whole fleet on one machine.
struct DemoPlaces {
    let folder: String

    var server: String { "\(folder)/server.git" }
    var clone: String { "\(folder)/fleet" }
    var packages: String { "\(folder)/packages" }
    var operatorKey: String { "\(folder)/operator_ed25519" }
    var signers: String { "\(folder)/node_signers" }

    func node(_ name: NodeName) -> String { "\(folder)/nodes/\(name)" }
    func root(of name: NodeName) -> String { "\(node(name))/root" }
    func configuration(of name: NodeName) -> String { "\(node(name))/agent.yaml" }
    func log(of name: NodeName) -> String { "\(node(name))/agent.log" }
}

/// A node of the demo.
struct DemoNode {
    let name: NodeName
    let group: String
}

/// The fleet of the demo, with its operator, who works with stock git.
struct DemoFleet {
    let places: DemoPlaces
    let nodes: [DemoNode]
    let repository: SandboxRepository
    /// The folder of both programs.
    let programs: String

    /// Makes folders, the operator's key and the package repository.
    init(in folder: String) async throws {
        places = DemoPlaces(folder: folder)
        let groups = ["canary": ["canary-1", "canary-2"], "stores": ["store-1", "store-2", "store-3"]]
        nodes = groups.sorted { $0.key < $1.key }.flatMap { group, names in
            names.compactMap(NodeName.init).map { DemoNode(name: $0, group: group) }
        }
        programs = try Self.programFolder()
        repository = try await SandboxRepository(path: places.packages)
        try await repository.add(Self.packages)
        try await run([
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", places.operatorKey,
        ])
    }

    /// What the repository offers: a till program with its library, in three versions of one source. The last
    /// one is broken.
    private static let packages: [SandboxPackage] = ["1.0-1", "1.1-1", "2.0-1"].flatMap { version in
        var files = ["/usr/share/till/version": version]
        if version == "2.0-1" { files["/usr/share/till/broken"] = "cannot open the drawer\n" }
        return [
            SandboxPackage(
                "till", version, source: "till", depends: "libtill (= \(version))", files: files),
            SandboxPackage("libtill", version, source: "till"),
        ]
    }

    private static func programFolder() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
        }
        let path = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else {
            throw ProgramError(.failure, "cannot tell where this program is")
        }
        let folder = String(path[..<slash])
        guard access("\(folder)/plimsoll-agent", X_OK) == 0 else {
            throw ProgramError(.failure, "the demo needs 'plimsoll-agent' beside 'plimsoll', in '\(folder)'")
        }
        return folder
    }

    /// Runs a command of the operator.
    ///
    /// - Parameter allowed: exit codes besides 0 that are expected.
    /// - Throws: ``ProgramError`` with its words if it fails.
    @discardableResult
    func run(_ arguments: [String], allowing allowed: [ExitStatus] = []) async throws -> String {
        let environment = [
            "PATH": AptConfiguration.defaultSearchPath, "LC_ALL": "C.UTF-8", "HOME": places.folder,
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Operator", "GIT_AUTHOR_EMAIL": "operator@example.com",
            "GIT_COMMITTER_NAME": "Operator", "GIT_COMMITTER_EMAIL": "operator@example.com",
        ]
        let result = try await runChild(arguments, environment: environment)
        guard result.succeeded || allowed.contains(where: { Int($0.rawValue) == result.status }) else {
            let command = arguments.joined(separator: " ")
            throw ProgramError(.failure, "'\(command)' failed: \(result.errorText)\(result.outputText)")
        }
        return result.outputText
    }

    /// Runs git in the operator's clone.
    @discardableResult
    func git(_ arguments: String...) async throws -> String {
        try await run(["git", "-C", places.clone] + arguments)
    }

    /// Writes a file of the fleet repository.
    func write(_ text: String, to path: String) throws {
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.write(Array(text.utf8), to: "\(places.clone)/\(path)")
        }
    }

    /// Reads a file of the fleet repository.
    func read(_ path: String) throws -> String {
        let bytes = try ending(with: .failure) { () throws(FileError) in
            try DurableFile.read("\(places.clone)/\(path)", limitBytes: 1 << 20)
        }
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// Commits everything, signed, and pushes it; prints what was done as an operator would type it.
    func publish(_ message: String) async throws {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--message", message)
        try await git("push", "--quiet", "origin", "main")
    }

    /// A pull request: a branch with one change, merged as a forge or an operator does it, by a signed merge.
    func mergePullRequest(
        _ branch: String, _ message: String, change: (DemoFleet) throws -> Void
    ) async throws {
        try await git("switch", "--quiet", "--create", branch)
        try change(self)
        try await git("commit", "--quiet", "--all", "--message", message)
        try await git("switch", "--quiet", "main")
        try await git("merge", "--quiet", "--no-ff", "--message", "Merge: \(message)", branch)
        try await git("push", "--quiet", "origin", "main")
    }
}

extension DemoFleet {
    /// The fleet repository from the template, with the demo's baseline and short times; two groups, no
    /// longer on hold.
    ///
    /// - Returns: the introduction.
    func found() async throws -> String {
        try await run(["git", "init", "--quiet", "--bare", "--initial-branch=main", places.server])
        try await run([
            "\(programs)/plimsoll", "init", places.clone, "--fleet", "demo",
            "--key", "\(places.operatorKey).pub", "--principal", "operator@example.com",
        ])
        try await git("remote", "add", "origin", places.server)
        let introduction = try await git("rev-list", "--max-parents=0", "HEAD").split(separator: "\n").first
        for group in ["canary", "stores"] {
            let path = "groups/\(group)/group.yaml"
            let lines = try read(path).split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.hasPrefix("hold:") }
            try write(lines.joined(separator: "\n").replacing("soak: 4h", with: "soak: 3s"), to: path)
        }
        try write(repository.sourceList, to: "sources/demo.sources")
        try write(Self.baseline(version: "1.0-1"), to: "baselines/debian-12.yaml")
        try await publish("Begin with till 1.0")
        return introduction.map(String.init) ?? ""
    }

    /// The demo's baseline.
    static func baseline(version: String) -> String {
        """
        apiVersion: plimsoll/v1
        description: the tills of our stores
        manager: apt
        sources: [demo]
        packages:
          till: \(version)
          src:till: \(version)
        checks:
          - command: [/bin/sh, -c, 'test ! -e "$PLIMSOLL_ROOT/usr/share/till/broken"']

        """
    }

    /// Enrols every node: its root, its key, and its file in the repository.
    func enrol(introduction: String) async throws {
        for node in nodes {
            let osRelease = "ID=debian\nVERSION_ID=\"12\"\n"
            try ending(with: .failure) { () throws(FileError) in
                try DurableFile.makeFolders(places.node(node.name))
            }
            _ = try ending(with: .failure) { () throws(PackageError) in
                try SandboxRoot(path: places.root(of: node.name), osRelease: osRelease)
            }
            let configuration = """
                apiVersion: plimsoll/v1
                node: \(node.name)
                remote: \(places.server)
                introduction: "\(introduction)"
                state: \(places.node(node.name))/state
                root: \(places.root(of: node.name))
                interval: 1s

                """
            try ending(with: .failure) { () throws(FileError) in
                try DurableFile.write(Array(configuration.utf8), to: places.configuration(of: node.name))
            }
            let file = try await run([
                "\(programs)/plimsoll-agent", "enroll", "--config", places.configuration(of: node.name),
            ])
            try write(file, to: "groups/\(node.group)/nodes/\(node.name).yaml")
        }
        try await publish("Enrol two canaries and three stores")
    }
}
