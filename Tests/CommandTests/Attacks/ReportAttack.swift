import FleetTesting
import Foundation

/// One way to make a store believe of its canary what the canary never said.
struct ReportAttack: Sendable, CustomStringConvertible {
    /// What is done, in words.
    let name: String
    /// What the store says, in part.
    let says: String
    /// Sets the canary's references at the server.
    let deed: @Sendable (ReportForge) throws -> Void

    init(_ name: String, says: String, _ deed: @escaping @Sendable (ReportForge) throws -> Void) {
        self.name = name
        self.says = says
        self.deed = deed
    }

    var description: String { name }

    /// What is made with keys that are not the canary's.
    static let forgeries: [ReportAttack] = [
        ReportAttack("a report that nobody signed", says: "it is not signed") {
            try $0.serve($0.payload(of: $0.tree))
        },
        ReportAttack("a report signed by a stranger", says: "the node's key is") {
            try $0.serve(signedBy: $0.forge.stranger("reporter").path)
        },
        ReportAttack("a report signed by another node", says: "the node's key is") {
            try $0.serve(signedBy: $0.fleet.folder.path("nodes/store-1/state/node_ed25519"))
        },
        ReportAttack("a report signed by the operator", says: "the node's key is") {
            try $0.serve(signedBy: $0.fleet.operatorKey.path)
        },
        ReportAttack(
            "the canary's signature for another namespace",
            says: "the signature is for the namespace 'file'; expected 'git'"
        ) {
            try $0.serve(signedBy: $0.key, namespace: "file")
        },
        ReportAttack("the canary's signature of another report", says: "does not fit the commit") { scene in
            let armour = try scene.forge.signature(
                of: scene.payload(of: scene.tree, message: "x\n"), by: scene.key)
            try scene.serve(scene.forge.signed(scene.payload(of: scene.tree), with: armour))
        },
        ReportAttack("two signatures, the canary's one first", says: "two signatures") { scene in
            let payload = scene.payload(of: scene.tree)
            let good = scene.forge.signed(
                payload, with: try scene.forge.signature(of: payload, by: scene.key))
            let other = try scene.forge.signature(of: payload, by: scene.forge.stranger("twice").path)
            try scene.serve(scene.forge.signed(good, with: other))
        },
    ]

    /// What the server can do with what the canary did say.
    static let exchanges: [ReportAttack] = [
        ReportAttack("no report any more", says: "its report is gone from the remote") {
            try $0.set(latest: nil, chain: nil)
        },
        ReportAttack("the newest report without its chain", says: "do not agree") {
            try $0.set(latest: $0.latest, chain: nil)
        },
        ReportAttack("the newest report above an older chain", says: "do not agree") {
            try $0.set(latest: $0.latest, chain: $0.olderChain)
        },
        ReportAttack(
            "the chain's tip in place of the newest report", says: "is not the form of a newest report"
        ) {
            try $0.set(latest: $0.chain, chain: $0.chain)
        },
        ReportAttack("the report of another node", says: "the node's key is") {
            try $0.set(latest: $0.stores, chain: $0.storesChain)
        },
        ReportAttack("a file in place of the newest report", says: "not a commit") {
            try $0.set(latest: $0.forge.blob("no report"), chain: $0.chain)
        },
        ReportAttack("a report that breaks Git's format", says: "failed to parse") { scene in
            let bad = try scene.forge.commit("tree \(scene.tree)\n\nNo author\n")
            try scene.set(latest: bad, chain: bad)
        },
    ]

