import FleetCore
import FleetPackages
import FleetReconciler
import FleetTesting
import Foundation
import Testing

/// Other programs that change packages unasked, masked by systemd's own program in a root.
@Suite(.timeLimit(.minutes(15)))
struct UpdaterTests {
    private let folder: TemporaryFolder
    private let root: SandboxRoot

    init() throws {
        folder = try TemporaryFolder("updaters")
        root = try SandboxRoot(path: folder.path("root"))
    }

    private func packages(searchPath: String = AptConfiguration.defaultSearchPath) -> AptPackages {
        AptPackages(
            AptConfiguration(root: root.path, workspace: folder.path("work"), searchPath: searchPath))
    }

    private func add(_ unit: String) throws {
        try folder.write("[Unit]\nDescription=x\n", to: "root/usr/lib/systemd/system/\(unit)")
    }

    private func mask(_ unit: String) -> String {
        let path = folder.path("root/etc/systemd/system/\(unit)")
        return (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? "none"
    }

    @Test func `what was masked here is put back, and nothing else`() async throws {
        for unit in ["apt-daily.timer", "apt-daily-upgrade.timer", "packagekit.service", "cron.service"] {
            try add(unit)
        }
        // Somebody has masked this one before.
        try folder.makeFolder("root/etc/systemd/system")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("root/etc/systemd/system/packagekit.service"),
            withDestinationPath: "/dev/null")
        let packages = packages()
        let units = await packages.updaters()
        #expect(units == ["apt-daily.timer", "apt-daily-upgrade.timer"])
        let told = await packages.findings(after: nil, sources: nil)
        #expect(told.found.map(\.path) == units && told.found.allSatisfy { $0.code == "otherUpdater" })

        let stopped = await packages.describeUpdaters(units)
        try await packages.stopUpdaters(stopped)
        #expect(await packages.updaters().isEmpty)
        #expect(await packages.findings(after: told, sources: nil).found.isEmpty)
        #expect(units.map(mask) == ["/dev/null", "/dev/null"] && mask("cron.service") == "none")

        for updater in stopped { #expect(try await packages.restoreUpdater(updater)) }
        #expect(await packages.updaters() == units)
        #expect(mask("packagekit.service") == "/dev/null")
    }

    @Test func `of a unit whose package is gone the mask goes`() async throws {
        try add("apt-daily.timer")
        let packages = packages()
        let timer = StoppedUpdater(unit: "apt-daily.timer", wasActive: true)
        try await packages.stopUpdaters([StoppedUpdater(unit: "apt-daily.timer", wasActive: false)])
        try FileManager.default.removeItem(
            atPath: folder.path("root/usr/lib/systemd/system/apt-daily.timer"))
        for _ in 0..<2 { #expect(try await packages.restoreUpdater(timer) == false) }
        #expect(mask("apt-daily.timer") == "none")
    }

    @Test func `a systemd that refuses is an error with its words`() async throws {
        try folder.write("#!/bin/sh\necho no bus >&2\nexit 1\n", to: "bin/systemctl", mode: 0o755)
        let packages = packages(searchPath: "\(folder.path("bin")):/usr/bin:/bin")
        let error = await #expect(throws: PackageError.self) {
            try await packages.stopUpdaters([StoppedUpdater(unit: "apt-daily.timer", wasActive: true)])
        }
        #expect(error?.message.contains("no bus") == true)
    }
}
