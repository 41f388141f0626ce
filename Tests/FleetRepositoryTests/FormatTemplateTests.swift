import FleetCore
import Foundation
import Testing

@testable import FleetRepository

/// The fleet repository that a team starts from.
struct FormatTemplateTests {
    private let template = DirectoryTree(
        root: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("fleet-repo-template").path)

    /// The template as a tree in memory, to be filled in.
    private func filledIn() throws -> TextTree {
        var tree = TextTree([:])
        for path in try template.paths(below: "") {
            tree.files[path] = try template.file(at: path, limit: 100_000)
        }
        let signers = String(decoding: tree.files[Layout.allowedSigners] ?? [], as: UTF8.self)
        return tree.with(
            Layout.allowedSigners, signers + "ada@example.com namespaces=\"git\" \(keyText(1))\n")
    }

    @Test func onlyTheOperatorsKeyIsMissing() throws {
        let validation = try FleetValidator.validate(template)
        #expect(
            validation.problems.map(\.description)
                == ["trust/allowed_signers:1:1: found no key in 'trust/'; nobody could change the branch"])
    }

    @Test func filledInWithAKeyAndNodesItIsSound() throws {
        var tree = try filledIn()
        let founded = try FleetValidator.validate(tree)
        #expect(founded.problems.map(\.description) == [])
        #expect(
            founded.warnings.map(\.message) == ["group 'canary' has no nodes; expected at least one canary"])
        tree = tree.with("groups/canary/nodes/c-1.yaml", nodeText(2)).with(
            "groups/stores/nodes/s-1.yaml", nodeText(3))
        let enrolled = try FleetValidator.validate(tree)
        #expect(enrolled.problems.map(\.description) == [])
        #expect(enrolled.warnings.map(\.description) == [])
        let view = try FleetReader(tree).view(of: try #require(NodeName("s-1")))
        #expect(view.group.waves == nil)
        #expect(view.canaries.map(\.name.description) == ["canary"])
        #expect(view.baseline.entries.count == 4)
    }

    @Test func itBeginsOnHold() throws {
        let tree = try filledIn().with("groups/canary/nodes/c-1.yaml", nodeText(2))
        let holds = try FleetReader(tree).holds(on: try #require(NodeName("c-1")))
        #expect(holds == [Hold(level: .group, reason: "first look; remove this line to begin")])
    }
}
