internal import FleetCore

/// A version of a baseline's packages as it is released, and what is wrong with it.
package struct Release: Hashable, Sendable {
    /// Counts the releases of a baseline; the version of its packages.
    package let number: Int
    package var flaw: Flaw?
    /// Whether it takes effect only after a reboot.
    package var needsReboot: Bool

    package init(_ number: Int, flaw: Flaw? = nil, needsReboot: Bool = false) {
        self.number = number
        self.flaw = flaw
        self.needsReboot = needsReboot
    }
}

/// How a release harms a share of the nodes.
package struct Flaw: Hashable, Sendable {
    package let harm: Harm
    /// How many of 1,000 nodes it harms.
    package let permille: Int

    package init(_ harm: Harm, permille: Int) {
        self.harm = harm
        self.permille = permille
    }

    package enum Harm: Hashable, Sendable {
        /// A maintainer script fails.
        case script
        /// The service does not come up.
        case check
        /// The service fails some seconds after the change.
        case leak(after: Int64)
        /// The network is gone for as long as it is installed.
        case network
    }
}

/// The machine below a node: its packages and what they do to it. A value, so that a snapshot is a copy.
struct SimulatedMachine {
    /// Tells this machine from every other that has had the node's name.
    let serial: String
    private(set) var installed: [PackageID: InstalledPackage] = [:]
    /// When each package came to its present version.
    private(set) var changedAt: [PackageID: Int64] = [:]
    /// Whether the package manager's journal says that it was interrupted.
    var isInterrupted = false
    /// Since when something that is installed waits for a reboot.
    var awaitsReboot = false
    /// Services that run old code.
    var outdated: Set<String> = []
    /// What decides whether the kernel of this release comes up here.
    var kernelLot: String { version(of: ReleaseBook.application)?.description ?? "" }
    /// Packages of which the node keeps the file, written `name version`.
    var kept: Set<String> = []
    /// Packages whose file was rebuilt, which is of use only to go back.
    var rebuilt: Set<String> = []
    /// Package files that were downloaded.
    var downloaded: Set<String> = []
    /// Whether a person has changed packages that nobody has put right yet.
    var wasTouched = false
    private var cached: Inventory?

    init(serial: String, installed packages: [PackageName: PackageVersion]) {
        self.serial = serial
        for (name, version) in packages {
            put(PackageID(name: name, architecture: Self.architecture), version, state: .installed, at: 0)
        }
    }

    /// The serial of the first machine of a node.
    static func serial(of name: NodeName, index: Int) -> String { "\(name)/\(index)" }

    static let architecture = Architecture("amd64") ?? .all

    mutating func inventory() -> Inventory {
        if let cached { return cached }
        let inventory = Inventory(
            architectures: [Self.architecture], packages: Array(installed.values))
        cached = inventory
        return inventory
    }

    mutating func put(_ id: PackageID, _ version: PackageVersion, state: PackageState, at time: Int64) {
        installed[id] = InstalledPackage(
            id: id, version: version, source: id.name, sourceVersion: version, state: state)
        changedAt[id] = time
        cached = nil
    }

    mutating func remove(_ id: PackageID) {
        installed[id] = nil
        changedAt[id] = nil
        cached = nil
    }

    func version(of name: PackageName) -> PackageVersion? {
        installed[PackageID(name: name, architecture: Self.architecture)]?.version
    }

    /// Whether the packages are exactly those of a baseline, and none is broken.
    func isWhole(_ form: CanonicalForm) -> Bool {
        form.entries.allSatisfy { entry in
            let package = installed[PackageID(name: entry.key.name, architecture: Self.architecture)]
            guard let wanted = entry.requirement.version else { return package == nil }
            return package?.version == wanted && package?.state == .installed
        }
    }
}

/// A node's clocks.
struct SimulatedClock {
    /// How many seconds the wall clock is ahead of the true time.
    var wallOffset: Int64 = 0
    var isWallKnown = true
    private(set) var boots = 1
    private var bootedAt: Int64 = 0
    private var suspended: Int64 = 0

    /// The true time at which every simulation begins: a Monday, midnight UTC.
    static let beginning: Int64 = 1_793_577_600

    mutating func boot(at time: Int64) {
        boots += 1
        bootedAt = time
        suspended = 0
    }

    mutating func suspend(for seconds: Int64) { suspended += seconds }

    func reading(at time: Int64) -> Instant {
        Instant(
            wall: Timestamp(seconds: Self.beginning + time + wallOffset), isWallKnown: isWallKnown,
            bootID: "boot-\(boots)", sinceBoot: TimeSpan(seconds: max(0, time - bootedAt - suspended)))
    }
}
