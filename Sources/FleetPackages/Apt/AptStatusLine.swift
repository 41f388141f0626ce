internal import FleetCore
internal import FleetReconciler

/// A line of what apt writes to `APT::Status-Fd` (apt's `README.progress-reporting`).
///
/// ```
/// pmstatus:libfoo1:22.2222:Unpacking libfoo1 (amd64)
/// pmerror:libfoo1:amd64:55.5556:installed libfoo1:amd64 package post-installation script … exit status 3
/// ```
enum AptStatusLine: Equatable {
    /// dpkg works: from the first of these on, packages may have changed.
    case progress(PackageProgress)
    /// A maintainer script failed, or a package could not be unpacked: the package as apt writes it, and why.
    case failure(package: String, message: String)

    /// nil for what tells nothing of packages, such as the progress of downloads.
    init?(_ line: Substring) {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] == "pmstatus" || parts[0] == "pmerror" else { return nil }
        // The package may have its architecture behind it: the percentage is the first part with a decimal
        // point.
        guard let percent = parts.indices.dropFirst(2).first(where: { Self.percent(parts[$0]) != nil }),
            let value = Self.percent(parts[percent])
        else { return nil }
        let message = parts[(percent + 1)...].joined(separator: ":")
        if parts[0] == "pmstatus" {
            self = .progress(PackageProgress(percent: value, message: message))
        } else {
            self = .failure(package: parts[1..<percent].joined(separator: ":"), message: message)
        }
    }

    private static func percent(_ text: Substring) -> Int? {
        guard text.contains("."), let value = Double(text), value.isFinite else { return nil }
        return Int(min(max(value, 0), 100))
    }
}
