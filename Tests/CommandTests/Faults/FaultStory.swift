import FleetCore
import FleetPackages
import FleetTesting

/// A cycle with much to do, and how it must end whatever happens in it.
enum FaultStory: CaseIterable {
    /// A declaration that upgrades, installs and removes is reached.
    case upgrade
    /// A declaration whose check fails is undone.
    case undoing
    /// A declaration that the branch has gone back from is left.
    case revert

    static let before = ["till: 1.0-1", "libtill: 1.0-1", "printer: 1.0-1"]
    private static let after = ["till: 1.1-1", "libtill: 1.1-1", "scanner: 1.0-1", "printer: absent"]
    private static let broken = ["till: 2.0-1", "libtill: 1.1-1", "scanner: 1.0-1", "printer: absent"]

    static let installedBefore = ["till": "1.0-1", "libtill": "1.0-1", "printer": "1.0-1"]
    private static let installedAfter = ["till": "1.1-1", "libtill": "1.1-1", "scanner": "1.0-1"]

    /// Packages whose scripts all tell `hook`, a program beside the root, that they are run.
    static var offered: [SandboxPackage] {
        let line = #"test ! -x "$DPKG_ROOT/../hook" || exec "$DPKG_ROOT/../hook" "$0" "$@""#
        let names = ["preinst", "postinst", "prerm", "postrm"]
        let scripts = Dictionary(uniqueKeysWithValues: names.map { ($0, line) })
        return LocalFleet.tills.map { till in
            var till = till
            till.depends = "libtill"
            till.files["/etc/till.conf"] = "version=\(till.version)\n"
            till.scripts = scripts
            return till
        }
            + ["1.0-1", "1.1-1"].map { SandboxPackage("libtill", $0, scripts: scripts) }
            + [
                SandboxPackage("printer", "1.0-1", scripts: scripts),
                SandboxPackage("scanner", "1.0-1", depends: "libtill", scripts: scripts),
            ]
    }

    /// Brings the branch, and the node where it must go first, to where the cycle begins.
    func prepare(_ fleet: LocalFleet, node: LocalNode) throws {
        let lines = self == .undoing ? Self.broken : Self.after
        try fleet.write(LocalFleet.baseline(lines), to: "baselines/deb.yaml")
        try fleet.publish("Declare what is new")
        guard self == .revert else { return }
        let cycle = try node.reconcile()
        guard cycle.phase == .converged else { throw FaultStoryError(description: "\(cycle)") }
        try fleet.revert()
    }

    /// What must be installed in the end.
    var installed: [String: String] { self == .upgrade ? Self.installedAfter : Self.installedBefore }
    /// The word of the last report.
    var phase: Phase { self == .undoing ? .rolledBack : .converged }
}

struct FaultStoryError: Error, CustomStringConvertible {
    let description: String
}
