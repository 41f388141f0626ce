import FleetCore
import FleetPackages
import FleetTesting

/// A whole fleet on this machine: a Git server's bare repository, an operator with a clone and a signing key,
/// a small apt repository, and nodes in roots of their own. Everything is real, and all in one folder.
struct LocalFleet {
    let folder: TemporaryFolder
    /// What the baseline `deb` may name.
    let packages: SandboxRepository
    /// The operator, whom `trust/allowed_signers` lists.
    let operatorKey: SSHKeyFiles
    /// The first commit, which the nodes trust.
    let introduction: String

    /// The operator's clone.
    var clone: String { folder.path("fleet") }
    /// The server's bare repository.
    var server: String { folder.path("server.git") }

    /// Founds a fleet with the groups `canary`, which moves at once, and `stores`, which wait until the
    /// canaries have been well for a second; both have the baseline `deb`.
    ///
    /// - Parameters:
    ///   - offered: what the apt repository has at first.
    ///   - declared: the lines of `packages` in the baseline.
    init(
        _ offered: [SandboxPackage] = LocalFleet.tills, declaring declared: [String] = ["till: 1.0-1"]
    ) async throws {
        folder = try TemporaryFolder("fleet")
        packages = try await SandboxRepository(path: folder.path("packages"))
        try await packages.add(offered)
        operatorKey = try SSHKeyFiles("operator", in: folder)
        _ = try Git.makeBareRepository("server.git", in: folder)
        let clone = try Git.makeWorkTree("fleet", in: folder, origin: folder.path("server.git"))
        for (key, value) in [
            ("gpg.format", "ssh"), ("user.signingKey", operatorKey.path), ("commit.gpgSign", "true"),
        ] {
            try Git.run("config", key, value, in: clone)
        }
        let files = [
            "trust/allowed_signers": LocalFleet.signers([operatorKey]),
            "fleet.yaml": "apiVersion: plimsoll/v1\nfleet: harbour\nagent: \"0.1\"\n",
            "groups/canary/group.yaml": LocalFleet.group("gate: none"),
            "groups/stores/group.yaml": LocalFleet.group("gate: \(LocalFleet.gate)"),
            "sources/shop.sources": packages.sourceList,
            "baselines/deb.yaml": LocalFleet.baseline(declared),
        ]
        for (path, text) in files { try folder.write(text, to: "fleet/\(path)") }
        introduction = try Git.commit("Found the fleet", in: clone, signedWith: operatorKey.path)
        try Git.run("push", "--quiet", "origin", "main", in: clone)
    }

    /// A till program in four versions; the last one is broken: the baseline's check finds its drawer stuck.
    static let tills = ["1.0-1", "1.1-1", "1.2-1", "2.0-1"].map { till($0) }

    static func till(_ version: String) -> SandboxPackage {
        var files = ["/usr/share/till/version": version]
        if version.hasPrefix("2.") { files["/usr/share/till/broken"] = "the drawer is stuck\n" }
        return SandboxPackage("till", version, files: files)
    }

    /// The rule of the stores' gate.
    static let gate = "{after: [canary], soak: 1s, healthy: 100%, failures: 0}"

    /// A `group.yaml` with these lines besides the baseline.
    static func group(_ lines: String..., baseline: String = "deb") -> String {
        (["apiVersion: plimsoll/v1", "baseline: \(baseline)"] + lines).joined(separator: "\n") + "\n"
    }

    /// A baseline whose `packages` are these lines, with the check that a broken till fails.
    ///
    /// - Parameter besides: further lines of the file.
    static func baseline(_ packages: [String], besides: [String] = []) -> String {
        let head = ["apiVersion: plimsoll/v1", "manager: apt", "sources: [shop]", "packages:"]
        let check = #"  - command: [/bin/sh, -c, 'test ! -e "$PLIMSOLL_ROOT/usr/share/till/broken"']"#
        let lines = head + packages.map { "  \($0)" } + ["checks:", check, "    settle: 0s"] + besides
        return lines.joined(separator: "\n") + "\n"
    }

    /// An `allowed_signers` file with these keys.
    static func signers(_ keys: [SSHKeyFiles]) -> String {
        keys.map { "ada@example.com namespaces=\"git\" \($0.publicLine)\n" }.joined()
    }
}
