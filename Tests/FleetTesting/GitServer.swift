import Foundation

/// A real Git server on loopback that serves the repositories of one folder. It ends with the value.
package final class GitServer: Sendable {
    /// How the repositories are served.
    package enum Kind: Sendable {
        /// `git daemon`, `git://`, reading and writing.
        case daemon
        /// OpenSSH's `sshd`, `ssh://`.
        case ssh
        /// A connection that is taken and never answered, `git://`.
        case silent
    }

    /// The port on 127.0.0.1.
    package var port: UInt16 { service.port }
    /// For `ssh`: the file that names the server's key, for `UserKnownHostsFile`.
    package var knownHosts: String { folder.path("known_hosts") }
    /// For `ssh`: the private key that may log in.
    package var clientKey: String { folder.path("client") }

    private let kind: Kind
    private let root: String
    private let service: LoopbackService
    private let folder: TemporaryFolder

    /// Starts a server for the repositories below `root`.
    package init(_ kind: Kind, root: String) throws {
        self.kind = kind
        self.root = root
        folder = try TemporaryFolder("git-server")
        switch kind {
        case .daemon:
            let command = [
                "git", "daemon", "--inetd", "--export-all", "--enable=receive-pack", "--base-path=\(root)",
                root,
            ]
            service = try LoopbackService(command: command, environment: Git.environment)
        case .ssh:
            let configuration = try GitServer.configureSSH(in: folder)
            service = try LoopbackService(command: ["/usr/sbin/sshd", "-i", "-f", configuration])
            let key = try folder.read("host.pub")
            try folder.write("[127.0.0.1]:\(service.port) \(key)", to: "known_hosts")
        case .silent:
            service = try LoopbackService(command: nil)
        }
    }

    /// The URL of a repository below the root, such as `fleet.git`.
    package func url(_ repository: String) -> String {
        switch kind {
        case .daemon, .silent: "git://127.0.0.1:\(port)/\(repository)"
        case .ssh: "ssh://\(NSUserName())@127.0.0.1:\(port)\(root)/\(repository)"
        }
    }

    /// For `ssh`: lets exactly these public keys in from now on.
    package func letIn(_ keys: [String]) throws {
        try folder.write(keys.map { "\($0)\n" }.joined(), to: "authorized_keys", mode: 0o600)
    }

    /// Ends the server and its open connections.
    package func stop() { service.stop() }

    /// Makes host key, client key and configuration of an `sshd` that lets the client's key in and nothing
    /// else.
    private static func configureSSH(in folder: TemporaryFolder) throws -> String {
        _ = try SSHKeyFiles("host", in: folder)
        let client = try SSHKeyFiles("client", in: folder)
        try folder.write(client.publicLine + "\n", to: "authorized_keys", mode: 0o600)
        // sshd refuses to start without its empty folder; Debian makes it when the service starts.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        return try folder.write(
            """
            HostKey \(folder.path("host"))
            AuthorizedKeysFile \(folder.path("authorized_keys"))
            PubkeyAuthentication yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            UsePAM no
            StrictModes no
            PidFile none

            """, to: "sshd_config")
    }
}
