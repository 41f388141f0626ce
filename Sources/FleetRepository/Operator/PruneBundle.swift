internal import FleetCore
internal import Glibc

extension FleetPruning {
    /// What became of one reference.
    package enum Outcome: String, Sendable {
        /// It is in the bundle, and not at the remote any more.
        case moved
        /// It had got something else since it was looked at, and stays.
        case changed
        /// The remote did not delete it.
        case refused
    }

    /// What became of everything, in the order of ``chosen`` and of each one's references.
    package struct Result: Sendable {
        package let outcomes: [[Outcome]]
        /// What the remotes said that refused something, each once.
        package let refusals: [String]

        package var isWhole: Bool { outcomes.joined().allSatisfy { $0 == .moved } }
    }

    /// Writes all that is chosen into a bundle, and deletes it at the remotes once that can be read again.
    ///
    /// - Parameter file: where the bundle goes; nothing is there yet.
    /// - Throws: ``OperatorError``, before anything is deleted: `usage` if there is something at `file`, or
    ///   no folder for it; `failure` if the bundle could not be written or read.
    package func move(to file: String) throws -> Result {
        let bundle = try PruneBundle(of: self)
        try bundle.write(to: file)
        var outcomes = chosen.map { $0.references.map { _ in Outcome.refused } }
        var refusals: [String] = []
        let remotes = Dictionary(grouping: chosen.indices) { chosen[$0].remote }
        for (remote, indices) in remotes.sorted(by: { $0.key.description < $1.key.description }) {
            let references = indices.flatMap { chosen[$0].references }
            let words = try bundle.delete(references, at: remote)
            let listed = try source.network.list(remote)
            let left = Dictionary(listed.map { ($0.name, $0.id) }) { first, _ in first }
            for index in indices {
                outcomes[index] = chosen[index].references.map { reference in
                    guard let id = left[reference.name] else { return .moved }
                    return id == reference.id ? .refused : .changed
                }
            }
            let isRefused = indices.contains { outcomes[$0].contains(.refused) }
            if isRefused, !words.isEmpty { refusals.append("\(remote): \(words)") }
        }
        return Result(outcomes: outcomes, refusals: refusals)
    }
}

/// A repository that has nothing but what is pruned, from which stock git makes the bundle and deletes.
private struct PruneBundle {
    private let folder: TemporaryClone
    private let references: [GitReference]
    private var git: StockGit { StockGit(folder: folder.folder) }

    init(of pruning: FleetPruning) throws {
        folder = try TemporaryClone()
        // Two remotes may have the same reference: the same one, or it would not have been chosen.
        references = Array(Set(pruning.chosen.flatMap(\.references)))
        let repository = try GitRepository(initialiseBare: folder.folder)
        // Git's alternates (gitrepository-layout(5)): nothing is copied.
        try DurableFile.write(
            Array("\(pruning.source.clone.repository.folder)objects\n".utf8),
            to: "\(folder.folder)/objects/info/alternates")
        let borrowing = try GitRepository(open: repository.folder)
        for reference in references { try borrowing.setReference(reference.name, to: reference.id) }
    }

    /// Writes the bundle, reads it again, and only then gives it its name.
    func write(to file: String) throws {
        let (parent, name) = try Self.place(of: file)
        let path = "\(parent)/\(name)"
        let temporary = "\(parent)/.\(name).\(getpid())"
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw OperatorError(.usage, "'\(file)' exists; a bundle never takes the place of another file")
        }
        defer { unlink(temporary) }
        try git.run("bundle", "create", "--quiet", temporary, "--branches")
        try verify(temporary)
        do throws(FileError) {
            let written = try FileDescriptor("flush", temporary, flags: O_RDONLY)
            guard fsync(written.number) == 0 else { throw FileError("flush", temporary) }
            // Unlike rename(2), link(2) never takes the place of what came meanwhile.
            guard link(temporary, path) == 0 else { throw FileError("write", file) }
            try DurableFile.flushFolder(of: path)
        } catch {
            throw OperatorError(.failure, error.description)
        }
    }

    /// Git must call the bundle whole, and another repository must get from it every commit that is to be
    /// deleted, with all that hangs on it: `git bundle verify` alone does not look into the pack.
    private func verify(_ bundle: String) throws {
        let empty = try TemporaryClone()
        let repository = try GitRepository(initialiseBare: empty.folder)
        let reader = StockGit(folder: empty.folder)
        try reader.run("bundle", "verify", "--quiet", bundle)
        try reader.run(
            "-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--no-auto-maintenance", bundle,
            "+refs/*:refs/*")
        let found = Set(try repository.references(prefix: "refs/heads/"))
        guard found == Set(references) else {
            throw OperatorError(
                .failure, "the bundle does not have what it should have; nothing was deleted")
        }
    }

    /// The folder of a file, from the root, and the file's name.
    private static func place(of file: String) throws(OperatorError) -> (folder: String, name: String) {
        let slash = file.lastIndex(of: "/")
        let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
        let folder = slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        guard !name.isEmpty, name != ".", name != "..", !file.utf8.contains(0),
            let resolved = realpath(folder, nil)
        else { throw OperatorError(.usage, "there is no folder for '\(file)'") }
        defer { free(resolved) }
        return (String(cString: resolved), name)
    }

    /// Deletes references that still name what they are expected to name.
    ///
    /// - Returns: what git said where it did not do all of it; else nothing, or warnings.
    func delete(_ references: [GitReference], at remote: RemoteURL) throws -> String {
        if case .file(let path) = remote.location { return try delete(references, in: path) }
        // In a file of this clone, for a URL with a password must not be among a process's arguments.
        let url = remote.text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let config = "\(folder.folder)/config"
        let before = try DurableFile.read(config, limitBytes: 1 << 20) ?? []
        let section = "[remote \"pruned\"]\n\turl = \"\(url)\"\n"
        try DurableFile.write(before + Array(section.utf8), to: config, mode: 0o600)
        defer { try? DurableFile.write(before, to: config, mode: 0o600) }
        var words: [String] = []
        for start in stride(from: 0, to: references.count, by: Self.batch) {
            let part = references[start..<min(start + Self.batch, references.count)]
            let outcome = try git.attempt(
                ["push", "--quiet", "--no-verify"]
                    + part.map { "--force-with-lease=\($0.name):\($0.id)" } + ["pruned"]
                    + part.map { ":\($0.name)" })
            if outcome.exitCode != 0 { words.append(remote.redacted(outcome.errors)) }
        }
        return words.joined(separator: "\n")
    }

    /// In a repository on this machine the references themselves are changed: its hook refuses all deletions
    /// that come by a push, whoever pushes.
    private func delete(_ references: [GitReference], in path: String) throws -> String {
        let server = StockGit(folder: path)
        var words: [String] = []
        for reference in references {
            let outcome = try server.attempt(["update-ref", "-d", reference.name, reference.id.hex])
            if outcome.exitCode != 0, !words.contains(outcome.errors) { words.append(outcome.errors) }
        }
        return words.joined(separator: "\n")
    }

    /// So many references go out at once, for a command line has an end.
    private static let batch = 200
}
