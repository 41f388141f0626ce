import FleetTesting

/// What an operator does, by stock git.
extension LocalFleet {
    /// Writes a file of the fleet repository.
    func write(_ text: String, to path: String) throws { try folder.write(text, to: "fleet/\(path)") }

    /// Declares these lines as the `packages` of the baseline `deb`, signed and pushed.
    @discardableResult
    func declare(_ packages: String..., besides: [String] = []) throws -> String {
        try write(LocalFleet.baseline(packages, besides: besides), to: "baselines/deb.yaml")
        return try publish("Declare \(packages.joined(separator: ", "))")
    }

    /// Commits everything, signed by the operator, pushes it, and returns the commit.
    @discardableResult
    func publish(_ message: String) throws -> String {
        try publish(message, signedWith: operatorKey)
    }

    /// Commits everything and pushes it.
    ///
    /// - Parameter key: signs the commit; nil leaves it unsigned.
    @discardableResult
    func publish(_ message: String, signedWith key: SSHKeyFiles?) throws -> String {
        let commit = try Git.commit(message, in: clone, signedWith: key?.path)
        try push()
        return commit
    }

    /// Reverts the newest commit (of a merge what it brought), signed, and pushes it.
    func revert(isMerge: Bool = false, isPushed: Bool = true) throws {
        if isMerge {
            try git("revert", "--no-edit", "--mainline", "1", "HEAD")
        } else {
            try git("revert", "--no-edit", "HEAD")
        }
        if isPushed { try push() }
    }

    /// A pull request: a branch with one change, merged by a signed merge and pushed. The branch's own commit
    /// is not signed.
    func mergePullRequest(declaring packages: String...) throws {
        try git("switch", "--quiet", "--create", "pull-request")
        try write(LocalFleet.baseline(packages), to: "baselines/deb.yaml")
        try Git.commit("Declare \(packages.joined(separator: ", "))", in: clone)
        try git("switch", "--quiet", "main")
        try git("merge", "--quiet", "--no-ff", "--message", "Merge the pull request", "pull-request")
        try git("branch", "--quiet", "--delete", "pull-request")
        try push()
    }

    /// Pushes the branch, by force if need be.
    func push() throws { try git("push", "--quiet", "--force", "origin", "main") }

    /// Runs git in the operator's clone.
    @discardableResult
    func git(_ arguments: String...) throws -> String {
        try runSuccessfully(["git"] + arguments, in: clone, environment: Git.environment).text
    }

    /// Runs git in the server's repository.
    @discardableResult
    func serverGit(_ arguments: String...) throws -> String {
        try runSuccessfully(["git"] + arguments, in: server, environment: Git.environment).text
    }

    /// The newest commit of the branch.
    var tip: String {
        get throws { try serverGit("rev-parse", "main") }
    }
}
