import Foundation

/// A gitolite in a folder of the test's own, reached through an `sshd` of the test's own: no user of the
/// machine has it, and each person's or node's key leads to gitolite's shell under that one's name.
package final class Gitolite: Sendable {
    /// What gitolite takes for its user's home.
    package let home: TemporaryFolder
    package let server: GitServer

    package static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/gitolite")

    /// Sets gitolite up.
    ///
    /// - Parameters:
    ///   - configuration: `gitolite.conf`.
    ///   - keys: the line of the public key of each user.
    ///   - hooks: scripts for `option hook.pre-receive`, by name.
    package init(_ configuration: String, keys: [String: String], hooks: [String: String] = [:]) throws {
        home = try TemporaryFolder("gitolite")
        // It logs before it has made the folder for it.
        try home.makeFolder(".gitolite/logs")
        try home.makeFolder("local/hooks/repo-specific")
        let settings = try Self.run(["print-default-rc"], in: home).text
            .replacing(
                "# LOCAL_CODE                =>  \"$ENV{HOME}/local\"",
                with: "LOCAL_CODE => \"$ENV{HOME}/local\""
            )
            .replacing("# 'repo-specific-hooks'", with: "'repo-specific-hooks'")
        try home.write(settings, to: ".gitolite.rc")
        try home.write(configuration, to: ".gitolite/conf/gitolite.conf")
        for (user, key) in keys { try home.write("\(key)\n", to: ".gitolite/keydir/\(user).pub") }
        for (name, script) in hooks {
            try home.write(script, to: "local/hooks/repo-specific/\(name)", mode: 0o755)
        }
        try Self.run(["setup"], in: home)
        server = try GitServer(
            .ssh, root: "",
            sshSettings: [
                "AuthorizedKeysFile \(home.path(".ssh/authorized_keys"))", "SetEnv HOME=\(home.path)",
            ])
    }

    /// The folder of a repository.
    package func path(_ repository: String) -> String { home.path("repositories/\(repository).git") }

    @discardableResult
    private static func run(_ arguments: [String], in home: TemporaryFolder) throws -> CommandResult {
        var environment = Git.environment
        environment["HOME"] = home.path
        environment["USER"] = "git"
        return try runSuccessfully(["gitolite"] + arguments, in: home.path, environment: environment)
    }
}
