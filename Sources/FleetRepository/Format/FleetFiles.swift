internal import FleetCore

/// Reads and decodes single files of a tree. What is wrong with the content is a problem; what could not be
/// read now, an error.
struct FleetFiles {
    let tree: any FileTree

    /// The bytes of a file.
    ///
    /// - Returns: a problem in their place if there is no file, or none that is read.
    func bytes(_ path: String) throws(FileTreeError) -> Result<[UInt8], Problem> {
        do throws(FileTreeError) {
            if let bytes = try tree.file(at: path, limit: Layout.limit(of: FileKind(path: path))) {
                return .success(bytes)
            }
            return .failure(Problem(path, .start, "the file does not exist"))
        } catch {
            guard error.code == .content else { throw error }
            return .failure(Problem(path, .start, error.message))
        }
    }

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
    func baseline(_ name: BaselineName) throws(FileTreeError) -> Decoded<BaselineFile> {
        try decoded(Layout.baseline(name)) { BaselineFile.decode($0, name: name) }
    }

    /// A baseline with its includes, and all that is wrong with it or them.
    func mergedBaseline(_ name: BaselineName) throws(FileTreeError) -> Decoded<Baseline> {
        let own = try baseline(name)
        guard let file = own.value else { return Decoded(value: nil, problems: own.problems) }
        var problems = own.problems
        var included: [BaselineName: BaselineFile?] = [:]
        for include in file.includes where include.name != name {
            guard case .success(let bytes) = try bytes(Layout.baseline(include.name)) else { continue }
            let other = BaselineFile.decode(bytes, name: include.name)
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
