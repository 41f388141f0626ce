internal import FleetCore
internal import FleetReconciler
internal import Glibc

/// Whether a plan's packages fit, in bytes and in inodes, before anything of it is fetched or changed: dpkg
/// leaves half a package where a disk fills up.
///
/// dpkg unpacks each package beside the one that it replaces. So the most that is needed at once is what all
/// packages grow by, and the largest of them once more. Where exactly the files go is known only once they
/// are unpacked: they are reckoned to `/usr`, and those of kernels to `/boot` besides.
struct SpaceBudget {
    private let configuration: AptConfiguration
    private let plan: Plan

    init(_ configuration: AptConfiguration, plan: Plan) {
        self.configuration = configuration
        self.plan = plan
    }

    /// What stays free besides, so that the node can still write its state and tell what happened. What goes
    /// back may use it.
    private static let reserve = Amount(bytes: 8 << 20, inodes: 256)

    /// Bytes and inodes.
    private struct Amount {
        var bytes: UInt64 = 0
        var inodes: UInt64 = 0

        static func + (left: Amount, right: Amount) -> Amount {
            Amount(bytes: left.bytes &+ right.bytes, inodes: left.inodes &+ right.inodes)
        }
    }

    /// - Throws: ``PackageError`` with `noSpace` that names the file system, what it has, and what it takes.
    func check() async throws(PackageError) {
        let incoming = plan.changes.filter { $0.to != nil && $0.to != $0.from }
        guard !incoming.isEmpty else { return }
        let packages = try await need(of: incoming)
        let reserve = plan.request.isReturn ? Amount() : Self.reserve
        let needs = [
            ("/usr", configuration.path("usr"), packages), ("/", configuration.path(""), reserve),
            ("/var", configuration.path("var"), reserve),
            ("the node's state folder", configuration.workspace, reserve),
            ("/boot", configuration.path("boot"), kernelFiles(of: incoming)),
        ]
        var systems: [FileSystem] = []
        for (name, path, need) in needs {
            guard let found = FileSystem(name, path: path) else { continue }
            let index = systems.firstIndex { $0.device == found.device } ?? systems.endIndex
            if index == systems.endIndex { systems.append(found) }
            // Several reserves on one file system are one.
            if name == "/usr" || name == "/boot" {
                systems[index].need = systems[index].need + need
            } else {
                systems[index].reserve = need
            }
        }
        for system in systems {
            if let shortage = system.shortage { throw PackageError(.noSpace, shortage) }
        }
    }

    /// A file system with what it has and what it takes.
    private struct FileSystem {
        let name: String
        let device: dev_t
        let free: Amount
        /// Whether it has a table of inodes that can be full.
        let hasInodes: Bool
        var need = Amount()
        var reserve = Amount()

        /// - Returns: nil if there is no such folder, or it cannot be asked: nothing is known against it.
        init?(_ name: String, path: String) {
            var status = stat()
            var space = statvfs()
            guard stat(path, &status) == 0, statvfs(path, &space) == 0 else { return nil }
            self.name = name
            device = status.st_dev
            let bytes = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
            free = Amount(bytes: bytes.overflow ? .max : bytes.partialValue, inodes: UInt64(space.f_favail))
            hasInodes = space.f_files > 0
        }

        var shortage: String? {
            let total = need + reserve
            let kept = reserve.bytes >> 20
            let besides = kept > 0 ? ", \(kept) MiB of it for state and reports" : ""
            if free.bytes < total.bytes {
                return "the file system of \(name) has \(Self.mebibytes(free.bytes)) MiB left, and "
                    + "\(Self.mebibytes(total.bytes)) MiB must be free\(besides)"
            }
            if hasInodes, free.inodes < total.inodes {
                return "the file system of \(name) has \(free.inodes) inodes left, and "
                    + "\(total.inodes) must be free"
            }
            return nil
        }

        private static func mebibytes(_ bytes: UInt64) -> UInt64 { (bytes &+ (1 << 20) - 1) >> 20 }
    }

    /// What unpacking takes at most at once.
    private func need(of incoming: [PackageChange]) async throws(PackageError) -> Amount {
        let native = try DpkgDatabase(folder: configuration.databaseFolder).inventory.native
        let names = incoming.compactMap { change in
            change.to.map { "\(change.id.aptName(native: native))=\($0)" }
        }
        let shown = try await AptCommand(configuration).cache(["show"] + names)
        let later = Self.sizes(in: shown.output)
        let status = (try? readFile(configuration.databaseFolder + "/status", limit: 128 << 20)) ?? []
        let now = Self.sizes(in: status)
        var growth = Amount()
        var largest = Amount()
        for change in incoming {
            guard let version = change.to else { continue }
            let size = later[Instance(id: change.id, version: version)] ?? 0
            let before = change.from.flatMap { now[Instance(id: change.id, version: $0)] } ?? 0
            let files = change.from == nil ? size / Self.bytesPerFile : numberOfFiles(of: change.id)
            growth.bytes += size > before ? size - before : 0
            if change.from == nil { growth.inodes += files }
            largest.bytes = max(largest.bytes, size)
            largest.inodes = max(largest.inodes, files)
        }
        return growth + largest
    }

    /// How large a file is at least, on average: of few packages is it less.
    private static let bytesPerFile: UInt64 = 4_096

    struct Instance: Hashable {
        let id: PackageID
        let version: PackageVersion
    }

    /// The installed sizes in bytes (deb-control(5): `Installed-Size` is in KiB).
    static func sizes(in control: [UInt8]) -> [Instance: UInt64] {
        var sizes: [Instance: UInt64] = [:]
        ControlData(control).forEachParagraph(["Package", "Architecture", "Version", "Installed-Size"]) {
            values in
            guard let name = values[0].flatMap({ PackageName($0) }),
                let architecture = values[1].flatMap({ Architecture($0) }),
                let version = values[2].flatMap({ PackageVersion($0) }),
                let size = values[3].flatMap({ UInt64($0) }), size < 1 << 40
            else { return }
            let id = PackageID(name: name, architecture: architecture)
            sizes[Instance(id: id, version: version)] = size << 10
        }
        return sizes
    }

    /// How many paths dpkg lists of an installed package.
    private func numberOfFiles(of id: PackageID) -> UInt64 {
        let folder = configuration.databaseFolder + "/info"
        for name in ["\(id.name)", "\(id)"] {
            guard let list = try? readFile("\(folder)/\(name).list", limit: 64 << 20) else { continue }
            return UInt64(list.count { $0 == 0x0A })
        }
        return 0
    }

    /// What kernels that come in need in `/boot`: twice a kernel and its initial file system, which is made
    /// anew beside the old one, as large as the largest ones there.
    private func kernelFiles(of incoming: [PackageChange]) -> Amount {
        let prefix = "linux-image-"
        let kernels = incoming.filter { change in
            let name = change.id.name.description
            return name.hasPrefix(prefix) && name.dropFirst(prefix.count).first?.isNumber == true
        }
        guard !kernels.isEmpty else { return Amount() }
        let folder = configuration.path("boot")
        let files = (try? namesInFolder(folder)) ?? []
        let largest = ["vmlinuz-", "initrd.img-"].map { beginning in
            files.filter { $0.hasPrefix(beginning) }.compactMap { sizeOfFile("\(folder)/\($0)") }.max() ?? 0
        }
        let size = UInt64(2 * largest.reduce(0, +))
        return Amount(bytes: size * UInt64(kernels.count), inodes: 8 * UInt64(kernels.count))
    }
}
