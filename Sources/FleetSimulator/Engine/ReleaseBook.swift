internal import FleetCore

/// The releases of the simulated baseline: what they consist of, and what is wrong with them.
struct ReleaseBook {
    static let baseline = BaselineName.simulated("base")
    private(set) var releases: [Release] = [Release(0)]

    /// The check that every release has.
    static let check = Check(.service("app"))

    private var numbers: [Digest: Int] = [CanonicalForm(baseline(0)).digest: 0]

    /// The number of the release with this digest.
    func number(of digest: Digest) -> Int? { numbers[digest] }

    var newest: Release { releases[releases.count - 1] }

    mutating func add(flaw: Flaw?, needsReboot: Bool) -> Release {
        let release = Release(releases.count, flaw: flaw, needsReboot: needsReboot)
        numbers[CanonicalForm(Self.baseline(release.number)).digest] = release.number
        releases.append(release)
        return release
    }

    /// The release that a package's version belongs to.
    func release(of version: PackageVersion) -> Release? {
        guard let number = Int(version.description), releases.indices.contains(number) else { return nil }
        return releases[number]
    }

    /// Its packages; every second release removes one of them.
    static func packages(of number: Int) -> [PackageName: PackageVersion] {
        guard let version = PackageVersion("\(number)") else { return [:] }
        var packages = [application: version, library: version]
        if number % 2 == 0 { packages[tool] = version }
        return packages
    }

    static func baseline(_ number: Int, named baseline: BaselineName = baseline) -> Baseline {
        let packages = packages(of: number)
        let entries = [application, library, tool].map { name in
            Entry(
                .package(name, nil),
                packages[name].map { .version($0, presence: .demanded, sha256: [:]) } ?? .absent)
        }
        return Baseline(
            name: baseline, entries: entries, checks: [check], reboot: reboot(number), restart: restart)
    }

    /// Every fourth release leaves reboots to people.
    static func reboot(_ number: Int) -> RebootPolicy { number % 4 == 3 ? .never : .whenRequired }

    private static let restart = [UnitPattern("app")].compactMap(\.self)

    static let application = name("app")
    static let library = name("lib")
    static let tool = name("tool")

    private static func name(_ text: String) -> PackageName {
        guard let name = PackageName(text) else { preconditionFailure("'\(text)' is no package") }
        return name
    }
}
