package import FleetCore
internal import Glibc

/// A person's word that a rollout goes on past its pauses, before it is written: what it is about, and what
/// it lets begin.
package struct PauseEnding: Sendable {
    package let group: GroupName
    package let proceed: Proceed
    /// How many steps the group's waves have.
    package let steps: Int
    /// How many nodes may move before that step, and how many with it.
    package let nodesBefore: Int
    package let nodes: Int
    /// Paused steps before it that it lets begin, too; from 1.
    package let alsoEnded: [Int]
    /// What the commit of the file must name; nil where the fleet asks for nothing.
    let branch: FleetBranch?
    /// The file, from the top of the work tree.
    package var path: String { Layout.proceed(group) }
}

extension FleetClone {
    /// Makes out what ending a pause means, at a commit of the operator's work tree.
    ///
    /// - Parameters:
    ///   - head: the work tree's commit, whose history has the branch's tip on its first-parent chain.
    ///   - step: from 1; nil is the next step that waits.
    ///   - name: the beginning of a declaration's digest or commit; nil is what is declared.
    /// - Throws: ``OperatorError`` that says what to do instead, ``FleetReadError``, ``GitError``.
    package func pauseEnding(
        of group: GroupName, at head: CommitID, step: Int?, declaration name: String?,
        from introduction: CommitID?
    ) throws -> PauseEnding {
        let history = try audit(from: introduction, to: head)
        if let failure = history.failure {
            throw OperatorError(.notAuthentic, "\(failure): no node would come as far as this word")
        }
        let tree = CommitTree(clone: clone, commit: head)
        let index = FleetIndex(paths: try tree.paths(below: Layout.groups))
        guard index.groups.contains(group) else {
            let hint = NearestWord.hint(for: group.description, in: index.groups.map(\.description).sorted())
            throw OperatorError(.usage, "the fleet has no group '\(group)' at \(head.short)\(hint)")
        }
        let view = try FleetReader(tree).view(ofGroup: group)
        guard let waves = view.group.waves else {
            throw OperatorError(.usage, "the group '\(group)' has no waves: nothing waits for a person there")
        }
        guard !waves.pauses.isEmpty else {
            throw OperatorError(
                .usage,
                "no step of '\(group)' waits for a person; a step that should is written "
                    + "{share: 50%, pause: true} in \(Layout.group(group))")
        }
        let stack = try DeclarationReader(clone: clone).stacks(along: history.commits)[view.group.baseline]
        let declaration = try Self.declaration(name, in: stack ?? DeclarationStack(), of: view.group)
        let passed = view.proceed.flatMap { $0.declaration == declaration ? $0.step : nil } ?? 0
        let paused = waves.pauses.map { $0 + 1 }.sorted()
        let ended = try Self.step(
            step, paused: paused, passed: passed, declaration: declaration, group: group)
        let plan = WavePlan(digest: declaration.digest, nodes: view.peers, steps: waves.steps)
        let before = (0..<(ended - 1)).reduce(0) { $0 + plan.wave($1).count }
        return PauseEnding(
            group: group, proceed: Proceed(declaration: declaration, step: ended), steps: waves.steps.count,
            nodesBefore: before, nodes: before + plan.wave(ended - 1).count,
            alsoEnded: paused.filter { $0 > passed && $0 < ended },
            branch: try trustSettings(after: head).branch)
    }

    private static func declaration(
        _ name: String?, in stack: DeclarationStack, of group: Group
    ) throws(OperatorError) -> Declaration {
        guard let declared = stack.declared else {
            throw OperatorError(.usage, "nothing is declared for the baseline '\(group.baseline)'")
        }
        guard let name else { return declared }
        let found = stack.layers.map(\.declaration).filter {
            $0.digest.hex.hasPrefix(name) || $0.commit.hex.hasPrefix(name)
        }
        if found.count == 1, let only = found.first { return only }
        guard found.isEmpty else {
            throw OperatorError(.usage, "'\(name)' begins \(found.count) declarations; write more of one")
        }
        let withdrawal = stack.withdrawals.last {
            $0.declaration.digest.hex.hasPrefix(name) || $0.declaration.commit.hex.hasPrefix(name)
        }
        if let withdrawal {
            throw OperatorError(
                .usage, "\(withdrawal.declaration) was withdrawn by commit \(withdrawal.commit.short)")
        }
        throw OperatorError(
            .usage, "'\(group.baseline)' has no declaration '\(name)'; declared is \(declared)")
    }

