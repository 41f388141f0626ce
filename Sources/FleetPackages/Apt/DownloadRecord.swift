internal import FleetCore
internal import FleetReconciler

/// Which package files in the workspace were fetched whole, and for which request.
///
/// A file alone proves nothing: it may be what a power cut has left. So a request's files are flushed to the
/// disk first, then written down with their sizes, a list for each request.
struct DownloadRecord {
    private let configuration: AptConfiguration

    init(_ configuration: AptConfiguration) { self.configuration = configuration }

    private var folder: String { configuration.workspacePath("downloads") }
    private var archives: String { configuration.archivesFolder }

    /// The largest list that is read, in bytes.
    private static let largestList = 4 << 20

    /// Whether all of these files are there as the list of the request has them. What was fetched for another
    /// one may be from other sources: its digests are asked again.
    func hasWhole(_ names: [String], for request: ChangeRequest) -> Bool {
        guard !names.isEmpty else { return true }
        guard let known = read(listName(of: request)) else { return false }
        return names.allSatisfy { name in
            sizeOfFile("\(archives)/\(name)").map { known[name] == $0 } ?? false
        }
    }

    /// Whether everything that a request needs was fetched for it, and is there.
    func hasAll(for request: ChangeRequest) -> Bool {
        guard let files = read(listName(of: request)) else { return false }
        return files.allSatisfy { sizeOfFile("\(archives)/\($0.key)") == $0.value }
    }

    /// Makes files durable and writes them down.
    func note(_ names: [String], for request: ChangeRequest) throws(FileError) {
        var files: [String: Int] = [:]
        for name in names { files[name] = sizeOfFile("\(archives)/\(name)") }
        let list = listName(of: request)
        guard read(list) != files else { return }
        for name in names { try flushFile("\(archives)/\(name)") }
        try flushFile(archives)
        try makeFolder(folder)
        // The count tells a whole list from what a power cut has left of one.
        let lines = files.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        try writeFile("\(folder)/\(list)", (["\(files.count)"] + lines).joined(separator: "\n") + "\n")
    }

    /// Removes the files that nothing needs, and the lists of which nothing is left.
    ///
    /// What cannot be removed costs space alone; it is tried again.
    func removeFiles(
        exceptFor requests: [ChangeRequest], _ changes: [PackageChange], installed: () -> Inventory?
    ) {
        let lists = lists()
        let current = Set(requests.map(listName(of:)))
        var needed = Set(lists.filter { current.contains($0.name) }.flatMap(\.files.keys))
        for request in requests {
            for (id, version) in request.targets {
                // Which of the two the file is for, only its source knows.
                for architecture in [id.architecture, .all] {
                    let id = PackageID(name: id.name, architecture: architecture)
                    needed.insert(configuration.archiveName(of: id, version))
                }
            }
        }
        for change in changes {
            for version in [change.from, change.to].compactMap(\.self) {
                needed.insert(configuration.archiveName(of: change.id, version))
            }
        }
        for folder in [archives, archives + "/partial"] {
            remove(in: folder, except: needed, installed: installed)
        }
        for list in lists where !current.contains(list.name) {
            let isLeft = list.files.keys.contains { sizeOfFile("\(archives)/\($0)") != nil }
            if !isLeft { try? removeFile("\(folder)/\(list.name)") }
        }
    }

    private func remove(in folder: String, except needed: Set<String>, installed: () -> Inventory?) {
        let files = ((try? namesInFolder(folder)) ?? []).filter { $0.contains(".deb") }
        let doubtful = files.filter { !needed.contains($0) }
        guard !doubtful.isEmpty, let packages = installed()?.packages else { return }
        let names = Set(doubtful.map { $0.prefix { $0 != "_" } })
        let present = packages.filter { $0.isPresent && names.contains($0.id.name.description[...]) }
        let kept = Set(present.map { configuration.archiveName(of: $0.id, $0.version) })
        for name in doubtful where !kept.contains(name) { try? removeFile("\(folder)/\(name)") }
    }

    private func lists() -> [(name: String, files: [String: Int])] {
        let names = ((try? namesInFolder(folder)) ?? []).filter { !$0.hasSuffix(".new") }
        return names.map { ($0, read($0) ?? [:]) }
    }

    /// A list's files with their sizes; nil if there is no such list, or not all of it.
    private func read(_ list: String) -> [String: Int]? {
        (try? readFile("\(folder)/\(list)", limit: Self.largestList)).flatMap(Self.files)
    }

    /// The files that a list has, with their sizes; nil if it is not whole.
    static func files(in bytes: [UInt8]) -> [String: Int]? {
        let lines = String(decoding: bytes, as: UTF8.self).lines()
        guard let count = lines.first.flatMap({ Int($0) }), lines.count - 1 == count else { return nil }
        var files: [String: Int] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            guard words.count == 2, let size = Int(words[1]) else { return nil }
            files[String(words[0])] = size
        }
        return files
    }

    /// A request's list has the digest of all by which apt chooses as its name.
    private func listName(of request: ChangeRequest) -> String {
        var lines = request.pins.map { "pin \($0.key) \($0.version)" }.sorted()
        lines += request.targets.map { "target \($0.key) \($0.value)" }.sorted()
        lines += request.removals.map { "removal \($0.key) \($0.value)" }.sorted()
        lines += request.sha256.map { "sha256 \($0.key) \($0.value)" }.sorted()
        for source in request.sources ?? [] { lines.append("source \(source.name)\n\(source.content)") }
        return Digest(of: Array(lines.joined(separator: "\n").utf8)).hex
    }
}
