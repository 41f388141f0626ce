import FleetTesting

/// One way to deceive a node, or those who read the branch, by a folder that an operator was brought to sign.
struct TreeAttack: Sendable, CustomStringConvertible {
    /// What is done, in words.
    let name: String
    /// The exit code of the node's cycle: 65 where the commit cannot be read.
    let exitCode: Int32
    /// What the node says, in part.
    let says: String
    /// What `plimsoll validate` says, in part; nil for the same.
    let validation: String?
    /// Makes the tree from that of a good commit.
    let deed: @Sendable (Forge, _ good: String) throws -> String

    init(
        _ name: String, exit exitCode: Int32 = 65, says: String, validation: String? = nil,
        _ deed: @escaping @Sendable (Forge, _ good: String) throws -> String
    ) {
        self.name = name
        self.exitCode = exitCode
        self.says = says
        self.validation = validation
        self.deed = deed
    }

    var description: String { name }

    private static let node = "canary-1.yaml"
    private static let nodes = ["groups", "canary", "nodes"]

    /// Replaces what stands at a path.
    private static func put(
        _ mode: String, _ id: String, at name: String, in folders: [String], _ forge: Forge, _ good: String
    ) throws -> String {
        try forge.tree(of: good, folders) { entries in
            entries.filter { $0.name != name } + [.init(mode, name, id)]
        }
    }

    private static func link(
        at name: String, in folders: [String], _ forge: Forge, _ good: String
    ) throws -> String {
        try put("120000", forge.blob("elsewhere"), at: name, in: folders, forge, good)
    }

    private static func submodule(
        at name: String, in folders: [String], _ forge: Forge, _ good: String
    ) throws -> String {
        try put("160000", good, at: name, in: folders, forge, good)
    }

    /// The same as ``put(_:_:at:in:_:_:)``, without a look at what is there and at Git's order.
    private static func append(
        _ mode: String, _ name: String, _ id: String, in folders: [String], _ forge: Forge, _ good: String
    ) throws -> String {
        try forge.tree(of: good, folders, sorted: false) { $0 + [.init(mode, name, id)] }
    }

    static let kinds: [TreeAttack] = [
        TreeAttack(
            "a node's file that is a symbolic link", says: "it is not a regular file but a symbolic link"
        ) {
            try link(at: node, in: nodes, $0, $1)
        },
        TreeAttack("a node's file that is a submodule", says: "it is not a regular file but a submodule") {
            try submodule(at: node, in: nodes, $0, $1)
        },
        TreeAttack(
            "a group.yaml that is a symbolic link", says: "it is not a regular file but a symbolic link"
        ) {
            try link(at: "group.yaml", in: ["groups", "canary"], $0, $1)
        },
        TreeAttack(
            "a fleet.yaml that is a symbolic link", says: "it is not a regular file but a symbolic link"
        ) {
            try link(at: "fleet.yaml", in: [], $0, $1)
        },
        TreeAttack("a baseline that is a symbolic link", says: "it is not a regular file but a symbolic link")
        {
            try link(at: "deb.yaml", in: ["baselines"], $0, $1)
        },
        TreeAttack(
            "a baseline that is a folder", says: "it is not a regular file but a folder",
            validation: "unknown baseline 'deb'"
        ) {
            forge, good in
            let folder = try forge.tree([.init("100644", "a", forge.blob("a"))])
            return try put("40000", folder, at: "deb.yaml", in: ["baselines"], forge, good)
        },
        TreeAttack("a source list that is a submodule", says: "it is not a regular file but a submodule") {
            try submodule(at: "shop.sources", in: ["sources"], $0, $1)
        },
        TreeAttack("folders that are a symbolic link: a group's nodes", exit: 65, says: "symbolic link") {
            try link(at: "nodes", in: ["groups", "canary"], $0, $1)
        },
        TreeAttack("folders that are a submodule: a group", exit: 65, says: "submodule") {
            try submodule(at: "canary", in: ["groups"], $0, $1)
        },
        TreeAttack("folders that are a symbolic link: all groups", exit: 65, says: "symbolic link") {
            try link(at: "groups", in: [], $0, $1)
        },
    ]

