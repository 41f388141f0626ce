internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetReconciler
internal import FleetRepository

/// What a node has last said of itself at the server, with what is really installed in its root.
struct DemoRow {
    let node: DemoNode
    let report: Report?
    let till: String

    var phase: Phase? { report?.phase }
    /// Whether what is admitted is what the newest commit declares, and all of it is in effect.
    var isOnDeclared: Bool {
        guard let report else { return false }
        return report.phase == .converged && report.baseline.admitted == report.baseline.declared
    }
}

extension [DemoRow] {
    var stores: [DemoRow] { filter { $0.node.group == "stores" } }

    /// The node of this name, if the fleet has it.
    subscript(name: String) -> DemoRow? { first { $0.node.name.description == name } }

    /// Whether all of them have what is declared, with this version of till really installed.
    func all(on version: String) -> Bool { allSatisfy { $0.isOnDeclared && $0.till == version } }
}

/// Watches the fleet through the signed reports at the server, and shows what the commands say of it.
struct DemoView {
    let fleet: DemoFleet
    private var shown = 0

    init(_ fleet: DemoFleet) { self.fleet = fleet }

    /// The nodes as they are now.
    func rows() async -> [DemoRow] {
        var rows: [DemoRow] = []
        for node in fleet.nodes {
            rows.append(DemoRow(node: node, report: report(of: node), till: await till(of: node)))
        }
        return rows
    }

    private func report(of node: DemoNode) -> Report? {
        guard let repository = try? GitRepository(open: fleet.places.server),
            let tip = try? repository.reference(FleetReferences.latest(node.name)),
            let file = try? repository.file(at: "report.json", in: tip, limitBytes: Report.largestSize)
        else { return nil }
        return try? Report(parsing: file.bytes)
    }

    private func till(of node: DemoNode) async -> String {
        let root = fleet.places.root(of: node.name)
        let packages = AptPackages(AptConfiguration(root: root, workspace: "\(root)/unused"))
        guard let inventory = try? await packages.inventory(), let name = PackageName("till") else {
            return "?"
        }
        let found = inventory.packages.first { $0.id.name == name && $0.state == .installed }
        return found?.version.description ?? "-"
    }

    /// Shows, in place, what a command says while the fleet is on its way; wiped before anything else is
    /// shown.
    mutating func sketch(_ text: String) {
        wipe()
        // A line that the terminal breaks would take two, and wiping would not reach it.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix(max(Terminal.rows - 2, 1)).map { String($0.prefix(max(Terminal.columns - 1, 1))) }
        for line in lines { Terminal.print(line) }
        shown = lines.count
    }

    /// Takes away what was sketched.
    mutating func wipe() {
        if shown > 0 { Terminal.write("\u{1B}[\(shown)A\u{1B}[J") }
        shown = 0
    }
}
