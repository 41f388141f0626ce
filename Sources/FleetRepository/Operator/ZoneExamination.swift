internal import FleetCore

/// Compares the time zones of windows and freezes with a time zone database: in a zone that nodes do not know
/// windows stay shut.
struct ZoneExamination {
    private let files: FleetFiles
    private let known: Set<String>
    private(set) var problems: [Problem] = []

    /// - Parameter known: the names of the database.
    init(files: FleetFiles, known: Set<String>) {
        self.files = files
        self.known = known
    }

    mutating func run() throws(FileTreeError) {
        for path in try files.tree.paths(below: "") {
            switch FileKind(path: path) {
            case .fleet: try examine(path, at: ["defaults"])
            case .group: try examine(path, at: [])
            case .baseline, .node, .proceed, .sourceList, .trust, .misplaced, .other: continue
            }
        }
    }

    /// Examines the mapping to which `keys` lead. What cannot be read there, the validation of the format
    /// says.
    private mutating func examine(_ path: String, at keys: [String]) throws(FileTreeError) {
        guard case .success(let bytes) = try files.bytes(path),
            var node = try? DocumentParser.parse(bytes, file: path)
        else { return }
        for key in keys {
            guard let value = node.value(of: key) else { return }
            node = value
        }
        for key in ["window", "freeze"] {
            guard case .list(let items) = node.value(of: key)?.content else { continue }
            for zone in items.compactMap({ $0.value(of: "zone") }) { examine(zone, path) }
        }
    }

    private mutating func examine(_ zone: DocumentNode, _ path: String) {
        guard case .text(let text, isPlain: _) = zone.content,
            case .database(let name) = ZoneName(text), !known.contains(name)
        else { return }
        let nearest = NearestWord.of(name, in: known.sorted() + ["UTC", "local"])
        let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
        problems.append(
            Problem(path, zone.place, "'\(name)' is not in this machine's time zone database\(hint)"))
    }
}

extension DocumentNode {
    /// The value of a key, if this is a mapping that has it.
    fileprivate func value(of key: String) -> DocumentNode? {
        guard case .mapping(let pairs) = content else { return nil }
        return pairs.first { $0.key == key }?.value
    }
}
