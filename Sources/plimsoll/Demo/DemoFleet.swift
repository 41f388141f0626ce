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
    /// Where the operator's programs look for a key by themselves: `folder` is the operator's home.
    var operatorKey: String { "\(folder)/.ssh/id_ed25519" }

    func node(_ name: NodeName) -> String { "\(folder)/nodes/\(name)" }
    func root(of name: NodeName) -> String { "\(node(name))/root" }
    func configuration(of name: NodeName) -> String { "\(node(name))/agent.yaml" }
    func log(of name: NodeName) -> String { "\(node(name))/agent.log" }
    func file(of node: DemoNode) -> String { "\(clone)/groups/\(node.group)/nodes/\(node.name).yaml" }
}

/// A node of the demo.
struct DemoNode {
    let name: NodeName
    let group: String
    /// The label of its file, in YAML.
    let site: String
    /// The model of its drawer: the till opens it.
    let drawer: String
}

/// The fleet of the demo, with its operator, who works with stock git.
struct DemoFleet {
    let places: DemoPlaces
    let nodes: [DemoNode]
    let repository: SandboxRepository
    /// The folder of both programs.
    let programs: String
    /// The first commit, as the operator's shell knows it.
    var introduction = ""

    /// Makes folders, the operator's key and the package repository.
    init(in folder: String) async throws {
        places = DemoPlaces(folder: folder)
        nodes = Self.nodes
        programs = try Self.programFolder()
        repository = try await SandboxRepository(path: places.packages)
        try await repository.add(Self.packages)
        try ending(with: .failure) { () throws(FileError) in try DurableFile.makeFolders("\(folder)/.ssh") }
        try await run([
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", places.operatorKey,
        ])
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

    /// Runs a line of shell in the operator's clone, or in `folder`, just as the demo shows it.
    ///
    /// - Parameter allowed: exit codes besides 0 that are expected.
    /// - Throws: ``ProgramError`` with its words if it fails.
    @discardableResult
    func shell(
        _ line: String, in folder: String? = nil, allowing allowed: [ExitStatus] = []
    ) async throws -> String {
        // With -e the first command of a line that fails ends it.
        let arguments = ["sh", "-ec", #"cd "$0"; eval "$1""#, folder ?? places.clone, line]
        return try await run(arguments, called: line, allowing: allowed)
    }

    /// Runs a command of the operator.
    @discardableResult
    func run(
        _ arguments: [String], called words: String? = nil, allowing allowed: [ExitStatus] = []
    ) async throws -> String {
        let environment = [
            "PATH": "\(programs):\(AptConfiguration.defaultSearchPath)", "LC_ALL": "C.UTF-8",
            "HOME": places.folder, "INTRODUCTION": introduction,
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Operator", "GIT_AUTHOR_EMAIL": "operator@example.com",
            "GIT_COMMITTER_NAME": "Operator", "GIT_COMMITTER_EMAIL": "operator@example.com",
        ]
        let result = try await runChild(arguments, environment: environment)
        guard result.succeeded || allowed.contains(where: { Int($0.rawValue) == result.status }) else {
            let command = words ?? arguments.joined(separator: " ")
            throw ProgramError(
                .failure,
                "'\(command)' ended with \(result.status): \(result.errorText)\(result.outputText)")
        }
        return result.outputText
    }
}
