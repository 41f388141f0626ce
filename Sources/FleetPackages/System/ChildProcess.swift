package import FleetReconciler
internal import Subprocess
internal import SystemPackage

/// How a program ended, and what it wrote.
package struct ChildOutput: Sendable {
    /// The exit status; 128 and the signal's number if a signal ended it, as a shell has it.
    package let status: Int
    package let output: [UInt8]
    package let errors: [UInt8]

    package var succeeded: Bool { status == 0 }
    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
}

/// Runs a program to its end, with nothing on its standard input and only the given environment.
///
/// It has no other descriptors than its three, and a session of its own: neither a terminal's signals nor
/// questions reach it. If the task is cancelled, it is killed.
///
/// - Parameter environment: complete; the program is looked up in its `PATH`.
package func runChild(
    _ arguments: [String], environment: [String: String], outputLimit: Int = 64 << 20
) async throws(PackageError) -> ChildOutput {
    var options = PlatformOptions()
    options.createSession = true
    do {
        let result = try await run(
            .named(arguments[0]), arguments: Arguments(Array(arguments.dropFirst())),
            environment: .custom(environment.asSubprocess), platformOptions: options, input: .none,
            output: .bytes(limit: outputLimit), error: .bytes(limit: 4 << 20))
        return ChildOutput(
            status: result.terminationStatus.shellStatus, output: result.standardOutput,
            errors: result.standardError)
    } catch {
        throw PackageError(.unreadable, "cannot run '\(arguments.joined(separator: " "))': \(error)")
    }
}

extension Executable {
    /// A program by its path, or, without a slash, by its name in `PATH`.
    static func named(_ word: String) -> Executable {
        word.contains("/") ? .path(FilePath(word)) : .name(word)
    }
}

extension TerminationStatus {
    /// The status as a shell has it.
    var shellStatus: Int {
        switch self {
        case .exited(let code): Int(code)
        case .signaled(let signal): 128 + Int(signal)
        }
    }
}

extension [String: String] {
    /// The same variables in the library's type.
    var asSubprocess: [Environment.Key: String] {
        [Environment.Key: String](
            uniqueKeysWithValues: compactMap { name, value in
                Environment.Key(rawValue: name).map { ($0, value) }
            })
    }
}
