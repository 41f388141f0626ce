internal import FleetCore
internal import Glibc

/// Whether a machine must boot again for what is installed to be in effect.
///
/// Two witnesses: the file that packages leave (`/run/reboot-required`, with the packages in `.pkgs`), and
/// the kernel, because not every system has the hook that writes the file.
struct RebootRequirement {
    /// The root whose packages are managed.
    let root: String
    /// nil if it could not be read: then only the file speaks.
    let inventory: Inventory?

    var statement: RebootStatement {
        let folder = (root == "/" ? "" : root) + "/run"
        if access(folder + "/reboot-required", F_OK) == 0 {
            let bytes = readFile(folder + "/reboot-required.pkgs", from: 0, count: 4_096)
            let packages = Set(String(decoding: bytes, as: UTF8.self).lines().map(String.init))
            let reason =
                packages.isEmpty ? "a package asks for it" : "asked for by \(quoted(packages.sorted()))"
            return RebootStatement(
                isRequired: true, reason: reason, packages: packages.sorted().compactMap { PackageName($0) })
        }
        // Only the root that this kernel booted says something of this kernel.
        guard root == "/", let inventory else { return RebootStatement() }
        var name = utsname()
        guard uname(&name) == 0 else { return RebootStatement() }
        let release = withUnsafeBytes(of: &name.release) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let build = withUnsafeBytes(of: &name.version) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let newer = Self.newerKernel(than: release, build: build, in: inventory) else {
            return RebootStatement()
        }
        return RebootStatement(
            isRequired: true, reason: "\(newer) is installed, and the kernel \(release) is running",
            packages: newer.split(separator: " ").first.flatMap { PackageName($0) }.map { [$0] } ?? [])
    }

    /// The installed kernel that the next boot would bring: of the same flavour, and newer than what runs.
    ///
    /// - Parameters:
    ///   - release: `uname -r`, with which the package of the running kernel ends: `6.1.0-21-amd64`.
    ///   - build: `uname -v`, in which Debian writes the package's version: `#1 SMP Debian 6.1.90-1
    ///     (2024-05-03)`.
    static func newerKernel(than release: String, build: String, in inventory: Inventory) -> String? {
        let images = inventory.packages.filter {
            $0.isPresent && $0.id.name.description.hasPrefix(prefix)
                && flavour($0.id.name.description.dropFirst(prefix.count)) == flavour(release[...])
        }
        guard let running = images.first(where: { $0.id.name.description == prefix + release }) else {
            return nil
        }
        let written = build.split(separator: " ").compactMap { PackageVersion($0) }
            .first {
                $0.description.contains("-") && VersionOrder.debian.compare($0, running.version) == .older
            }
        // Rebuilt under the same name: the file on the disk is newer than the kernel in memory.
        if written != nil, build.contains("Debian") { return "\(running.id.name) \(running.version)" }
        let newest = images.max { VersionOrder.debian.compare($0.version, $1.version) == .older }
        guard let newest, VersionOrder.debian.compare(newest.version, running.version) == .newer else {
            return nil
        }
        return "\(newest.id.name) \(newest.version)"
    }

    private static let prefix = "linux-image-"

    /// What is left of a release without its numbers: `cloud-amd64` of `6.1.0-21-cloud-amd64`.
    private static func flavour(_ release: Substring) -> String {
        release.split(separator: "-").drop { $0.utf8.first?.isDecimalDigit ?? true }.joined(separator: "-")
    }
}
