internal import FleetCore
internal import FleetReconciler

/// Finds out why apt ended with an error, of whose kind its exit status (100 for all) says nothing.
///
/// The kernel is asked first: who holds the locks. Only what is left is read from apt's words, which are
/// the same everywhere, because it runs with `LC_ALL=C.UTF-8`.
struct AptFailure {
    let configuration: AptConfiguration
    let sources: [SourceList]?

    /// The error for what apt wrote.
    ///
    /// - Parameter code: what it is if neither a lock nor the disk is the cause.
    func error(_ output: String, otherwise code: PackageError.Code) -> PackageError {
        if let locked = AptLocks(configuration: configuration, sources: sources).holder() {
            return locked
        }
        let message = Self.summary(output)
        // The lock may have been released since.
        for phrase in ["Could not get lock", "Unable to lock", "Unable to acquire the dpkg frontend lock"]
        where output.contains(phrase) {
            return PackageError(.locked, message)
        }
        for phrase in ["No space left on device", "You don't have enough free space"]
        where output.contains(phrase) {
            return PackageError(.noSpace, message)
        }
        return PackageError(code, message)
    }

    /// What people need of apt's output: the explanation of unmet dependencies, and the errors.
    static func summary(_ output: String) -> String {
        var lines: [Substring] = []
        var isExplanation = false
        for line in output.lines() {
            if line.hasSuffix("unmet dependencies:") {
                isExplanation = true
            } else if isExplanation, line.hasPrefix(" ") {
                lines.append(line.trimmingSpaces)
            } else {
                isExplanation = false
                if line.hasPrefix("E: ") { lines.append(line.dropFirst(3)) }
            }
        }
        if lines.isEmpty { lines = output.lines().suffix(3) }
        return "apt: " + String(lines.joined(separator: "; ").prefix(2_000))
    }
}

extension Substring {
    /// This text without spaces at its ends.
    fileprivate var trimmingSpaces: Substring {
        var text = self[...]
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return text
    }
}
