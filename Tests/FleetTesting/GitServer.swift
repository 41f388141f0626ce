import Foundation

/// A real Git server on loopback that serves the repositories of one folder. It ends with the value.
package final class GitServer: Sendable {
    /// How the repositories are served.
    package enum Kind: Sendable {
        /// `git daemon`, `git://`, reading and writing.
        case daemon
        /// `git daemon` that takes no push.
        case readOnlyDaemon
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
    ///
    /// - Parameter sshSettings: lines of `sshd_config` that go before the usual ones, and so over them.
    package init(_ kind: Kind, root: String, sshSettings: [String] = []) throws {
        self.kind = kind
        self.root = root
        folder = try TemporaryFolder("git-server")
        switch kind {
        case .daemon, .readOnlyDaemon:
            let pushes = "--\(kind == .daemon ? "enable" : "disable")=receive-pack"
            let command = [
                "git", "daemon", "--inetd", "--export-all", pushes, "--base-path=\(root)", root,
            ]
            service = try LoopbackService(command: command, environment: Git.environment)
        case .ssh:
            let configuration = try GitServer.configureSSH(in: folder, sshSettings)
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
        case .daemon, .readOnlyDaemon, .silent: "git://127.0.0.1:\(port)/\(repository)"
        case .ssh: "ssh://\(NSUserName())@127.0.0.1:\(port)\(root)/\(repository)"
        }
    }

    /// For `ssh`: lets exactly these public keys in from now on.
    package func letIn(_ keys: [String]) throws {
        try folder.write(keys.map { "\($0)\n" }.joined(), to: "authorized_keys", mode: 0o600)
    }

    /// For `ssh`: the server has another host key from now on.
    package func replaceHostKey() throws {
        for name in ["host", "host.pub"] { try FileManager.default.removeItem(atPath: folder.path(name)) }
        _ = try SSHKeyFiles("host", in: folder)
    }

    /// For `ssh`: the public half of the server's own key: type and base64.
    package var hostKey: String {
        get throws { try folder.read("host.pub").split(separator: " ").prefix(2).joined(separator: " ") }
    }

    /// For `ssh`: has an authority vouch for the server's key, so that the server shows the certificate.
    package func certifyHost(by authority: SSHKeyFiles) throws {
        try runSuccessfully([
            "ssh-keygen", "-q", "-s", authority.path, "-I", "host", "-h", "-n", "127.0.0.1",
            folder.path("host.pub"),
        ])
        let configuration = try folder.read("sshd_config")
        try folder.write(
            "HostCertificate \(folder.path("host-cert.pub"))\n\(configuration)", to: "sshd_config")
    }

    /// Ends the server and its open connections.
    package func stop() { service.stop() }

    /// Makes host key, client key and configuration of an `sshd` that lets the client's key in and nothing
    /// else.
    private static func configureSSH(
        in folder: TemporaryFolder, _ settings: [String]
    ) throws -> String {
        _ = try SSHKeyFiles("host", in: folder)
        let client = try SSHKeyFiles("client", in: folder)
        try folder.write(client.publicLine + "\n", to: "authorized_keys", mode: 0o600)
        // sshd refuses to start without its empty folder; Debian makes it when the service starts.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        return try folder.write(
            settings.map { "\($0)\n" }.joined() + """
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