    private static func step(
        _ step: Int?, paused: [Int], passed: Int, declaration: Declaration, group: GroupName
    ) throws(OperatorError) -> Int {
        let steps = paused.map(String.init).joined(separator: ", ")
        guard let step else {
            if let next = paused.first(where: { $0 > passed }) { return next }
            throw OperatorError(
                .usage, "no pause is left for \(declaration) in '\(group)': step \(passed) may begin already")
        }
        guard paused.contains(step) else {
            throw OperatorError(
                .usage, "step \(step) of '\(group)' does not wait for a person; these do: \(steps)")
        }
        guard step > passed else {
            throw OperatorError(
                .usage,
                "step \(step) for \(declaration) in '\(group)' may begin already, up to step \(passed)")
        }
        return step
    }
}

extension PauseEnding {
    /// Writes the file into a work tree.
    package func write(below folder: String) throws(OperatorError) {
        do {
            try DurableFile.write(Array(ProceedFile.text(proceed).utf8), to: "\(folder)/\(path)")
        } catch {
            throw OperatorError(.failure, "\(error)")
        }
    }

    /// Commits the file alone, signed.
    ///
    /// - Returns: the commit.
    package func commit(with git: StockGit, key: SigningKeyChoice) throws(OperatorError) -> CommitID {
        try git.run("add", "--", path)
        try git.run(
            "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key.setting)", "commit", "--quiet",
            "--gpg-sign", "-m", "Proceed with step \(proceed.step) of '\(group)'\(branch.paragraph)",
            "--only", "--", path)
        guard let commit = CommitID(try git.run("rev-parse", "HEAD")) else {
            throw OperatorError(.failure, "git did not name the commit")
        }
        return commit
    }
}

/// The operator's work tree: where it is, and what it has checked out.
package struct WorkTree: Sendable {
    package let git: StockGit
    package let head: CommitID
    /// The branch that is checked out; nil for a detached `HEAD`.
    package let branch: String?

    package init(at folder: String) throws(OperatorError) {
        let top = try StockGit(folder: folder).attempt(["rev-parse", "--show-toplevel"])
        guard top.exitCode == 0, !top.output.isEmpty else {
            throw OperatorError(.usage, "'\(folder)' is no work tree; name a clone by '--repository PATH'")
        }
        git = StockGit(folder: top.output)
        let head = try git.attempt(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])
        guard let commit = CommitID(head.output) else {
            throw OperatorError(.usage, "'\(top.output)' has no commit yet")
        }
        self.head = commit
        let branch = try git.attempt(["symbolic-ref", "--quiet", "--short", "HEAD"])
        self.branch = branch.exitCode == 0 ? branch.output : nil
    }

    /// Refuses a work tree that is not at the tip: what is declared would not be what nodes know.
    package func requireTip(_ tip: CommitID, of branch: String) throws(OperatorError) {
        let chain = try git.attempt(["rev-list", "--first-parent", "HEAD"])
        guard chain.exitCode == 0, chain.output.split(separator: "\n").contains(Substring(tip.hex)) else {
            throw OperatorError(
                .usage,
                "this work tree is not at the tip of '\(branch)', \(tip.short): run 'git pull' first")
        }
    }

    /// Refuses a key whose commits no node would believe.
    package func requireTrust(in key: SSHPublicKey) throws(OperatorError) {
        let file = try git.run("show", "HEAD:\(Layout.allowedSigners)")
        guard let signers = try? AllowedSigners(parsing: Array(file.utf8)),
            signers.signers.contains(where: { $0.key == key })
        else {
            throw OperatorError(
                .usage,
                "the key \(key.fingerprint) is not in \(Layout.allowedSigners): no node would believe the "
                    + "commit; name one that is by '--key PATH'")
        }
    }
}