    static let names: [TreeAttack] =
        ["..", ".", ".git", ".GIT", "stores/nodes"].map { name in
            TreeAttack("a folder '\(name)' in 'groups/canary'", says: "'\(name)' is no name that git allows")
            { forge, good in
                let folder = try forge.tree([.init("100644", "till.yaml", forge.blob("hold: stop\n"))])
                return try append("40000", name, folder, in: ["groups", "canary"], forge, good)
            }
        } + [
            TreeAttack("a node's file twice", says: "'canary-1.yaml' stands in it twice") { forge, good in
                try append("100644", node, forge.blob("hold: stop\n"), in: nodes, forge, good)
            },
            TreeAttack(
                "a node's file with a folder of its name",
                says: "groups/canary/nodes:1:1: 'canary-1.yaml' stands in it twice",
                validation: "'canary-1.yaml' stands in it twice"
            ) { forge, good in
                let folder = try forge.tree([.init("100644", "a", forge.blob("a"))])
                return try append("40000", node, folder, in: nodes, forge, good)
            },
            TreeAttack("a group's folder twice", says: "'canary' stands in it twice") { forge, good in
                let folder = try forge.tree([.init("100644", "group.yaml", forge.blob("hold: stop\n"))])
                return try forge.tree(of: good, ["groups"], sorted: false) {
                    [.init("40000", "canary", folder)] + $0
                }
            },
            TreeAttack(
                "files in another order than Git's", says: "'aaa.yaml' is not where git's order puts it"
            ) { forge, good in
                try append("100644", "aaa.yaml", forge.blob("a"), in: nodes, forge, good)
            },
            TreeAttack("twins by case", exit: 0, says: "", validation: "'Canary-1' is not") { forge, good in
                try put("100644", forge.blob("hold: stop\n"), at: "Canary-1.yaml", in: nodes, forge, good)
            },
            TreeAttack("a group's twin by case", exit: 0, says: "", validation: "'Canary' is not") {
                forge, good in
                let folder = try forge.tree([.init("100644", "group.yaml", forge.blob("hold: stop\n"))])
                return try put("40000", folder, at: "Canary", in: ["groups"], forge, good)
            },
        ]

    /// In folders that the authentication itself reads.
    static let breaches: [TreeAttack] = [
        TreeAttack("a baseline twice", exit: 77, says: "'deb.yaml' stands in it twice") { forge, good in
            let other = try forge.blob(LocalFleet.baseline(["till: 1.1-1"]))
            return try append("100644", "deb.yaml", other, in: ["baselines"], forge, good)
        },
        TreeAttack("two files of the signers", exit: 77, says: "'allowed_signers' stands in it twice") {
            forge, good in
            let other = try forge.blob(LocalFleet.signers([forge.stranger()]))
            return try append("100644", "allowed_signers", other, in: ["trust"], forge, good)
        },
        TreeAttack("two folders of the signers", exit: 77, says: "'trust' stands in it twice") {
            forge, good in
            let signers = try forge.blob(LocalFleet.signers([forge.stranger("second")]))
            let folder = try forge.tree([.init("100644", "allowed_signers", signers)])
            return try append("40000", "trust", folder, in: [], forge, good)
        },
        TreeAttack("a folder '.git' at the root", exit: 77, says: "'.git' is no name that git allows") {
            forge, good in
            let folder = try forge.tree([.init("100644", "config", forge.blob("[core]\n"))])
            return try forge.tree(of: good, []) { $0 + [.init("40000", ".git", folder)] }
        },
        TreeAttack(
            "the baselines' folder as a symbolic link", says: "the file does not exist",
            validation: "symbolic link"
        ) {
            try link(at: "baselines", in: [], $0, $1)
        },
    ]

    static let sizes: [TreeAttack] = [
        TreeAttack("a node's file of a hundred kilobytes", says: "at most 65536 are read") { forge, good in
            let long = try forge.blob("hold: stop\n" + String(repeating: "# lorem\n", count: 12_500))
            return try put("100644", long, at: node, in: nodes, forge, good)
        },
        TreeAttack("folders in folders, a thousand deep", says: "16 levels") { forge, good in
            var folder = try forge.tree([.init("100644", "till.yaml", forge.blob("hold: stop\n"))])
            for _ in 0..<1000 { folder = try forge.tree([.init("40000", "a", folder)]) }
            return try put("40000", folder, at: "a", in: nodes, forge, good)
        },
        TreeAttack("folders in folders, ten billion files of one byte", says: "more than 200000 entries") {
            forge, good in
            let blob = try forge.blob("a")
            var folder = try forge.tree((0..<10).map { .init("100644", "f\($0)", blob) })
            for _ in 0..<9 { folder = try forge.tree((0..<10).map { .init("40000", "d\($0)", folder) }) }
            return try put("40000", folder, at: "a", in: nodes, forge, good)
        },
    ]
}
