import FleetCore
import FleetPackages
import FleetTesting
import Foundation
import Testing

/// The time zones of a root.
struct ZoneDatabaseTests {
    private let folder: TemporaryFolder
    private let database: ZoneDatabase

    init() throws {
        folder = try TemporaryFolder("zones")
        database = ZoneDatabase(root: folder.path)
    }

    private func copy(_ name: String, to path: String) throws {
        let target = URL(fileURLWithPath: folder.path(path))
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(contentsOf: URL(fileURLWithPath: "\(ZoneFiles.folder)/\(name)")).write(to: target)
    }

    private func link(_ path: String, to target: String) throws {
        try folder.makeFolder(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path(path), withDestinationPath: target)
    }

    @Test func aZoneIsReadFromTheRootAlone() throws {
        let kolkata = ZoneName.database("Asia/Kolkata")
        let message = "this machine does not know the zone 'Asia/Kolkata': cannot read "
        let error = #expect(throws: ZoneError.self) { try database.rules(of: kolkata) }
        #expect(error?.message.hasPrefix(message) ?? false)
        #expect(error?.message.hasSuffix("; install tzdata there, or mend the name") ?? false)
        try copy("Asia/Kolkata", to: "usr/share/zoneinfo/Asia/Kolkata")
        #expect(try database.rules(of: kolkata) == ZoneFiles.rules("Asia/Kolkata"))
        #expect(try ZoneDatabase().rules(of: kolkata) == ZoneFiles.rules("Asia/Kolkata"))
    }

    @Test func theLocalZoneIsThatOfTheRoot() throws {
        // A machine that is set to no zone is in UTC.
        #expect(try database.rules(of: .local) == .utc)
        // The link of every Debian machine, which leads to the root's own file.
        try link("etc/localtime", to: "/usr/share/zoneinfo/Here/There")
        try copy("Australia/Lord_Howe", to: "usr/share/zoneinfo/Lord_Howe")
        try link("usr/share/zoneinfo/Here/There", to: "../Lord_Howe")
        #expect(try database.rules(of: .local) == ZoneFiles.rules("Australia/Lord_Howe"))
    }

    @Test func whatIsNoZoneIsTold() throws {
        try folder.write("<html>", to: "usr/share/zoneinfo/Page")
        let path = folder.path("usr/share/zoneinfo/Page")
        #expect(
            throws: ZoneError("the zone 'Page' cannot be read from '\(path)': it is no time zone file (TZif)")
        ) { try database.rules(of: .database("Page")) }
        try link("usr/share/zoneinfo/Ring", to: "Ring")
        #expect(throws: ZoneError.self) { try database.rules(of: .database("Ring")) }
        try folder.makeFolder("usr/share/zoneinfo/Asia")
        #expect(throws: ZoneError.self) { try database.rules(of: .database("Asia")) }
    }

    @Test func theNamesAreThoseOfTheDatabase() throws {
        #expect(database.names == nil)
        try folder.write(
            "# version 2025b\nR d 1916 o - Jun 14 23s 1 S\nZ Europe/Berlin 0:53:28 - LMT 1893 Ap\n"
                + "L Europe/Berlin Europe/Stockholm\n", to: "usr/share/zoneinfo/tzdata.zi")
        #expect(database.names == ["Europe/Berlin", "Europe/Stockholm"])
        let names = try #require(ZoneDatabase().names)
        #expect(names.isSuperset(of: ["America/New_York", "Asia/Kolkata", "Europe/Stockholm"]))
    }
}
