package import FleetCore
internal import Glibc

/// What installing the hook did, for people.
package struct HookInstallation: Hashable, Sendable {
    /// The file that git runs; nil where the settings alone were written.
    package let file: String?
    package let settings: HookSettings
    /// What was set in the repository's configuration, as `key=value`.
    package let changed: [String]
    /// What a person should know, sentence by sentence.
    package let notes: [String]
}

/// Puts the hook into a bare repository, with what it must know.
package struct HookInstaller {
    private let repository: Clone
    private let git: StockGit
    private let folder: String
    /// The program that the hook runs.
    private let program: String

    /// - Parameters:
    ///   - place: the bare repository.
    ///   - program: the path of this program.
    /// - Throws: ``OperatorError``: `usage` if it is no bare repository, or not one of SHA-1.
    package init(in place: String, program: String) throws(OperatorError) {
        git = StockGit(folder: place)
        self.program = program
        let found = try git.attempt(["rev-parse", "--absolute-git-dir", "--show-object-format"])
        let lines = found.output.split(separator: "\n").map(String.init)
        guard found.exitCode == 0, lines.count == 2 else {
            throw OperatorError(.usage, "'\(place)' is no Git repository: \(found.errors)")
        }
        guard lines[1] == "sha1" else {
            throw OperatorError(.usage, "'\(place)' names objects by \(lines[1]); nodes read sha1 alone")
        }
        folder = lines[0]
        do {
            repository = Clone(try GitRepository(open: folder))
        } catch {
            throw OperatorError(error)
        }
        guard repository.repository.isBare else {
            throw OperatorError(
                .usage,
                "'\(place)' is no bare repository; the hook belongs to the one on the server that is "
                    + "pushed to"
            )
        }
    }

    /// What is to be installed.
    package struct Wish: Sendable {
        fileprivate let branch: String
        fileprivate let introduction: CommitID?
        fileprivate let fleet: String?
        fileprivate let file: String?
        fileprivate let isReplacing: Bool
        fileprivate let isSettingsOnly: Bool

        /// - Parameters:
        ///   - introduction: nil is the branch's first commit.
        ///   - fleet: the repository that has the branch; nil is the one that is installed in.
        ///   - file: where the hook is written; nil is where git looks for it.
        ///   - isReplacing: whether a hook that somebody else wrote may be replaced.
        ///   - isSettingsOnly: whether no file is written.
        package init(
            branch: String, introduction: CommitID?, fleet: String?, file: String?, isReplacing: Bool,
            isSettingsOnly: Bool
        ) {
            self.branch = branch
            self.introduction = introduction
            self.fleet = fleet
            self.file = file
            self.isReplacing = isReplacing
            self.isSettingsOnly = isSettingsOnly
        }
    }

    /// Installs.
    ///
    /// - Throws: ``OperatorError``.
    package func install(_ wish: Wish) throws(OperatorError) -> HookInstallation {
        do {
            let place = wish.isSettingsOnly ? nil : try wish.file ?? hookFile()
            if let place { try requireOwn(place, isReplacing: wish.isReplacing) }
            let home = try wish.fleet.map { try Self.bareRepository($0) }
            var notes: [String] = []
            let settings = HookSettings(
                branch: wish.branch,
                introduction: try pinned(wish.introduction, branch: wish.branch, fleet: home, &notes),
                fleet: home)
            // First what the hook reads: from the moment that it is there it must be able to judge.
            try settings.write(to: repository.repository)
            let changed = try harden()
            if let place { try DurableFile.write(Array(script.utf8), to: place, mode: 0o755) }
            return HookInstallation(file: place, settings: settings, changed: changed, notes: notes)
        } catch {
            throw OperatorError(error)
        }
    }

    private static let mark = "# Written by 'plimsoll hook install'."

    private var script: String {
        """
        #!/bin/sh
        \(Self.mark) What is pushed is taken whole or not at all, as Plimsoll's rules say.
        exec '\(program.replacing("'", with: "'\\''"))' hook pre-receive

        """
    }

    /// Where git looks for the hook.
    private func hookFile() throws(OperatorError) -> String {
        let path = try git.run("rev-parse", "--path-format=absolute", "--git-path", "hooks/pre-receive")
        guard path.hasPrefix("\(folder)/") else {
            throw OperatorError(
                .usage,
                "git is configured (core.hooksPath) to run hooks at '\(path)', which may serve other "
                    + "repositories; name the file by '--to FILE', and unset core.hooksPath for this "
                    + "repository or call 'plimsoll hook pre-receive' from there")
        }
        do throws(FileError) {
            try DurableFile.makeFolders("\(folder)/hooks")
        } catch {
            throw OperatorError(error)
        }
        return path
    }

    private func requireOwn(_ place: String, isReplacing: Bool) throws {
        guard !isReplacing, let bytes = try DurableFile.read(place, limitBytes: 1 << 20) else { return }
        guard !String(decoding: bytes, as: UTF8.self).contains(Self.mark) else { return }
        throw OperatorError(
            .usage,
            "there is a hook '\(place)' that Plimsoll has not written; call "
                + "'\(program) hook pre-receive' from it and name another file by '--to', or replace it by "
                + "'--replace'"
        )
    }

    private static func bareRepository(_ text: String) throws -> String {
        guard let resolved = realpath(text, nil) else {
            throw OperatorError(
                .usage, "there is no folder '\(text)'; expected a bare repository on this machine")
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        guard try GitRepository(open: path).isBare else {
            throw OperatorError(.usage, "'\(text)' is no bare repository; expected the fleet repository's")
        }
        return path
    }

    /// The introduction, and whether what the branch holds by now is authentic from there.
    private func pinned(
        _ introduction: CommitID?, branch: String, fleet: String?, _ notes: inout [String]
    ) throws -> CommitID {
        let clone = try fleet.map { Clone(try GitRepository(open: $0)) } ?? repository
        guard let tip = try clone.repository.reference("refs/heads/\(branch)") else {
            guard let introduction, fleet == nil else {
                throw OperatorError(
                    .usage,
                    fleet == nil
                        ? "there is no branch '\(branch)' yet; name the first trusted commit, as "
                            + "'plimsoll init' printed it, by '--introduction COMMIT'"
                        : "'\(fleet ?? "")' has no branch '\(branch)'; expected the fleet repository")
            }
            notes.append("the branch '\(branch)' is not there yet; it is taken once it holds \(introduction)")
            return introduction
        }
        let history = try clone.audit(from: introduction, to: tip)
        if introduction == nil {
            notes.append(
                "nobody named the introduction, so the first commit is taken for it: "
                    + "\(history.introduction); compare it with what the nodes pin")
        }
        if let failure = history.failure {
            notes.append(
                "the branch is not authentic (\(failure)): until it is healed by 'plimsoll vouch', no other "
                    + "change of it is taken")
        }
        let roll = try FleetRoll.fleet(at: history.last, in: clone)
        if let remote = roll.statusRemote, !roll.keepsReports, fleet == nil {
            notes.append(
                "reports go to '\(remote)'; install the hook in that repository, too, with "
                    + "'--fleet \(folder)'"
            )
        }
        return history.introduction
    }

    /// The settings of git that belong to the rules.
    private func harden() throws -> [String] {
        // Nodes replace `latest/<node>`, which is no fast-forward, and `git init --shared` forbids that for
        // all references. Where it matters the hook forbids it.
        var wanted = [("receive.denyNonFastForwards", "false"), ("receive.denyDeletes", "true")]
        // What a person has chosen stays: a limit on what one push may bring, and that it is looked at before
        // anybody reads it.
        for (key, value) in [("receive.fsckObjects", "true"), ("receive.maxInputSize", "64m")]
        where try repository.repository.setting(key) == nil {
            wanted.append((key, value))
        }
        var changed: [String] = []
        for (key, value) in wanted where try repository.repository.setting(key) != value {
            try repository.repository.set(key, to: value)
            changed.append("\(key)=\(value)")
        }
        return changed
    }
}
