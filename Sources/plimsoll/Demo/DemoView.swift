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
    var reasons: String { (report?.reasons ?? []).map(\.message).joined(separator: "; ") }
    /// Whether what is admitted is what the newest commit declares, and all of it is in effect.
    var isOnDeclared: Bool {
        guard let report else { return false }
        return report.phase == .converged && report.baseline.admitted == report.baseline.declared
    }
}

extension [DemoRow] {
    var canaries: [DemoRow] { filter { $0.node.group == "canary" } }
    var stores: [DemoRow] { filter { $0.node.group == "stores" } }

    /// Whether all of them have what is declared, with this version of till really installed.
    func all(on version: String) -> Bool { allSatisfy { $0.isOnDeclared && $0.till == version } }
}

/// Watches the fleet through the signed reports at the server, and shows it as a table.
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

    /// The columns of the table before the last, with their gaps.
    private static let widthBeforeReasons = 42

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

    /// Shows the table; on a terminal in place of the one before, as long as nothing else was printed.
    mutating func show(_ rows: [DemoRow], inPlace: Bool) {
        var table = Table(["  node", "group", "phase", "till", "because"])
        // A line that the terminal breaks would take two, and the next table would not cover this one.
        let width = max(Terminal.columns - Self.widthBeforeReasons, 20)
        for row in rows {
            table.add([
                .init("  \(row.node.name)"), .init(row.node.group),
                .init(row.phase?.rawValue ?? "-", row.phase?.demoColour), .init(row.till, .bold),
                .init(String(row.reasons.prefix(width))),
            ])
        }
        let lines = table.lines(colour: Terminal.hasColour)
        if inPlace, shown > 0 { Terminal.write("\u{1B}[\(shown)A\u{1B}[J") }
        for line in lines { Terminal.print(line) }
        shown = lines.count
    }

    /// Forgets what was shown: something else is printed now.
    mutating func settle() { shown = 0 }
}

extension Phase {
    fileprivate var demoColour: Colour? {
        switch self {
        case .converged: .green
        case .waiting, .converging, .held: .yellow
        case .failed, .rolledBack, .degraded, .untrusted, .blocked, .stateLost, .unreadable: .red
        default: nil
        }
    }
}
