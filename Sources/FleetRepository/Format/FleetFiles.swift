internal import FleetCore

/// Reads and decodes single files of a tree. What is wrong with the content is a problem; what could not be
/// read now, an error.
struct FleetFiles {
    let tree: any FileTree

    /// What stands at a path.
    enum Content {
        case bytes([UInt8])
        case missing
        /// Something that is not read: too large, or no regular file.
        case refused(Problem)
    }

    /// Reads what stands at a path, as far as a file of its kind may be long.
    func content(_ path: String) throws(FileTreeError) -> Content {
        do throws(FileTreeError) {
            let limit = Layout.limit(of: FileKind(path: path))
            return try tree.file(at: path, limit: limit).map { .bytes($0) } ?? .missing
        } catch {
            guard error.code != .access else { throw error }
            return .refused(Problem(path, .start, error.message))
        }
    }

    /// What is wrong with a path where something else than a file stands: a link or a submodule, which nobody
    /// follows; nil if it is a file, or nothing.
    func notFollowed(_ path: String) throws(FileTreeError) -> Problem? {
        do throws(FileTreeError) {
            _ = try tree.file(at: path, limit: 0)
            return nil
        } catch {
            switch error.code {
            case .access: throw error
            case .content: return nil
            case .wrongKind:
                return Problem(path, .start, "\(error.message); links and submodules are not followed")
            }
        }
    }

    /// The bytes of a file of the layout, or the problem that keeps it from being read.
    func bytes(_ path: String) throws(FileTreeError) -> Result<[UInt8], Problem> {
        switch try content(path) {
        case .bytes(let bytes): .success(bytes)
        case .missing: .failure(Problem(path, .start, Self.missing))
        case .refused(let problem): .failure(problem)
        }
    }

    private static let missing = "the file does not exist"

    /// What `decode` makes of a file.
    func decoded<Value>(
        _ path: String, _ decode: ([UInt8]) -> Decoded<Value>
    ) throws(FileTreeError) -> Decoded<Value> {
        switch try bytes(path) {
        case .success(let bytes): decode(bytes)
        case .failure(let problem): Decoded(value: nil, problems: [problem])
        }
    }

    /// A baseline as it is written.
    ///
    /// - Returns: nil if there is no such file.
    func baseline(_ name: BaselineName) throws(FileTreeError) -> Decoded<BaselineFile>? {
        switch try content(Layout.baseline(name)) {
        case .bytes(let bytes): BaselineFile.decode(bytes, name: name)
        case .missing: nil
        case .refused(let problem): Decoded(value: nil, problems: [problem])
        }
    }

    /// A baseline with its includes, and all that is wrong with it or them.
    func mergedBaseline(_ name: BaselineName) throws(FileTreeError) -> Decoded<Baseline> {
        guard let own = try baseline(name) else {
            let problem = Problem(Layout.baseline(name), .start, Self.missing)
            return Decoded(value: nil, problems: [problem])
        }
        guard let file = own.value else { return Decoded(value: nil, problems: own.problems) }
        var problems = own.problems
        var included: [BaselineName: BaselineFile?] = [:]
        for include in file.includes where include.name != name {
            guard let other = try baseline(include.name) else { continue }
            problems += other.problems
            included.updateValue(other.value, forKey: include.name)
        }
        let merged = BaselineMerge.merge(file, known: []) { included[$0] }
        return Decoded(value: merged.value, problems: problems + merged.problems)
    }

    /// The text of a source list.
    func sourceList(_ name: SourceListName) throws(FileTreeError) -> Decoded<SourceList> {
        let path = Layout.sourceList(name)
        return try decoded(path) { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return Decoded(
                    value: nil, problems: [Problem(path, .start, "found bytes that are not UTF-8")])
            }
            return Decoded(value: SourceList(name: name, content: text), problems: [])
        }
    }
}
