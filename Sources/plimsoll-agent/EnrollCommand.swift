internal import ArgumentParser
internal import FleetCore
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository
internal import Glibc

/// `plimsoll-agent enroll`: makes the node's key, and prints the file for the pull request.
struct EnrollCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract:
            "Makes this node's key if there is none, and prints the node's file for the fleet repository.",
        discussion: """
            Nothing but the file is written to standard output, so that it can be redirected into the clone: \
            plimsoll-agent enroll > groups/stores/nodes/NAME.yaml
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Write the configuration first, if there is none: the fleet repository's URL.")
    var remote: String?

    @Option(help: "Write the configuration first, if there is none: the first trusted commit, 40 digits.")
    var introduction: String?

    @Option(help: "With --remote: the node's name, if it is not the host name.")
    var name: String?

    @Option(help: "With --remote: the folder of all that the node remembers.")
    var state: String?

    @Flag(help: "Begin anew from the introduction: replaces a state that was lost or damaged.")
    var newState = false

    @Flag(
        help: """
            Make the key that takes the place of this node's own, and print the node's file with it. The old \
            one signs until the fleet lists the new one.
            """)
    var rotate = false

    func validate() throws {
        guard !rotate || remote == nil && !newState else {
            throw ValidationError("--rotate is for a node that is enrolled: without --remote and --new-state")
        }
        guard (remote == nil) == (introduction == nil) else {
            throw ValidationError("--remote URL and --introduction COMMIT go together")
        }
        guard remote != nil || name == nil && state == nil else {
            throw ValidationError("--name and --state go with --remote and --introduction")
        }
    }

    func run() throws {
        if let remote, let introduction { try writeConfiguration(remote: remote, introduction: introduction) }
        let node = try Node(configurationAt: common.path)
        guard !rotate else { return try printNextKey(of: node) }
        let lock = try prepareState(of: node)
        let key = try makeKey(of: node)
        try makeState(of: node)
        _ = consume lock
        Terminal.write(NodeFileWriter.text(key: key.publicKey.description))
        noteHostKeys(of: node.configuration)
        Terminal.note(
            "add this as 'groups/<group>/nodes/\(node.name).yaml' to the fleet repository, by a pull request")
    }

    /// ssh asks nobody whether a server's key is the right one.
    private func noteHostKeys(of configuration: AgentConfiguration) {
        let remotes = [configuration.remote] + configuration.furtherRemotes
        guard configuration.knownHosts == nil,
            remotes.contains(where: { (try? RemoteURL($0))?.usesSSH == true })
        else { return }
        Terminal.note(
            "put the host keys of the ssh servers into a file that '\(common.path)' names as 'knownHosts', "
                + "or into root's own known_hosts: one that is not known is refused, and nobody is asked")
    }

    private func writeConfiguration(remote: String, introduction: String) throws {
        guard access(common.path, F_OK) != 0 else {
            Terminal.note("'\(common.path)' is there already and stays as it is")
            return
        }
        guard let commit = CommitID(introduction) else {
            throw ProgramError(.usage, "--introduction '\(introduction)': expected \(CommitID.expected)")
        }
        var nodeName: NodeName?
        if let name {
            guard let parsed = NodeName(name) else {
                throw ProgramError(.usage, "--name '\(name)': expected \(NodeName.expected)")
            }
            nodeName = parsed
        }
        let text = AgentFileWriter.text(remote: remote, introduction: commit, node: nodeName, state: state)
        do throws(ProblemList) {
            _ = try AgentConfiguration(parsing: Array(text.utf8), file: common.path)
        } catch {
            throw ProgramError(.usage, error.problems.map(\.message).joined(separator: "; "))
        }
        let folder = common.path.lastIndex(of: "/").map { String(common.path[..<$0]) } ?? ""
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.makeFolders(folder)
            try DurableFile.write(Array(text.utf8), to: common.path, mode: 0o644)
        }
    }

    private func prepareState(of node: Node) throws -> StateLock {
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.makeFolders(node.stateFolder, mode: 0o700)
        }
        return try node.lock()
    }

    private func makeKey(of node: Node) throws -> SSHPrivateKey {
        if access(node.ownKeyPath, F_OK) == 0 { return try node.key() }
        let made = try ending(with: .failure) { () throws(SigningError) in
            try SSHPrivateKey.generateEd25519(comment: node.name.description)
        }
        // Where there is a key there must be a state: without one the next cycle would raise an alarm. What a
        // node remembers outlives its key.
        if !node.hasState {
            try ending(with: .failure) { () throws(StoreError) in try node.store.save(NodeState()) }
        }
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.write(Array(made.file.utf8), to: node.ownKeyPath, mode: 0o600)
        }
        return made.key
    }

    /// Makes the next key, or takes the one that waits already.
    private func printNextKey(of node: Node) throws {
        let lock = try node.lock()
        _ = try node.key()
        let next = try nextKey(of: node)
        _ = consume lock
        Terminal.write(NodeFileWriter.text(key: next.publicKey.description))
        Terminal.note(
            "put this key in the place of the old one in the file of '\(node.name)' in the fleet repository, "
                + "by a pull request; the rest of that file stays. The node takes it by itself once it "
                + "follows that commit; where the key also opens the way to the server, let it in first")
    }

    private func nextKey(of node: Node) throws -> SSHPrivateKey {
        let waiting = try ending(with: .failure) { () throws(StatusError) in
            try NodeKeyring.next(beside: node.ownKeyPath)
        }
        if let waiting { return waiting }
        let made = try ending(with: .failure) { () throws(SigningError) in
            try SSHPrivateKey.generateEd25519(comment: node.name.description)
        }
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.write(
                Array(made.file.utf8), to: NodeKeyring.nextPath(beside: node.ownKeyPath), mode: 0o600)
        }
        return made.key
    }

    private func makeState(of node: Node) throws {
        guard newState else {
            _ = try ending(with: .failure) { () throws(StoreError) in try node.store.load() }
            return
        }
        try ending(with: .failure) { () throws(StoreError) in try node.store.save(NodeState()) }
        Terminal.note("the node has forgotten its mark and begins anew from the introduction")
    }
}
