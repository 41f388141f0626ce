internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository
internal import Glibc
internal import Logging

/// This node: its configuration, and the parts that a cycle is made of.
struct Node {
    let configuration: AgentConfiguration
    /// The configuration's file, for messages.
    private let file: String
    let name: NodeName
    /// Where anybody on this node can hold it.
    let holds: HoldFolder
    /// What this process learns of the servers that it asks.
    let servers = ServerMemory()

    typealias Cycle = Reconciler<
        GitFleetSource, AptPackages, SystemdMachine, GitStatusSink, FileStateStore, GitClaimLedger
    >

    /// - Throws: ``ProgramError`` with exit code 65 if the configuration cannot be read.
    init(configurationAt path: String) throws(ProgramError) {
        let read = try ending(with: .invalidData) { () throws(FileError) in
            try DurableFile.read(path, limitBytes: 65_536)
        }
        guard let bytes = read else {
            throw ProgramError(
                .invalidData,
                "there is no configuration '\(path)'; 'plimsoll-agent enroll --remote URL "
                    + "--introduction COMMIT' writes one"
            )
        }
        configuration = try ending(with: .invalidData) { () throws(ProblemList) in
            try AgentConfiguration(parsing: bytes, file: path)
        }
        file = path
        holds = configuration.holds.map { HoldFolder($0) } ?? HoldFolder(besideConfiguration: path)
        if let named = configuration.node {
            name = named
        } else {
            name = try Self.hostName(file: path)
        }
    }

