import FleetCore
import Testing

/// A baseline made from what is installed.
struct CaptureTests {
    private func package(
        _ id: String, _ version: String, source: String, state: PackageState = .installed
    ) throws -> InstalledPackage {
        InstalledPackage(
            id: try #require(PackageID(id)), version: try #require(PackageVersion(version)),
            source: try #require(PackageName(source)), sourceVersion: try #require(PackageVersion(version)),
            state: state)
    }

    @Test func `binaries of one version become their source, others are named`() throws {
        let inventory = Inventory(
            architectures: [try #require(Architecture("amd64")), try #require(Architecture("i386"))],
            packages: [
                try package("libssl3:amd64", "3.0-1", source: "openssl"),
                try package("openssl:amd64", "3.0-1+b2", source: "openssl"),
                try package("libssl3:i386", "3.0-1", source: "openssl"),
                try package("gcc:amd64", "4:12.2", source: "gcc-defaults"),
                try package("g++:i386", "4:12.3", source: "gcc-defaults"),
                try package("docs:all", "4:12.3", source: "gcc-defaults"),
                try package("left:amd64", "1", source: "left", state: .configFiles),
                try package("bad:amd64", "1", source: "bad", state: .broken),
            ])
        let lines = inventory.captured().map { "\($0.key): \($0.requirement.version?.description ?? "")" }
        #expect(lines == ["docs: 4:12.3", "g++:i386: 4:12.3", "gcc: 4:12.2", "src:openssl: 3.0-1"])
        #expect(
            inventory.captured().allSatisfy {
                guard case .version(_, .whereInstalled, let sha256) = $0.requirement else { return false }
                return sha256.isEmpty
            })
    }
}
