/// The key `remotes`: further places of the branch, in the order in which they are asked.
enum RemoteList {
    static let expected = "a URL (https, ssh, git, file) or an absolute path"
    private static let shared = "a URL (https, ssh, git) without user and password, or with ssh its user"

    /// A remote as it is written.
    static func remote(
        _ node: DocumentNode, expected: String, _ problems: FileProblems
    ) -> (text: String, url: RemoteURL)? {
        guard let text = node.scalar(expected: expected, problems) else { return nil }
        do {
            return (text, try RemoteURL(text))
        } catch {
            problems.add(node.place, "\(error.message); expected \(expected)")
            return nil
        }
    }

    /// The list of a node's own configuration.
    ///
    /// - Parameter first: the remote that is asked before them; nil where it is wrong.
    static func read(_ reader: MappingReader, besides first: String?) -> [String] {
        let known = first.flatMap { try? RemoteURL($0) }.map { [$0.place] } ?? []
        return read(reader, expected: expected, places: Set(known)) { _ in nil }
    }

    /// The list of `fleet.yaml`, which is the same for all nodes and read by all who read the repository.
    ///
    /// A path would be another one on each machine, and have root's `git` open a folder there that its
    /// administrator has not named.
    static func readShared(_ reader: MappingReader) -> [String] {
        read(reader, expected: shared, places: []) { remote in
            if case .file = remote.location { return "a path says something else on each node" }
            return remote.carriesSecret ? "everybody who reads the repository would know the secret" : nil
        }
    }

    private static func read(
        _ reader: MappingReader, expected: String, places: Set<String>, fault: (RemoteURL) -> String?
    ) -> [String] {
        guard let list = reader.node("remotes"), !list.isNull else { return [] }
        let problems = reader.problems
        var places = places
        var remotes: [String] = []
        for node in list.items("a list of remotes, each \(expected)", problems) ?? [] {
            guard let (text, remote) = remote(node, expected: expected, problems) else { continue }
            if let fault = fault(remote) {
                problems.add(node.place, "'\(remote)': \(fault); expected \(expected)")
            } else if !places.insert(remote.place).inserted {
                problems.add(node.place, "'\(remote)' is named before; each remote is named once")
            } else {
                remotes.append(text)
            }
        }
        if remotes.count > RemoteURL.mostInList {
            problems.add(list.place, "\(remotes.count) remotes; expected at most \(RemoteURL.mostInList)")
        }
        return remotes
    }
}