    private static func hostName(file: String) throws(ProgramError) -> NodeName {
        var buffer = [UInt8](repeating: 0, count: 256)
        let status = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { gethostname($0, bytes.count - 1) } ?? -1
        }
        let text = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        // What follows the first dot is the domain; the node's name is the host's own.
        guard status == 0, let name = NodeName(text.prefix { $0 != "." }.lowercased()) else {
            throw ProgramError(
                .invalidData, "\(file): the host name '\(text)' is not \(NodeName.expected); add 'node: NAME'"
            )
        }
        return name
    }

    var stateFolder: String { configuration.state }
    var ownKeyPath: String { "\(stateFolder)/node_ed25519" }
    var clonePath: String { "\(stateFolder)/fleet.git" }

    var store: FileStateStore { FileStateStore(folder: stateFolder, key: ownKeyPath) }

    /// Whether there is a state, readable or not.
    var hasState: Bool { access("\(stateFolder)/state.json", F_OK) == 0 }

    /// Takes the lock of the state folder, without waiting.
    func lock() throws(ProgramError) -> StateLock {
        guard access(stateFolder, F_OK) == 0 else {
            throw ProgramError(
                .failure, "there is no state folder '\(stateFolder)'; run 'plimsoll-agent enroll' first")
        }
        let taken = try ending(with: .failure) { () throws(FileError) in
            try StateLock.take(inFolder: stateFolder)
        }
        guard let lock = consume taken else {
            throw ProgramError(.locked, "another cycle is running on '\(stateFolder)'")
        }
        return lock
    }

    /// The node's own private key, readable by root alone.
    func key() throws(ProgramError) -> SSHPrivateKey {
        let read = try ending(with: .failure) { () throws(FileError) in
            try DurableFile.read(ownKeyPath, limitBytes: 65_536)
        }
        guard let bytes = read else {
            throw ProgramError(.failure, "there is no key '\(ownKeyPath)'; 'plimsoll-agent enroll' makes one")
        }
        return try ending(with: .failure, "the key '\(ownKeyPath)' cannot be used") {
            () throws(SigningError) in
            try SSHPrivateKey(file: bytes)
        }
    }

    /// The packages of the managed root.
    func packages() throws(ProgramError) -> AptPackages {
        let workspace = "\(stateFolder)/apt"
        return AptPackages(
            AptConfiguration(
                root: configuration.root, workspace: workspace, store: "\(stateFolder)/packages",
                storeLimit: configuration.keptPackages,
                searchPath: configuration.searchPath ?? AptConfiguration.defaultSearchPath))
    }

    /// The machine that runs the managed root.
    private var machine: SystemdMachine {
        SystemdMachine(
            root: configuration.root,
            searchPath: configuration.searchPath ?? AptConfiguration.defaultSearchPath)
    }

    /// Keeps the clone small: libgit2 adds a pack for each fetch, and has no gc. Who packs reads everything,
    /// so damage that nobody else has met is found here.
    ///
    /// What fails here costs space alone, so the cycle stays as it was; the next one tries again.
    func maintainClone(of source: GitFleetSource, keeping commits: [CommitID?], logger: Logger) {
        if source.isDamaged { return repairClone(logger: logger) }
        CloneRepair.forget(in: clonePath)
        do {
            if try CloneMaintenance.pack(clonePath, keeping: commits.compactMap(\.self)) {
                logger.info("the clone was packed anew")
            }
        } catch {
            logger.warning("the clone could not be packed: \(error)")
            if case .git(let error) = error, error.code != .diskFull { repairClone(logger: logger) }
        }
    }

    /// Makes a clone anew in which something is missing or damaged: no fetch brings again what the branch has
    /// had before.
    func repairClone(logger: Logger) {
        do {
            let repair = try CloneRepair(clonePath, anchors: anchors())
            logger.warning("the clone was damaged: \(repair)")
        } catch {
            logger.error("the clone is damaged, and cannot be made anew: \(error)")
        }
    }

    /// What this node remembers to have in its clone.
    private func anchors() -> [CloneRepair.Anchor] {
        guard let memory = try? store.load() else { return [] }
        return [memory.mark.map { .branch($0) }, memory.report.id.map { .report($0, of: name) }]
            .compactMap(\.self)
    }

    private func sourceSettings() throws(ProgramError) -> FleetSourceSettings {
        let remote = try ending(with: .invalidData) { () throws(NetworkError) in
            try RemoteURL(configuration.remote)
        }
        let further = try ending(with: .invalidData) { () throws(NetworkError) in
            try configuration.furtherRemotes.map { (text) throws(NetworkError) in try RemoteURL(text) }
        }
        return FleetSourceSettings(
            node: name, remote: remote, furtherRemotes: further, branch: configuration.branch,
            introduction: configuration.introduction, cloneFolder: clonePath)
    }

    /// Why this node does what it does, from its own state and clone: without the lock, and asking nobody.
    ///
    /// - Returns: nil where that cannot be told: no clone, no such node in the fleet, no package database.
    func explanation(of memory: NodeState, at now: Instant) async -> Explanation? {
        guard let settings = try? sourceSettings(), let source = try? GitFleetSource(lookingAt: settings),
            let packages = try? packages()
        else { return nil }
        return try? await FleetReconciler.explanation(
            of: memory, from: source, packages: packages, localHolds: holds.reasons(at: now), at: now)
    }

    /// The machine's clocks, with what the configuration says of them.
    func clocks() -> Instant { SystemClock.now(isTrusted: configuration.isClockTrusted) }

    private var cycleSettings: CycleSettings {
        let isTrusted = configuration.isClockTrusted
        return CycleSettings(
            interval: configuration.interval, managerDeadline: configuration.managerDeadline,
            localHolds: { [holds] in holds.reasons(at: $0) },
            readAgain: { _ in SystemClock.now(isTrusted: isTrusted) })
    }

    /// Everything that a cycle needs.
    ///
    /// - Parameter lock: held by the caller; the network child shares it, so that a surviving child keeps it.
    func cycle(
        lock: borrowing StateLock, logger: Logger
    ) throws(ProgramError) -> (cycle: Cycle, source: GitFleetSource) {
        var network = NetworkChild()
        network.deadlines = configuration.deadlines
        network.servers = servers
        network.lockDescriptor = lock.descriptor
        network.ssh = SSHOptions(
            key: configuration.sshKey ?? ownKeyPath, knownHosts: configuration.knownHosts)
        network.http = configuration.http
        if let user = configuration.networkUser {
            network.confinement = try ending(with: .failure, "\(file): networkUser") {
                () throws(FileError) in
                try NetworkConfinement(as: NetworkAccount(named: user), stateFolder: stateFolder)
            }
        }
        let settings = try sourceSettings()
        let source = try ending(with: .failure) { () throws(SourceError) in
            try GitFleetSource(settings, network: network, anchors: anchors)
        }
        if let repair = source.repair { logger.warning("the clone was damaged: \(repair)") }
        let keys = NodeKeyring(try key(), at: ownKeyPath)
        let cycle = Reconciler(
            source: source, packages: try packages(), machine: machine,
            status: GitStatusSink(source: source, keys: keys), store: store,
            claims: GitClaimLedger(source: source, keys: keys), settings: cycleSettings,
            logger: logger)
        return (cycle, source)
    }
}
