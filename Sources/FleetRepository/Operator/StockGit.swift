internal import Glibc

/// Stock `git` in one folder: what an operator's clone is made with, so that it is what they know, with their
/// own configuration, keys and agents.
package struct StockGit: Sendable {
    /// The folder in which it works.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// How a command ended, and what it wrote.
    package struct Outcome: Hashable, Sendable {
        package let exitCode: Int32
        /// Standard output without white space at its end.
        package let output: String
        /// Standard error without white space at its end.
        package let errors: String
    }

    /// Runs git, which must succeed.
    ///
    /// - Returns: its standard output, without white space at the end.
    /// - Throws: ``OperatorError`` with what git says.
    @discardableResult
    package func run(_ arguments: String...) throws(OperatorError) -> String {
        let outcome = try attempt(arguments)
        guard outcome.exitCode == 0 else {
            let words = outcome.errors.isEmpty ? "it ended with \(outcome.exitCode)" : outcome.errors
            throw OperatorError(
                .failure, "'git \(arguments.joined(separator: " "))' in '\(folder)': \(words)")
        }
        return outcome.output
    }

    /// The value of a configuration key, as git reads it in this folder; nil if it is not set.
    ///
    /// - Parameter isPath: whether `~` at its beginning stands for a home folder.
    package func setting(_ key: String, isPath: Bool = false) throws(OperatorError) -> String? {
        let outcome = try attempt(["config"] + (isPath ? ["--type=path"] : []) + ["--get", key])
        return outcome.exitCode == 0 && !outcome.output.isEmpty ? outcome.output : nil
    }

    /// Runs git to its end, whatever its exit code is.
    package func attempt(_ arguments: [String]) throws(OperatorError) -> Outcome {
        do throws(FileError) {
            let output = try FileDescriptor(holding: "")
            let errors = try FileDescriptor(holding: "")
            let input = try FileDescriptor("open", "/dev/null", flags: O_RDONLY)
            // Above the standard descriptors, which are overwritten while the process is started.
            let moved = fcntl(input.number, F_DUPFD_CLOEXEC, 10)
            guard moved >= 0 else { throw FileError("open", "/dev/null") }
            defer { close(moved) }
            // In this process's group: ssh-keygen may ask the terminal for a passphrase.
            let process = try SpawnedProcess.start(
                ["git", "-C", folder] + arguments, environment: Self.environment,
                descriptors: [moved, output.number, errors.number], ownGroup: false)
            let exitCode = SpawnedProcess.reap(process)
            return Outcome(
                exitCode: exitCode, output: try Self.content(of: output), errors: try Self.content(of: errors)
            )
        } catch {
            throw OperatorError(.failure, error.description)
        }
    }

    /// The variables that would name another repository than the folder's (rev-parse --local-env-vars) are
    /// left out: a hook has them.
    private static var environment: [String] {
        SpawnedProcess.environment { name in
            [
                "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
                "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX", "LC_ALL",
            ].contains(String(name))
        } + ["LC_ALL=C"]
    }

    private static func content(of file: borrowing FileDescriptor) throws(FileError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < outputLimit {
            let count = pread(file.number, &buffer, buffer.count, off_t(bytes.count))
            guard count >= 0 else { throw FileError("read", "output of git") }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        while let last = bytes.last, last == 0x0A || last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// More of what git writes is cut off.
    static let outputLimit = 1 << 20
}
