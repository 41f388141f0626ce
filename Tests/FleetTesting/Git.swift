/// Stock git, the judge of what Plimsoll writes, with the configuration of nobody.
package enum Git {
    /// The environment in which git depends on no file of the machine or the user, and on no clock.
    package static let environment: [String: String?] = [
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": "2026-11-01T12:00:00+0100",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_COMMITTER_DATE": "2026-11-01T12:00:00+0100",
        "GIT_DIR": nil, "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil, "LC_ALL": "C",
    ]

    /// Runs git, which must succeed, and returns its standard output as text.
    @discardableResult
    package static func run(_ arguments: String..., in folder: String, input: [UInt8] = []) throws -> String {
        try runSuccessfully(["git"] + arguments, in: folder, environment: environment, input: input).text
    }

    /// Makes an empty bare repository with the branch `main` and returns its path.
    package static func makeBareRepository(_ name: String, in folder: TemporaryFolder) throws -> String {
        try run("init", "--quiet", "--bare", "--initial-branch=main", name, in: folder.path)
        return folder.path(name)
    }

    /// Makes a repository with a work tree and the branch `main`, whose `origin` may be set, and returns its
    /// path.
    package static func makeWorkTree(
        _ name: String, in folder: TemporaryFolder, origin: String? = nil
    ) throws -> String {
        try run("init", "--quiet", "--initial-branch=main", name, in: folder.path)
        if let origin { try run("remote", "add", "origin", origin, in: folder.path(name)) }
        return folder.path(name)
    }

    /// Commits everything in a work tree and returns the commit's id. The commit may be empty.
    ///
    /// - Parameter key: the path of an SSH private key to sign with.
    @discardableResult
    package static func commit(
        _ message: String, in workTree: String, signedWith key: String? = nil
    ) throws -> String {
        try run("add", "--all", in: workTree)
        if let key {
            try run(
                "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key)", "commit", "--quiet", "--allow-empty",
                "-S",
                "-m", message, in: workTree)
        } else {
            try run("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", message, in: workTree)
        }
        return try run("rev-parse", "HEAD", in: workTree)
    }
}

/// An SSH key pair in a folder, made by `ssh-keygen`.
package struct SSHKeyFiles: Sendable {
    /// The path of the private key; the public key is beside it with `.pub`.
    package let path: String
    /// The public key's line: type, base64, comment.
    package let publicLine: String

    /// Makes a key without passphrase.
    package init(_ name: String, in folder: TemporaryFolder, type: String = "ed25519") throws {
        path = folder.path(name)
        try runSuccessfully(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", path])
        publicLine = try folder.read("\(name).pub").split(separator: "\n").first.map(String.init) ?? ""
    }
}
