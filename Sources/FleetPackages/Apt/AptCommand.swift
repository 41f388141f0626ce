internal import FleetCore
internal import FleetReconciler

/// Runs apt's programs with the options of ``AptOptionFiles`` and an environment of their own.
struct AptCommand {
    let configuration: AptConfiguration
    private let files: AptOptionFiles

    init(_ configuration: AptConfiguration) {
        self.configuration = configuration
        files = AptOptionFiles(configuration: configuration)
    }

    /// `apt-get`, with its options and arguments.
    func get(_ arguments: [String]) async throws(PackageError) -> ChildOutput {
        try await runChild(patience + getArguments(arguments), environment: environment)
    }

    /// What ends a download ahead of its time once it has taken too long: while it runs nothing else is done
    /// on the node. apt goes on from the part that it has. Nothing that changes packages is run ahead.
    private var patience: [String] {
        Ahead.deadline.map { ["timeout", "--kill-after=10", "\(max($0.seconds, 1))"] } ?? []
    }

    /// `apt-cache`, with its options and arguments.
    func cache(_ arguments: [String]) async throws(PackageError) -> ChildOutput {
        try await runChild(
            ["apt-cache", "--config-file=\(files.mainFile)"] + arguments, environment: environment)
    }

    /// `apt-mark auto` or `apt-mark manual` for packages.
    func mark(_ mark: String, _ packages: [String]) async throws(PackageError) -> ChildOutput {
        try await runChild(
            ["apt-mark", "--config-file=\(files.mainFile)", mark] + packages, environment: environment)
    }

    /// `dpkg`, with its options and arguments.
    func dpkg(_ arguments: [String]) async throws(PackageError) -> ChildOutput {
        try await runChild(
            ["dpkg", "--force-confdef", "--force-confold"] + files.dpkgOptions + arguments,
            environment: environment)
    }

    /// The words of a call of `apt-get`.
    func getArguments(_ arguments: [String]) -> [String] {
        ["apt-get", "--config-file=\(files.mainFile)"] + arguments
    }

    /// What apt, dpkg, maintainer scripts and hooks see; nobody's own environment comes in.
    var environment: [String: String] {
        [
            "PATH": configuration.searchPath,
            "LC_ALL": "C.UTF-8",
            "APT_CONFIG": files.earlyFile,
            "DEBIAN_FRONTEND": "noninteractive",
            "DEBIAN_PRIORITY": "critical",
            "APT_LISTCHANGES_FRONTEND": "none",
            "APT_LISTBUGS_FRONTEND": "none",
            "UCF_FORCE_CONFFOLD": "1",
            // needrestart has a dialogue, and restarts what is still being changed.
            "NEEDRESTART_SUSPEND": "1",
            "NEEDRESTART_MODE": "l",
        ]
    }
}
