internal import FleetCore
internal import Glibc

/// Looks in proc(5) for processes that run code whose file has been replaced or removed, and for the services
/// that they belong to.
///
/// What only an interpreter knows, such as a Python module that was loaded from an older file, is not seen
/// here: needrestart sees that as well.
struct ProcessScan {
    /// Where proc(5) is.
    var folder = "/proc"

    /// The replaced files by the service that runs them, with the names that they had.
    func replacedFiles() throws(FileError) -> [String: Set<String>] {
        var files: [String: Set<String>] = [:]
        for name in try namesInFolder(folder) where Int32(name) != nil {
            let found = replacedFiles(ofProcess: "\(folder)/\(name)")
            guard !found.isEmpty, let unit = service(ofProcess: "\(folder)/\(name)") else { continue }
            files[unit, default: []].formUnion(found)
        }
        return files
    }

    /// The name of the service that a process belongs to, by its control group (cgroups(7)); nil if it is not
    /// one of the system's.
    func service(ofProcess path: String) -> String? {
        guard let bytes = try? readFile(path + "/cgroup", limit: 65_536) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).lines() {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1] == "name=systemd" else { continue }
            let groups = parts[2].split(separator: "/")
            guard groups.first == "system.slice" else { return nil }
            return groups.first { $0.hasSuffix(".service") }.map(String.init)
        }
        return nil
    }

    private func replacedFiles(ofProcess path: String) -> Set<String> {
        // A process with a root of its own runs other files than those that packages bring here.
        guard link(path + "/root") == "/", let bytes = try? readFile(path + "/maps", limit: 64 << 20) else {
            return []
        }
        var files: Set<String> = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard line.suffix(Self.mark.count).elementsEqual(Self.mark) else { continue }
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count == 6, fields[1].contains(UInt8(ascii: "x")) else { continue }
            var name = String(decoding: fields[5].dropLast(Self.mark.count), as: UTF8.self)
            if let start = name.firstIndex(of: "/") { name = String(name[start...]) }
            if Self.isOfPackages(name) { files.insert(Self.withoutSuffix(name)) }
        }
        return files
    }

    private func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
        }
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// What the kernel writes after the name of a mapped file that is no more.
    private static let mark = Array(" (deleted)".utf8)

    /// Whether packages bring files there: what a program makes for itself and maps is no old code.
    private static func isOfPackages(_ path: String) -> Bool {
        ["/usr/", "/lib", "/bin/", "/sbin/", "/opt/"].contains { path.hasPrefix($0) }
            && !path.hasPrefix("/usr/local/")
    }

    /// dpkg gives files other names while it replaces them.
    private static func withoutSuffix(_ path: String) -> String {
        for suffix in [".dpkg-new", ".dpkg-tmp"] where path.hasSuffix(suffix) {
            return String(path.dropLast(suffix.utf8.count))
        }
        return path
    }
}
