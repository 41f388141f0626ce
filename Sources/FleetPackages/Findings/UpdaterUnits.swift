internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// The systemd units by which other programs change packages unasked.
struct UpdaterUnits {
    private let configuration: AptConfiguration

    init(_ configuration: AptConfiguration) { self.configuration = configuration }

    /// Timers run by themselves once they are enabled; the others are started by something else as well, so
    /// that they are there is enough.
    private static let known = [
        "apt-daily.timer", "apt-daily-upgrade.timer", "unattended-upgrades.service", "packagekit.service",
        "packagekit-offline-update.service",
    ]

    private static let folders = ["etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"]

    /// Those that are there and not masked, by their files alone: no program is asked.
    func unmasked() -> [String] {
        Self.known.filter { unit in
            guard !isMasked(unit) else { return false }
            return isThere(unit)
        }
    }

    /// Whether the unit has a file of its own, masked or not.
    private func isThere(_ unit: String) -> Bool {
        Self.folders.contains { folder in
            let path = configuration.path("\(folder)/\(unit)")
            return linkTarget(path) != "/dev/null" && access(path, F_OK) == 0
        }
    }

    /// Whether the unit is linked to `/dev/null`, or empty (systemd.unit(5)).
    private func isMasked(_ unit: String) -> Bool {
        ["etc/systemd/system", "run/systemd/system"].contains { folder in
            let path = configuration.path("\(folder)/\(unit)")
            return linkTarget(path) == "/dev/null" || sizeOfFile(path) == 0
        }
    }

    private func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// What each is like now, for putting it back. In another root nothing runs.
    func described(_ units: [String]) async -> [StoppedUpdater] {
        var described: [StoppedUpdater] = []
        for unit in units {
            let isActive =
                configuration.isAlternateRoot
                ? false : (try? await systemctl(["is-active", "--quiet", unit]))?.succeeded ?? false
            described.append(StoppedUpdater(unit: unit, wasActive: isActive))
        }
        return described
    }

    /// Masks units, and stops timers. A service that works is let finish: its lock is waited for.
    func stop(_ updaters: [StoppedUpdater]) async throws(PackageError) {
        try await succeed(["mask"] + updaters.map(\.unit))
        let timers = updaters.filter { $0.wasActive && $0.unit.hasSuffix(".timer") }.map(\.unit)
        if !timers.isEmpty { try await succeed(["stop"] + timers) }
    }

    /// Unmasks a unit, and starts it if it was active.
    ///
    /// - Returns: whether it is still there.
    func restore(_ updater: StoppedUpdater) async throws(PackageError) -> Bool {
        // Of one that is gone only our own mask is left, and systemctl may refuse to take it away.
        if isMasked(updater.unit) {
            do throws(PackageError) {
                try await succeed(["unmask", updater.unit])
            } catch {
                guard !isThere(updater.unit), !isMasked(updater.unit) else { throw error }
            }
        }
        guard isThere(updater.unit) else { return false }
        if updater.wasActive { try await succeed(["start", updater.unit]) }
        return true
    }

    private func systemctl(_ arguments: [String]) async throws(PackageError) -> ChildOutput {
        let root = configuration.isAlternateRoot ? ["--root=\(configuration.root)"] : []
        return try await runChild(
            ["systemctl"] + root + arguments,
            environment: ["PATH": configuration.searchPath, "LC_ALL": "C.UTF-8"])
    }

    private func succeed(_ arguments: [String]) async throws(PackageError) {
        let output = try await systemctl(arguments)
        guard output.succeeded else {
            let words = (output.errorText + output.outputText).prefix(300)
            throw PackageError(
                .unreadable, "'systemctl \(arguments.joined(separator: " "))' failed: \(words)")
        }
    }
}
