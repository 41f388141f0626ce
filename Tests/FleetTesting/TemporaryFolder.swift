import Foundation

/// A fresh folder, removed with everything in it when the value goes away.
///
/// Keep it in a stored property of the suite, or use `withTemporaryFolder`: a local constant may be released
/// after its last use, while a process still works in the folder.
package final class TemporaryFolder: Sendable {
    /// The absolute path, without symbolic links, without a slash at the end.
    package let path: String

    /// Makes the folder below the system's folder for temporary files.
    ///
    /// - Parameter base: or below this one.
    package init(_ name: String = "plimsoll", below base: String? = nil) throws {
        let base =
            base.map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let url = base.appendingPathComponent("\(name)-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something in the folder.
    package func path(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Makes a folder in this one, with those above it, and returns its path.
    @discardableResult
    package func makeFolder(_ relative: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path(relative), withIntermediateDirectories: true)
        return path(relative)
    }

    /// Writes a file, making the folders above it, and returns its path.
    @discardableResult
    package func write(_ text: String, to relative: String, mode: Int = 0o644) throws -> String {
        let url = URL(fileURLWithPath: path(relative))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        if mode & 0o111 != 0 {
            // A program that is open for writing cannot be run ("text file busy"), and a process that another
            // test starts at this moment would keep it open for a while. So this process never opens it.
            let command = ["install", "-m", String(mode, radix: 8), "/dev/stdin", url.path]
            try runSuccessfully(command, input: Array(text.utf8))
            return url.path
        }
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
        return url.path
    }

    /// The text of a file.
    package func read(_ relative: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: path(relative)), encoding: .utf8)
    }

    /// Whether something exists at the path.
    package func exists(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: path(relative)) }
}

/// Runs `body` with a fresh folder that is removed afterwards.
package func withTemporaryFolder<Result>(
    _ name: String = "plimsoll", _ body: (TemporaryFolder) throws -> Result
) throws -> Result {
    let folder = try TemporaryFolder(name)
    return try withExtendedLifetime(folder) { try body(folder) }
}
