import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetPackages

/// dpkg's database read without dpkg.
struct DpkgDatabaseTests {
    private func database(_ text: String, arch: [String] = []) throws -> DpkgDatabase {
        try DpkgDatabase(
            status: Array(text.utf8), path: "status", architectures: arch.compactMap { Architecture($0) })
    }

    @Test func `this machine's own database is read as dpkg-query reads it`() throws {
        let format =
            "${Package} ${Architecture} ${Version} ${source:Package} ${source:Version} ${db:Status-Want} "
            + "${db:Status-Status}\n"
        let expected = try runSuccessfully(["dpkg-query", "-W", "-f", format]).lines.sorted()
        let inventory = try DpkgDatabase(folder: "/var/lib/dpkg").inventory
        let found = inventory.packages.map { package in
            "\(package.id.name) \(package.id.architecture) \(package.version) \(package.source) "
                + "\(package.sourceVersion) \(want(package)) \(package.state.rawValue)"
        }.sorted()
        #expect(found.count > 50)
        #expect(found == expected)
        #expect(inventory.native.description == Machine.native)
    }

    /// What dpkg would say is wanted; on a machine at rest that follows from the state.
    private func want(_ package: InstalledPackage) -> String {
        package.isHeld ? "hold" : package.state == .configFiles ? "deinstall" : "install"
    }

    @Test(arguments: [
        ("install ok installed", PackageState.installed, false), ("hold ok installed", .installed, true),
        ("deinstall ok config-files", .configFiles, false), ("install ok half-installed", .broken, false),
        ("install ok unpacked", .broken, false), ("install ok half-configured", .broken, false),
        ("install reinstreq installed", .broken, false),
        ("install ok triggers-awaited", .triggersPending, false),
        ("install ok triggers-pending", .triggersPending, false),
    ])
    func `a status triple is a state and a hold`(status: String, state: PackageState, isHeld: Bool) throws {
        let package = try database("Package: a\nStatus: \(status)\nArchitecture: amd64\nVersion: 1-1+b2\n")
            .inventory.packages
        #expect(package.map(\.state) == [state])
        #expect(package.map(\.isHeld) == [isHeld])
        #expect(package.map(\.sourceVersion.description) == ["1-1"])
    }

    @Test func `fields may stand in any order and go over lines`() throws {
        let text = """


            Version: 1:2.0-1
            Description: first
             Version: 9
             .
            \tSource: wrong
            Source: bar (3.0)
            Status: install ok installed
            Architecture: i386
            Package: foo

            Package: gone
            Status: deinstall ok not-installed

            Package: bare
            """
        let database = try database(text, arch: ["amd64", "i386"])
        #expect(database.inventory.packages.map(\.id.description) == ["foo:i386"])
        #expect(database.inventory.packages.map(\.version.description) == ["1:2.0-1"])
        #expect(database.inventory.packages.map(\.source.description) == ["bar"])
        #expect(database.inventory.packages.map(\.sourceVersion.description) == ["3.0"])
    }

    @Test func `the architecture of the installed dpkg is the machine's`() throws {
        let text =
            "Package: dpkg\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1\nEssential: yes\n"
        let database = try database(text, arch: ["amd64", "arm64"])
        #expect(database.inventory.architectures.map(\.description) == ["arm64", "amd64"])
        #expect(database.essential.map(\.description) == ["dpkg:arm64"])
    }

    @Test(arguments: [
        "Package: a\nStatus: install ok\nVersion: 1\nArchitecture: all\n",
        "Package: a\nStatus: install ok sleeping\nVersion: 1\nArchitecture: all\n",
        "Package: a\nStatus: install ok installed\nVersion: 1 2\nArchitecture: all\n",
        "Package: a\nStatus: install ok installed\nArchitecture: all\n",
        "Package: a/b\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n",
        "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nSource: (1)\n",
    ])
    func `an entry that makes no sense is an error, not a package less`(text: String) {
        #expect { try database(text) } throws: { ($0 as? PackageError)?.code == .broken }
    }

    @Test func `a database that is not there is an error, not an empty one`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: PackageError.self) { try DpkgDatabase(folder: folder.path) }
        #expect(error?.code == .unreadable)
        #expect(error?.message == "cannot read '\(folder.path)/status': No such file or directory")
    }

    @Test func `a database that has changed is read again, one that has not is not`() throws {
        let folder = try TemporaryFolder()
        func entry(_ version: String) -> String {
            "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: \(version)\n"
        }
        try folder.write(entry("1"), to: "status")
        let cache = DpkgDatabaseCache(folder: folder.path)
        #expect(try cache.database().inventory.packages.map(\.version.description) == ["1"])
        try folder.write(entry("2"), to: "status-new")
        try runSuccessfully(["mv", folder.path("status-new"), folder.path("status")])
        #expect(try cache.database().inventory.packages.map(\.version.description) == ["2"])
        try folder.write("", to: "updates/0000")
        #expect(throws: PackageError.self) { try cache.database() }
        try runSuccessfully(["rm", folder.path("updates/0000"), folder.path("status")])
        #expect(throws: PackageError.self) { try cache.database() }
    }

    @Test func `no bytes at all can crash the parser`() throws {
        var generator = SeededGenerator(seed: 7)
        let pieces = [
            "Package", ":", " ", "\n", "\n\n", "Status: install ok installed", "Version", "\u{0}", "é", "\t",
            "a",
        ]
        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<30, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = try? database(text)
            _ = CandidateRecord.parse(Array(text.utf8))
        }
    }
}
