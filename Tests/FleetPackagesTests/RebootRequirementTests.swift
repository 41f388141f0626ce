import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetPackages

/// Whether what is installed waits for a reboot.
struct RebootRequirementTests {
    @Test(arguments: [
        // What is installed, what runs, and what the next boot would bring.
        (["6.1.0-21-amd64 6.1.90-1"], "6.1.0-21-amd64", "#1 SMP Debian 6.1.90-1 (2024-05-03)", String?.none),
        (
            ["6.1.0-21-amd64 6.1.90-1", "6.1.0-22-amd64 6.1.94-1"], "6.1.0-21-amd64",
            "#1 SMP Debian 6.1.90-1 (2024-05-03)", "linux-image-6.1.0-22-amd64 6.1.94-1"
        ),
        (
            ["6.1.0-21-amd64 6.1.90-2"], "6.1.0-21-amd64", "#1 SMP Debian 6.1.90-1 (2024-05-03)",
            "linux-image-6.1.0-21-amd64 6.1.90-2"
        ),
        (
            ["6.1.0-21-amd64 6.1.90-1", "6.1.0-22-cloud-amd64 6.1.94-1"], "6.1.0-21-amd64",
            "#1 SMP Debian 6.1.90-1", nil
        ),
        (
            ["5.15.0-105-generic 5.15.0-105.115", "5.15.0-106-generic 5.15.0-106.116"], "5.15.0-105-generic",
            "#115-Ubuntu SMP Mon Apr 15 09:52:04 UTC 2024", "linux-image-5.15.0-106-generic 5.15.0-106.116"
        ),
        (
            ["6.1.0-20-amd64 6.1.85-1", "6.1.0-21-amd64 6.1.90-1"], "6.1.0-21-amd64",
            "#1 SMP Debian 6.1.90-1", nil
        ),
        (["6.1.0-21-amd64 6.1.90-1"], "6.8.0-1008-aws", "#8-Ubuntu SMP", nil), ([], "6.1.0", "", nil),
    ])
    func `a newer kernel of the running flavour waits for a reboot`(
        installed: [String], release: String, build: String, newer: String?
    ) throws {
        let native: Architecture = try parse("amd64")
        let packages = try installed.map { line in
            let words = line.split(separator: " ").map(String.init)
            let name: PackageName = try parse("linux-image-" + words[0])
            let version: PackageVersion = try parse(words[1])
            return InstalledPackage(
                id: PackageID(name: name, architecture: native), version: version, source: name,
                sourceVersion: version)
        }
        let inventory = Inventory(architectures: [native], packages: packages)
        #expect(RebootRequirement.newerKernel(than: release, build: build, in: inventory) == newer)
    }

    @Test func `packages say in a file that they want a reboot`() throws {
        let folder = try TemporaryFolder()
        let requirement = RebootRequirement(root: folder.path, inventory: nil)
        #expect(requirement.statement == RebootStatement())
        try folder.write("*** System restart required ***\n", to: "run/reboot-required")
        #expect(requirement.statement == RebootStatement(isRequired: true, reason: "a package asks for it"))
        try folder.write("linux-base\ndbus\nlinux-base\n", to: "run/reboot-required.pkgs")
        #expect(requirement.statement.reason == "asked for by 'dbus', 'linux-base'")
    }
}
