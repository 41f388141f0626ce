import Foundation
import Testing

/// Holds the code to the rules that no compiler checks.
struct TidyTests {
    @Test func theSourcesKeepTheRules() throws {
        let files = try PackageFiles()
        let swift = files.paths(below: ["Sources"], ending: [".swift"])
        #expect(swift.count > 50, "the sources were not found")
        let violations = try files.violations(in: swift)
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test func noFileNamesTheWorkplace() throws {
        let files = try PackageFiles()
        let endings = [".swift", ".md", ".yaml", ".yml", ".sh", ".h", ".json", ".service", ".timer"]
        let folders = ["Tests", "docs", "packaging", "fleet-repo-template", ".ci"]
        let top = ["Package.swift", "Makefile", "README.md", "CHANGELOG.md"].filter(files.exists)
        let violations = try files.violations(in: files.paths(below: folders, ending: endings) + top)
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test func everyTargetHasARuleForImports() throws {
        let files = try PackageFiles()
        let known = Set(ImportRule.table.keys).union(ImportRule.systemLibraries)
        #expect(Set(try files.folders(in: "Sources")).subtracting(known) == [])
    }

    @Test func thePackagesOwnManifestTurnsWarningsIntoErrors() throws {
        let manifest = try PackageFiles().text("Package.swift")
        #expect(manifest.contains(".treatAllWarnings(as: .error)"))
        #expect(manifest.contains(".swiftLanguageMode(.v6)"))
    }
}

/// The files of this package, found from where this test stands.
private struct PackageFiles {
    private let root: URL

    init() throws {
        root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        try #require(
            FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path))
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    func violations(in paths: [String]) throws -> [String] {
        try paths.flatMap { TidyChecker().violations(in: SourceText(path: $0, text: try text($0))) }
    }

    func folders(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(path).path)
            .filter { !$0.hasPrefix(".") && !$0.hasSuffix(".md") }
    }

    /// The paths of all files below `folders`, in order.
    func paths(below folders: [String], ending endings: [String]) -> [String] {
        folders.filter(exists).flatMap { folder -> [String] in
            let below = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
            return (below?.compactMap { $0 as? String } ?? [])
                .filter { path in endings.contains { path.hasSuffix($0) } }
                .map { "\(folder)/\($0)" }
        }
        .sorted()
    }
}
