internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository

/// What the demo's fleet begins with: its nodes, its packages, and the files of its repository.
extension DemoFleet {
    /// Two canaries and two sites with two stores each. Some have a drawer of the old model.
    static var nodes: [DemoNode] {
        [
            ("canary-1", "canary", "lab", "new"), ("canary-2", "canary", "lab", "old"),
            ("store-1", "stores", "berlin", "new"), ("store-2", "stores", "berlin", "old"),
            ("store-3", "stores", "lyon", "new"), ("store-4", "stores", "lyon", "old"),
        ].compactMap { name, group, site, drawer in
            NodeName(name).map { DemoNode(name: $0, group: group, site: site, drawer: drawer) }
        }
    }

    /// What the package repository offers: a till program with its library, in three versions of one source.
    /// The second one is flawed.
    static let packages: [SandboxPackage] = ["1.0-1", "2.0-1", "2.1-1"].flatMap { version in
        let opens = "#!/bin/sh\necho the drawer is open\n"
        let jams = """
            #!/bin/sh
            test "$(cat "$PLIMSOLL_ROOT/etc/drawer")" = new || { echo the drawer jams >&2; exit 1; }

            """
        return [
            SandboxPackage(
                "till", version, source: "till", depends: "libtill (= \(version))",
                files: ["/usr/bin/till": version == "2.0-1" ? jams : opens]),
            SandboxPackage("libtill", version, source: "till"),
        ]
    }

    /// The baseline with till 1.0. The check opens the drawer, where there is a till.
    private static let baseline = """
        apiVersion: plimsoll/v1
        description: the tills of our stores
        manager: apt
        sources: [demo]
        packages:
          till: 1.0-1
          src:till: 1.0-1
        checks:
          - command: [/bin/sh, -c, 'till="$PLIMSOLL_ROOT/usr/bin/till"; test ! -e "$till" || sh "$till"']
            settle: 0s

        """

    /// Writes what a fleet of two groups needs besides the template.
    func writeFiles() async throws {
        try await run(["git", "init", "--quiet", "--bare", "--initial-branch=main", places.server])
        try await run(["git", "-C", places.clone, "remote", "add", "origin", places.server])
        let head = "apiVersion: plimsoll/v1\nbaseline: debian-12\n"
        try write(head + "gate: none\n", to: "\(places.clone)/groups/canary/group.yaml")
        try write(
            head + "gate: {after: [canary], soak: 2s}\n", to: "\(places.clone)/groups/stores/group.yaml")
        try write(repository.sourceList, to: "\(places.clone)/sources/demo.sources")
        try write(Self.baseline, to: "\(places.clone)/baselines/debian-12.yaml")
    }

    /// Makes a node's root, and its `agent.yaml`.
    func prepare(_ node: DemoNode) throws {
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.makeFolders(places.node(node.name))
        }
        let root = places.root(of: node.name)
        _ = try ending(with: .failure) { () throws(PackageError) in
            try SandboxRoot(path: root, osRelease: "ID=debian\nVERSION_ID=\"12\"\n")
        }
        try write("\(node.drawer)\n", to: "\(root)/etc/drawer")
        try write(
            """
            apiVersion: plimsoll/v1
            node: \(node.name)
            remote: \(places.server)
            introduction: "\(introduction)"
            state: \(places.node(node.name))/state
            root: \(root)
            interval: 1s

            """, to: places.configuration(of: node.name))
    }

    private func write(_ text: String, to path: String) throws {
        try ending(with: .failure) { () throws(FileError) in
            try DurableFile.write(Array(text.utf8), to: path)
        }
    }
}
