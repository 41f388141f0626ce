@testable import FleetCore
@testable import FleetRepository

/// Names and addresses, and what the network child and its parent tell each other.
extension FuzzTarget {
    static let network: [FuzzTarget] = [message, request, remote, percentEncoding, references, paths]

    /// Lines that the child without rights writes, which a server may have taken over.
    private static let message = FuzzTarget(
        text: "network-message",
        words: [
            "connected", "progress ", "listed ", "updated ", "accepted ", "not-fast-forward ", "rejected ",
            "failed ", "done", "%0A", "%20", "0123456789abcdef0123456789abcdef01234567 ",
        ]
    ) { text in
        for line in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard let message = NetworkMessage(String(decoding: line, as: UTF8.self)) else { continue }
            try demand(!message.line.utf8.contains(0x0A), "a message is one line")
            let again = NetworkMessage(message.line)
            if case .failed = message { continue }
            if case .verdict(_, .rejected) = message { continue }
            try demand(again == message, "what is written of a message is read as it")
        }
    }

    private static let request = FuzzTarget(
        text: "network-request",
        words: [
            "url ", "folder ", "parent 1\n", "ssh-key ", "known-hosts ", "fleet-hosts ", "volatile \n",
            "account 1:1:/",
            "place ", "list \n", "fetch 1\n", "push \n", "get refs/heads/main:refs/remotes/fleet/main\n",
            "put 0123456789abcdef0123456789abcdef01234567:refs/heads/a\n", "end\n",
        ]
    ) { text in
        guard let request = NetworkRequest(text) else { return }
        try demand(NetworkRequest(request.text) == request, "what is written of a request is read as it")
    }

    private static let remote = FuzzTarget(
        text: "remote-url", longest: 512,
        words: ["https://", "ssh://", "git://", "file://", "localhost/", "git@", "[::1]", ":22", "%2d", "-o"]
    ) { text in
        guard let remote = try? RemoteURL(text) else { return }
        _ = remote.redacted(text)
        try demand(!remote.place.isEmpty, "each remote is somewhere")
        guard case .ssh(let user, let host, let port, let path) = remote.location else { return }
        for part in [user ?? "x", host, path] {
            try demand(part.utf8.first != UInt8(ascii: "-"), "no part of a remote is an option of ssh")
            try demand(!part.utf8.isEmpty && !part.utf8.contains(0), "each part of a remote is an argument")
        }
        try demand((1...65_535).contains(port ?? 22), "a port is one")
    }

    private static let percentEncoding = FuzzTarget(
        text: "percent-encoding", longest: 512, words: ["%", "%2f"]
    ) {
        text in
        try demand(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "all text has an encoding")
        try demand(
            PercentEncoding.encode(text).utf8.allSatisfy { (0x21...0x7E).contains($0) },
            "what is encoded has no space and no control character")
        _ = PercentEncoding.decode(text)
    }

    /// The name of a reference that a server lists.
    private static let references = FuzzTarget(
        text: "reference-name", longest: 512,
        words: ["refs/heads/", "latest/", "status/", "refs/remotes/fleet/", "*", "/", "..", ".lock", "@{"]
    ) { text in
        let pattern = FetchRefspec(source: "refs/heads/latest/*", destination: "refs/remotes/status/latest/*")
        if let name = pattern?.destination(for: text) {
            try demand(
                name.utf8.starts(with: "refs/remotes/status/latest/".utf8)
                    && name.utf8.count { $0 == UInt8(ascii: "/") } == 4,
                "a star stands for one component")
        }
        guard let own = FetchRefspec(source: text, destination: text) else { return }
        try demand(!own.text.utf8.contains(UInt8(ascii: " ")), "a refspec is one word")
        try demand(!text.utf8.contains(0) && text.utf8.starts(with: "refs/".utf8), "a name is below refs/")
        let components = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        try demand(
            components.allSatisfy { !$0.isEmpty && $0.first != UInt8(ascii: ".") },
            "a component of a name is neither empty nor hidden")
    }

    /// Paths of a tree, one a line.
    private static let paths = FuzzTarget(
        text: "tree-paths", longest: 1_024,
        words: [
            "fleet.yaml", "baselines/", "sources/", "groups/", "/nodes/", "/group.yaml", "/proceed.yaml",
            ".yaml", ".sources", "trust/allowed_signers", "trust/openpgp/", ".asc", "CODEOWNERS", ".md",
        ]
    ) { text in
        let paths = text.utf8.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        let index = FleetIndex(paths: paths)
        for path in paths {
            switch FileKind(path: path) {
            case .node(let name, let group):
                try demand(
                    path.utf8.starts(with: "groups/\(group)/nodes/".utf8) && path.ends(with: "/\(name).yaml"),
                    "a node's file is below its group and has its name")
                try demand(
                    index.nodes(of: group).contains { $0.path == path }
                        && index.files(of: name).contains { $0.path == path },
                    "the index has each node's file")
            case .group(let group):
                try demand(
                    Layout.group(group) == path && index.groups.contains(group), "a group has one file")
            case .baseline(let name): try demand(Layout.baseline(name) == path, "a baseline has one file")
            case .sourceList(let name): try demand(Layout.sourceList(name) == path, "a source has one file")
            case .proceed(let group): try demand(Layout.proceed(group) == path, "a pause has one file")
            case .fleet, .trust, .misplaced, .other: break
            }
        }
        for group in index.groupsWithNodes { _ = index.nodes(of: group) }
    }
}
