package import FleetCore
internal import Glibc

/// Makes a new fleet repository: its files, and the first signed commit, which is the introduction.
package struct FleetFounding {
    package let folder: String
    package let fleet: FleetName
    /// Whom the first key in `trust/allowed_signers` stands for.
    package let principal: String
    package let key: SigningKeyChoice

    package init(folder: String, fleet: FleetName, principal: String, key: SigningKeyChoice) {
        self.folder = folder
        self.fleet = fleet
        self.principal = principal
        self.key = key
    }

    /// The fleet's name where the template has one.
    private static let placeholder = "my-fleet"

    /// Writes the files, sets git up, and commits.
    ///
    /// - Parameter template: the files of a new fleet repository.
    /// - Returns: the introduction.
    package func found(from template: [(path: String, text: String)]) throws(OperatorError) -> CommitID {
        try Self.makeFolders(folder)
        let git = StockGit(folder: folder)
        try git.run("init", "--quiet", "--initial-branch=main")
        for file in template {
            var text = file.text.replacing(Self.placeholder, with: fleet.description)
            if file.path == Layout.allowedSigners { text += line }
            try write(text, to: file.path)
        }
        return try commit(git)
    }

    /// Makes the first commit of files that are there.
    package func commit(_ git: StockGit) throws(OperatorError) -> CommitID {
        try CloneSettings(key: key).apply(to: git)
        try git.run("add", "--all")
        let branch = Self.branch(in: folder)
        try git.run("commit", "--quiet", "--gpg-sign", "-m", "Found the fleet \(fleet)\(branch.paragraph)")
        // Asked of the judge that everybody has: a key that is not in trust/ must be noticed before a node
        // pins this commit.
        try git.run("verify-commit", "HEAD")
        guard let introduction = CommitID(try git.run("rev-parse", "HEAD")) else {
            throw OperatorError(.failure, "git did not name the first commit")
        }
        return introduction
    }

    /// What the commits of a fleet repository must name; nil where `fleet.yaml` asks for nothing.
    package static func branch(in folder: String) -> FleetBranch? {
        let file = try? DurableFile.read(
            "\(folder)/\(Layout.fleet)", limitBytes: Layout.limit(of: .fleet))
        return file.flatMap { FleetFile.trustSettings($0)?.branch }
    }

    /// The operator's line of `trust/allowed_signers`.
    private var line: String { "\(principal) namespaces=\"\(CommitSignature.namespace)\" \(key.publicKey)\n" }

    /// Whether a text can stand for a person in `trust/allowed_signers`: one word, none of the characters
    /// that make it a pattern or a list.
    package static func isPrincipal(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && !text.hasPrefix("#")
            && !text.unicodeScalars.contains { $0.isControl || " \",*?!".unicodeScalars.contains($0) }
    }

    private func write(_ text: String, to path: String) throws(OperatorError) {
        let target = "\(folder)/\(path)"
        if let slash = target.lastIndex(of: "/") { try Self.makeFolders(String(target[..<slash])) }
        do {
            try DurableFile.write(Array(text.utf8), to: target)
        } catch {
            throw OperatorError(.failure, error.description)
        }
    }

    /// Makes a folder with those above it.
    private static func makeFolders(_ path: String) throws(OperatorError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o755) != 0, errno != EEXIST else { continue }
            throw OperatorError(
                .failure, "could not make the folder '\(made)': \(String(cString: strerror(errno)))")
        }
    }
}

extension FleetFounding {
    /// What is in a folder already.
    package enum Ground: Hashable, Sendable {
        /// Nothing, or no folder at all.
        case free
        /// A clone of a fleet repository; false: without any commit.
        case fleetRepository(hasCommit: Bool)
        /// Something else.
        case taken(String)
    }

    /// Looks what is in a folder.
    package static func ground(of folder: String) throws(OperatorError) -> Ground {
        var status = stat()
        guard stat(folder, &status) == 0 else { return .free }
        guard status.st_mode & S_IFMT == S_IFDIR else { return .taken("it is not a folder") }
        guard access("\(folder)/\(Layout.fleet)", F_OK) != 0 else {
            let git = StockGit(folder: folder)
            guard access("\(folder)/.git", F_OK) == 0 else {
                return .taken("it has a '\(Layout.fleet)' and is no clone of git")
            }
            let head = try git.attempt(["rev-parse", "--quiet", "--verify", "HEAD"])
            return .fleetRepository(hasCommit: head.exitCode == 0)
        }
        guard let stream = opendir(folder) else { return .taken(String(cString: strerror(errno))) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 }.map(\.self) }
            guard name == [0x2E] || name == [0x2E, 0x2E] else { return .taken("it is not empty") }
        }
        return .free
    }
}