    /// What a canary's stolen key may sign without being believed.
    static let lies: [ReportAttack] = [
        ReportAttack("a report to another fleet", says: "the fleet 'elsewhere'") {
            try $0.serve(report: $0.report.replacing(#""harbour""#, with: #""elsewhere""#))
        },
        ReportAttack("a report of another node, under its own name", says: "the node 'canary-9'") {
            try $0.serve(report: $0.report.replacing(#""canary-1""#, with: #""canary-9""#))
        },
        ReportAttack("a report that is no JSON", says: "no JSON at byte") {
            try $0.serve(report: "{\"node\": ")
        },
        ReportAttack("a report with one member twice", says: "stands twice") {
            try $0.serve(
                report: $0.report.replacing("{\n", with: "{\n  \"node\": \"canary-1\",\n", maxReplacements: 1)
            )
        },
        ReportAttack("a report larger than any may be", says: "are read") { scene in
            try scene.serve(report: scene.report + String(repeating: " ", count: 1 << 21))
        },
        ReportAttack("a commit without a report", says: "there is no report in it") { scene in
            let tree = try scene.forge.tree([.init("100644", "other.json", scene.forge.blob(scene.report))])
            try scene.serve(tree: tree)
        },
        ReportAttack("a report that is a link", says: "symbolic link") { scene in
            let tree = try scene.forge.tree([.init("120000", "report.json", scene.forge.blob("/etc/passwd"))])
            try scene.serve(tree: tree)
        },
        ReportAttack("a report that is a submodule", says: "submodule") { scene in
            let tree = try scene.forge.tree([.init("160000", "report.json", scene.fleet.introduction)])
            try scene.serve(tree: tree)
        },
        ReportAttack("a number below that of the report before", says: "is lower than") { scene in
            try scene.serve(
                report: scene.report.replacing(try Regex(#""sequence": \d+"#), with: "\"sequence\": 1"))
        },
        ReportAttack("a number that is none", says: "expected a number from 1 on") { scene in
            try scene.serve(
                report: scene.report.replacing(try Regex(#""sequence": \d+"#), with: "\"sequence\": -1"))
        },
    ]
}

/// A canary's true references, and the means to put others in their place.
struct ReportForge: Sendable {
    let fleet: LocalFleet
    /// The tips of what the canary pushed last, and its chain's before that.
    let latest: String
    let chain: String
    let olderLatest: String
    let olderChain: String
    /// The tips of the store's own.
    let stores: String
    let storesChain: String
    /// The canary's newest report.
    let report: String
    /// The folder in which it stands.
    let tree: String

    var forge: Forge { Forge(fleet: fleet) }
    var key: String { fleet.folder.path("nodes/canary-1/state/node_ed25519") }

    func payload(of tree: String, message: String = "Report\n") -> String {
        forge.payload(tree: tree, parents: [], message: message)
    }

    func serve(report: String) throws {
        try serve(tree: forge.tree([.init("100644", "report.json", forge.blob(report))]))
    }

    /// Serves a folder as the newest report, signed by the canary.
    func serve(tree: String) throws {
        let onChain = try commit(payload(of: tree))
        let above = try commit(payload(of: tree, message: "Report\n\nPlimsoll-Chain: \(onChain)\n"))
        try set(latest: above, chain: onChain)
    }

    func serve(signedBy key: String, namespace: String = "git") throws {
        let payload = payload(of: tree)
        try serve(forge.signed(payload, with: forge.signature(of: payload, by: key, namespace: namespace)))
    }

    /// Serves a commit, signed or not, as newest report and chain.
    func serve(_ text: String) throws {
        let commit = try forge.commit(text)
        try set(latest: commit, chain: commit)
    }

    private func commit(_ payload: String) throws -> String {
        try forge.commit(forge.signed(payload, with: forge.signature(of: payload, by: key)))
    }

    /// Puts other objects, or nothing, in the place of the canary's references.
    func set(latest: String?, chain: String?) throws {
        for (kind, id) in [("latest", latest), ("status", chain)] {
            let path = "server.git/refs/heads/\(kind)/canary-1"
            if let id {
                try fleet.folder.write("\(id)\n", to: path)
            } else {
                try? FileManager.default.removeItem(atPath: fleet.folder.path(path))
            }
        }
    }
}
