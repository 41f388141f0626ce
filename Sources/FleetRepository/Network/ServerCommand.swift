/// The command that is the other side of a connection: git on this machine, or ssh to another.
struct ServerCommand: Equatable {
    /// What the other side is to do.
    enum Service: String {
        case uploadPack = "upload-pack"
        case receivePack = "receive-pack"
    }

    /// The program and its arguments.
    let arguments: [String]
    /// The whole environment, `NAME=value`.
    let environment: [String]

    /// The command for a remote.
    ///
    /// - Throws: `NetworkError.Kind.invalid` if the remote is reached in another way.
    init(_ service: Service, at remote: RemoteURL, ssh options: SSHOptions) throws(NetworkError) {
        switch remote.location {
        case .file(let path): arguments = ["git", service.rawValue, path]
        case .ssh(let user, let host, let port, let path):
            arguments = Self.ssh(service, user: user, host: host, port: port, path: path, options)
        case .daemon, .http:
            throw NetworkError(.invalid, remote: remote.description, "not reached through a program")
        }
        environment = Self.environment
    }

    /// The command that notes a server's key in a file and goes no further.
    ///
    /// - Returns: nil for a remote that ssh does not reach.
    init?(lookingAt remote: RemoteURL, notes: String) {
        guard case .ssh(let user, let host, let port, _) = remote.location else { return nil }
        let options = [
            "BatchMode=yes", "ConnectTimeout=10", "UserKnownHostsFile=\(notes)",
            "GlobalKnownHostsFile=/dev/null", "StrictHostKeyChecking=accept-new", "HashKnownHosts=no",
            "UpdateHostKeys=no", "PubkeyAuthentication=no", "PreferredAuthentications=none",
        ]
        arguments =
            ["ssh"] + options.flatMap { ["-o", $0] } + (port.map { ["-p", String($0)] } ?? [])
            + [user.map { "\($0)@\(host)" } ?? host, "exit"]
        environment = Self.environment
    }

    private static var environment: [String] {
        // Git takes such variables out too before it starts the other side (rev-parse --local-env-vars): they
        // describe this side's repository. GIT_PROTOCOL would ask for a newer protocol than libgit2 speaks.
        // Messages are to be English.
        SpawnedProcess.environment {
            local.contains(String($0)) || $0.hasPrefix("GIT_CONFIG_") && isLocal($0)
        } + ["LC_ALL=C"]
    }

    private static func ssh(
        _ service: Service, user: String?, host: String, port: Int?, path: String, _ options: SSHOptions
    ) -> [String] {
        // Nobody is there to answer questions, and a host that takes no connection must not outlive this
        // process for long.
        var arguments = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=\(options.connectSeconds)"]
        // Where root's configuration lends its agent to other hosts, it does not lend it to this one.
        arguments += ["-o", "ForwardAgent=no"]
        if let key = options.key {
            arguments += ["-o", "IdentityFile=\(quoted(key))", "-o", "IdentitiesOnly=yes"]
            if let certificate = options.certificate {
                arguments += ["-o", "CertificateFile=\(quoted(certificate))"]
            }
        }
        let files = options.hostsFiles
        if !files.isEmpty {
            // Exactly these files: what else the machine trusts is not the fleet's.
            arguments += [
                "-o", "UserKnownHostsFile=\(files.map(quoted).joined(separator: " "))",
                "-o", "GlobalKnownHostsFile=/dev/null",
            ]
            arguments += ["-o", "StrictHostKeyChecking=yes"]
        }
        if let port { arguments += ["-p", String(port)] }
        arguments.append(user.map { "\($0)@\(host)" } ?? host)
        arguments.append("git-\(service.rawValue) '\(path.replacing("'", with: "'\\''"))'")
        return arguments
    }

    /// A path as ssh_config(5) reads it: in double quotes, without tokens.
    private static func quoted(_ path: String) -> String { "\"\(path.replacing("%", with: "%%"))\"" }

    private static func isLocal(_ name: Substring) -> Bool {
        !["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"].contains(name)
    }

    private static let local: Set<String> = [
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE",
        "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS",
        "GIT_REPLACE_REF_BASE",
        "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PROTOCOL", "LC_ALL",
        "LANGUAGE",
    ]
}

/// How ssh proves who we are and knows who the server is.
package struct SSHOptions: Hashable, Sendable {
    /// The private key's path; nil leaves it to ssh's configuration and agent.
    package var key: String?
    /// The key's certificate, where ssh does not find it beside the key by itself.
    var certificate: String?
    /// The file with the servers' keys; nil leaves it to ssh's configuration. With it, an unknown server is
    /// refused.
    package var knownHosts: String?
    /// The servers' keys that the fleet repository lists besides; nil where it lists none.
    var fleetHosts: FleetHosts?
    /// Seconds after which ssh gives up connecting by itself, should nobody be left to end it.
    var connectSeconds = 60

    package init(key: String? = nil, knownHosts: String? = nil) {
        self.key = key
        self.knownHosts = knownHosts
    }

    /// The files that ssh is given; with any of them no other counts.
    var hostsFiles: [String] {
        guard case .copy(let path) = fleetHosts else { return [knownHosts].compactMap(\.self) }
        return [knownHosts, path].compactMap(\.self)
    }
}

/// What `trust/known_hosts` says of servers, on its way to ssh.
enum FleetHosts: Hashable, Sendable {
    case content(String)
    /// The path of a copy in memory.
    case copy(String)
}
