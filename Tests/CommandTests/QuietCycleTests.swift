import FleetCore
import FleetTesting
import Foundation
import Testing

struct QuietCycleTests {
    /// When each file and folder of a node's state was last written; a file made and removed again shows in
    /// its folder.
    private func writings(of node: LocalNode) throws -> [String: Date] {
        let files = FileManager.default
        var writings: [String: Date] = [:]
        for path in try files.subpathsOfDirectory(atPath: node.state) + [""] {
            let attributes = try files.attributesOfItem(atPath: "\(node.state)/\(path)")
            writings[path] = attributes[.modificationDate] as? Date
        }
        return writings
    }

    @Test func aQuietCycleMakesNoFileNotEvenForAMoment() async throws {
        let fleet = try await LocalFleet()
        let nodes = try fleet.enrol(1, in: "canary")
        // Until the soak that looks at this canary is over.
        try await fleet.cycle(nodes) { _ in
            let before = nodes[0].bytes(of: "\(nodes[0].state)/state.json")
            _ = try nodes[0].reconcile()
            return nodes[0].bytes(of: "\(nodes[0].state)/state.json") == before
        }
        let before = try writings(of: nodes[0])
        #expect(try nodes[0].reconcile().report == "notDue")
        let after = try writings(of: nodes[0])
        #expect(Set(after.keys) == Set(before.keys))
        #expect(after.filter { before[$0.key] != $0.value }.keys.sorted() == [])
    }
}
