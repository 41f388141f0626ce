internal import FleetCore
internal import Glibc

/// The keys by which source lists have their sources verified: `Signed-By` in deb822 form
/// (sources.list(5)), as a path or as the key itself, and `[signed-by=…]` in a line.
struct SourceKeyrings {
    private let configuration: AptConfiguration
    private let sources: [SourceList]?

    init(_ configuration: AptConfiguration, sources: [SourceList]?) {
        self.configuration = configuration
        self.sources = sources
    }

    private static let largestFile = 4 << 20

    /// What differs once a key, a key file or a source list does. Reads no file.
    ///
    /// - Parameter keys: those that are known, whose files are looked at.
    func mark(of keys: [SourceKey]) -> String {
        var words: [String] = []
        if let sources {
            words = sources.map { "\($0.name)\n\($0.content)" }
        } else {
            words = systemFolders.map { Self.identity(configuration.path($0)) }
        }
        words += Set(keys.map(\.path)).sorted().map { path in
            path.hasPrefix("/") ? Self.identity(path) : path
        }
        return Digest(of: Array(words.joined(separator: "\n").utf8)).hex
    }

    private var systemFolders: [String] { ["etc/apt/sources.list", "etc/apt/sources.list.d"] }

    private static func identity(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "none" }
        let times = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        return "\(status.st_dev) \(status.st_ino) \(status.st_size) \(times)"
    }

    /// The keys of all source lists. What cannot be read has none: apt will say so.
    func keys() -> [SourceKey] {
        var keys: [SourceKey] = []
        for list in lists() {
            let (paths, texts) = Self.signers(in: list.content)
            for path in paths {
                // With another root, too, apt takes this path for one of the host.
                guard let bytes = try? readFile(path, limit: Self.largestFile) else { continue }
                keys += OpenPGPKeyring.keys(in: bytes).map {
                    SourceKey(path: path, id: $0.id, expires: $0.expires)
                }
            }
            for text in texts {
                keys += OpenPGPKeyring.keys(in: Array(text.utf8)).map {
                    SourceKey(path: list.name, id: $0.id, expires: $0.expires)
                }
            }
        }
        var seen: Set<SourceKey> = []
        return keys.filter { seen.insert($0).inserted }
    }

    private func lists() -> [(name: String, content: String)] {
        if let sources { return sources.map { ("sources/\($0.name).sources", $0.content) } }
        var paths = ["/etc/apt/sources.list"]
        let folder = "etc/apt/sources.list.d"
        for name in (try? namesInFolder(configuration.path(folder))) ?? []
        where name.hasSuffix(".sources") || name.hasSuffix(".list") {
            paths.append("/\(folder)/\(name)")
        }
        return paths.compactMap { path in
            let file = configuration.path(String(path.dropFirst()))
            guard let bytes = try? readFile(file, limit: Self.largestFile) else { return nil }
            return (path, String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The key files and the keys that a source list names.
    static func signers(in content: String) -> (paths: [String], texts: [String]) {
        var paths: [String] = []
        var texts: [String] = []
        var value: [String]?
        func end() {
            guard let lines = value else { return }
            value = nil
            let text = lines.joined(separator: "\n")
            if text.contains("-----BEGIN") {
                texts.append(text)
            } else {
                let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "," })
                paths += words.filter { $0.hasPrefix("/") }.map(String.init)
            }
        }
        for line in content.lines(omittingEmpty: false) {
            if value != nil, line.hasPrefix(" ") || line.hasPrefix("\t") {
                // A dot stands for an empty line (deb822(5)).
                let text = line.drop { $0 == " " || $0 == "\t" }
                value?.append(text == "." ? "" : String(text))
                continue
            }
            end()
            if line.lowercased().hasPrefix("signed-by:") {
                value = [String(line.dropFirst(10))]
            } else if line.hasPrefix("deb"), let start = line.range(of: "signed-by=") {
                let rest = line[start.upperBound...].prefix { $0 != " " && $0 != "]" }
                paths += rest.split(separator: ",").filter { $0.hasPrefix("/") }.map(String.init)
            }
        }
        end()
        return (paths, texts)
    }
}

extension Substring {
    /// The first place at which `word` stands.
    fileprivate func range(of word: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(word) { return start..<index(start, offsetBy: word.count) }
            start = index(after: start)
        }
        return nil
    }
}
