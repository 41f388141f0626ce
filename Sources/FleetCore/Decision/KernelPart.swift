/// A package of one release of the Linux kernel, by its name, as Debian and Ubuntu give it.
///
/// Packages that only bring a kernel, such as `linux-image-amd64`, are none.
struct KernelPart: Hashable, Sendable {
    let kind: Kind
    /// As `uname -r` has it: `6.1.0-21-amd64`. Of headers for all flavours it has no flavour.
    let release: String

    enum Kind: Hashable, Sendable {
        case image
        case modules
        case headers
    }

    /// What stands before and after the release; the longer ones first.
    private static let names: [(kind: Kind, before: String, after: String)] = [
        (.image, "linux-image-unsigned-", ""), (.image, "linux-image-", "-unsigned"),
        (.image, "linux-image-", ""), (.modules, "linux-modules-extra-", ""),
        (.modules, "linux-modules-", ""), (.headers, "linux-headers-", "-common"),
        (.headers, "linux-headers-", ""),
    ]

    init?(_ name: PackageName) {
        let text = name.description
        for (kind, before, after) in Self.names where text.hasPrefix(before) && text.hasSuffix(after) {
            let release = text.dropFirst(before.count).dropLast(after.count)
            guard release.utf8.first?.isDecimalDigit ?? false else { continue }
            self.kind = kind
            self.release = String(release)
            return
        }
        return nil
    }

    /// What is left of the release without its numbers: `cloud-amd64` of `6.1.0-21-cloud-amd64`.
    static func flavour(of release: String) -> String {
        release.split(separator: "-").drop { $0.utf8.first?.isDecimalDigit ?? true }.joined(separator: "-")
    }

    /// Whether it belongs to a release: headers for all flavours belong to each.
    func belongs(to other: String) -> Bool {
        release == other || kind == .headers && other.hasPrefix(release + "-")
    }
}

/// The kernels of a machine, and which are too many of them.
struct KernelStock: Sendable {
    /// The packages of images that are there.
    private let images: [(release: String, package: InstalledPackage)]

    init(_ inventory: Inventory) {
        images = inventory.packages.compactMap { package in
            guard package.id.name.isKernelImage, package.state != .configFiles,
                let part = KernelPart(package.id.name), part.kind == .image
            else { return nil }
            return (part.release, package)
        }
    }

    /// The releases that have the flavour of `release`, the newest first.
    func releases(like release: String) -> [String] {
        let flavour = KernelPart.flavour(of: release)
        var versions: [String: PackageVersion] = [:]
        for image in images where KernelPart.flavour(of: image.release) == flavour {
            versions[image.release] = image.package.version
        }
        return versions.sorted { first, second in
            switch VersionOrder.debian.compare(first.value, second.value) {
            case .newer: true
            case .older: false
            case .same, nil: first.key > second.key
            }
        }.map(\.key)
    }

    /// The packages of a release's image.
    func images(of release: String) -> [InstalledPackage] {
        images.filter { $0.release == release }.map(\.package)
    }

    /// Whether a kernel in this version would go at once if it came back: as many newer ones as are to be
    /// left are there.
    func isTooOld(
        _ name: PackageName, _ version: PackageVersion, limit: Int?, besides leaving: Set<String>
    ) -> Bool {
        guard let limit, let part = KernelPart(name) else { return false }
        let flavour = KernelPart.flavour(of: part.release)
        let newer = Set(
            images.filter { image in
                !leaving.contains(image.release) && image.release != part.release
                    && (flavour.isEmpty || KernelPart.flavour(of: image.release) == flavour)
                    && VersionOrder.debian.compare(image.package.version, version) == .newer
            }.map(\.release))
        return newer.count >= limit
    }
}

extension NodeState {
    /// The last kernel but `release` with which the node was well and that is still installed.
    package func formerKernel(besides release: String, in inventory: Inventory) -> String? {
        let stock = KernelStock(inventory)
        return wellKernels.last { $0 != release && !stock.images(of: $0).isEmpty }
    }

    /// The packages of kernels that a baseline with `kernels` lets go.
    ///
    /// Only those that Plimsoll brought and nobody has changed since, that are older than as many as the
    /// baseline leaves, and only once the node was well with the one that runs. The one that runs stays, and
    /// so does the last other one that was well; a kernel whose image is a person's, held by hand or named by
    /// the baseline stays with all that belongs to it.
    func spareKernels(
        for form: CanonicalForm, running: String, in inventory: InventoryIndex
    ) -> [PackageID] {
        guard let limit = form.kernels, wellKernels.contains(running) else { return [] }
        let stock = KernelStock(inventory.inventory)
        let releases = stock.releases(like: running)
        guard let place = releases.firstIndex(of: running) else { return [] }
        let former = formerKernel(besides: running, in: inventory.inventory)
        let brought = changes.brought
        let named = Set(form.entries.filter { $0.requirement.version != nil }.map(\.key))
        func mayGo(_ package: InstalledPackage) -> Bool {
            brought[package.id] == package.version && !package.isHeld
                && !named.contains(.package(package.id.name, nil))
                && !named.contains(.package(package.id.name, package.id.architecture))
        }
        let spare = releases.dropFirst(max(limit, place + 1)).filter { release in
            release != former && stock.images(of: release).allSatisfy(mayGo)
        }
        let staying = releases.filter { !spare.contains($0) }
        return inventory.inventory.packages.filter { package in
            guard package.state != .configFiles, let part = KernelPart(package.id.name),
                spare.contains(where: part.belongs)
            else { return false }
            return !staying.contains(where: part.belongs) && mayGo(package)
        }.map(\.id)
    }
}

extension ChangeLog {
    /// The packages that came in by Plimsoll's transactions, in the versions that these gave them last.
    var brought: [PackageID: PackageVersion] {
        var first: [PackageID: PackageChange] = [:]
        var last: [PackageID: PackageVersion] = [:]
        for change in chapters.flatMap(\.changes) {
            if first[change.id] == nil { first[change.id] = change }
            last[change.id] = change.to
        }
        return last.filter { first[$0.key]?.from == nil }
    }
}
