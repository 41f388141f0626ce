internal import CLibgit2
package import FleetCore

/// A reference and what it names.
package struct GitReference: Hashable, Sendable {
    /// The full name, such as `refs/heads/main`.
    package let name: String
    /// The object that it names: a commit, but of a tag it may be the tag.
    package let id: CommitID

    package init(name: String, id: CommitID) {
        self.name = name
        self.id = id
    }
}

/// What a reference must be before it is changed.
package enum ReferenceExpectation: Equatable, Sendable {
    /// Whatever it is.
    case anything
    /// Not there.
    case absent
    /// Exactly this.
    case value(CommitID)
}

extension GitRepository {
    /// What a reference names, followed through symbolic references.
    ///
    /// - Returns: nil if there is none of this name.
    package func reference(_ name: String) throws(GitError) -> CommitID? {
        var id = git_oid()
        do throws(GitError) {
            try checkName(name, "read reference")
            try git("read reference", name) { git_reference_name_to_id(&id, pointer, name) }
        } catch  where error.code == .notFound {
            return nil
        }
        return try CommitID(id, "read reference")
    }

    /// The references whose names begin with `prefix`, such as `refs/heads/latest/`, in the order of their
    /// names.
    ///
    /// - Throws: `GitError.Code.invalidName` if the prefix has a character that no reference may have.
    package func references(prefix: String) throws(GitError) -> [GitReference] {
        let operation = "list references"
        guard !prefix.utf8.contains(where: { "*?[\\".utf8.contains($0) || $0 < 0x20 }) else {
            throw GitError(
                operation, prefix, .invalidName, "the prefix has a character that no reference has")
        }
        let iterator = try GitHandle(operation, prefix, release: git_reference_iterator_free) {
            git_reference_iterator_glob_new(&$0, pointer, prefix + "*")
        }
        var found: [GitReference] = []
        while true {
            do throws(GitError) {
                let reference = try GitHandle(operation, prefix, release: git_reference_free) { pointer in
                    let result = git_reference_next(&pointer, iterator.pointer)
                    return result == GIT_ITEROVER.rawValue ? GIT_ENOTFOUND.rawValue : result
                }
                // A symbolic reference has no id of its own; what it names is listed under its own name.
                guard let id = git_reference_target(reference.pointer),
                    let name = git_reference_name(reference.pointer)
                else { continue }
                found.append(
                    GitReference(name: String(cString: name), id: try CommitID(id.pointee, operation)))
            } catch  where error.code == .notFound {
                return found.sorted { $0.name < $1.name }
            }
        }
    }

    /// Makes a reference name `id`, durably.
    ///
    /// - Throws: `GitError.Code.exists` or `.modified` if it is not what was expected; `.locked` if another
    ///   process changes it.
    package func setReference(
        _ name: String, to id: CommitID, expecting: ReferenceExpectation = .anything
    ) throws(GitError) {
        let operation = "set reference"
        try checkName(name, operation)
        var new = id.bytes
        _ = try GitHandle(operation, name, release: git_reference_free) { reference in
            switch expecting {
            case .anything: return git_reference_create(&reference, pointer, name, &new, 1, nil)
            case .absent: return git_reference_create(&reference, pointer, name, &new, 0, nil)
            case .value(let old):
                var expected = old.bytes
                return git_reference_create_matching(&reference, pointer, name, &new, 1, &expected, nil)
            }
        }
    }

    /// Deletes a reference.
    ///
    /// - Returns: false if there is none of this name and none was expected.
    /// - Throws: `GitError.Code.modified` if it is not what was expected.
    @discardableResult
    package func deleteReference(
        _ name: String, expecting: ReferenceExpectation = .anything
    ) throws(GitError) -> Bool {
        let operation = "delete reference"
        try checkName(name, operation)
        do throws(GitError) {
            let reference = try GitHandle(operation, name, release: git_reference_free) {
                git_reference_lookup(&$0, pointer, name)
            }
            let id = git_reference_target(reference.pointer)?.pointee.hex
            let isExpected =
                switch expecting {
                case .anything: true
                case .absent: false
                case .value(let old): id == old.hex
                }
            guard isExpected else {
                throw GitError(operation, name, .modified, "it is at \(id ?? "a symbolic reference")")
            }
            // Fails if the reference has moved since it was looked up.
            try git(operation, name) { git_reference_delete(reference.pointer) }
            return true
        } catch  where error.code == .notFound {
            if case .value = expecting {
                throw GitError(operation, name, .modified, "there is no such reference")
            }
            return false
        }
    }

    private func checkName(_ name: String, _ operation: String) throws(GitError) {
        var valid: Int32 = 0
        if !name.utf8.contains(0) { try git(operation, name) { git_reference_name_is_valid(&valid, name) } }
        guard valid == 1 else { throw GitError(operation, name, .invalidName, "not the name of a reference") }
    }
}
