import Foundation
import Testing

@testable import FleetCore

/// Documents of v1 as nodes have written them, kept for ever: what was signed, hashed or stored once must stay
/// readable, and mean the same.
struct GoldenDocumentTests {
    private func fixture(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)")))
    }

    @Test func aStateOfV1IsReadWhole() throws {
        let document = try JSONValue(parsing: try fixture("state-v1.json"))
        let written = try #require(document["state"])
        #expect(document["checksum"]?.string == Digest(of: written.canonicalBytes).hex)

        let state = try NodeState(json: written)
        #expect(state.unknown.isEmpty)
        #expect(state.mark != nil && state.mark == state.followed)
        #expect(state.admitted?.progress == .reached)
        #expect(state.failed.count == 1 && state.failed[0].failure.isFinal)
        #expect(state.transaction?.result == .undone)
        #expect(state.stacks.count == 1 && !state.changes.chapters.isEmpty)
        #expect(state.json.documentBytes == written.documentBytes)
    }

    @Test func aStateOfV1WithEveryFieldIsReadAsItWasWritten() throws {
        let bytes = try fixture("state-v1-full.json")
        let written = try JSONValue(parsing: bytes)
        let state = try NodeState(json: written)
        #expect(state.unknown.isEmpty)
        #expect(state.ground != nil && state.settled != nil && state.news?.isTooOld == true)
        #expect(state.report.key == "ssh-ed25519 AAAA" && state.claim != nil)
        #expect(state.json.documentBytes == bytes)
        // Each field makes a difference.
        for field in try #require(written.object).keys where !["format", "attended"].contains(field) {
            var members = try #require(written.object)
            members[field] = nil
            let other = try? NodeState(json: .object(members))
            #expect(other != state, "\(field)")
        }
    }

    @Test func aReceiptOfV1IsReadWhole() throws {
        let bytes = try fixture("receipt-v1.json")
        let receipt = try #require(Receipt(json: try JSONValue(parsing: bytes)))
        #expect(receipt.basis == .gate && !receipt.isRollback)
        #expect(receipt.rule?.after.map(\.description) == ["canary"])
        #expect(receipt.witnesses.count == 2 && receipt.witnesses.allSatisfy { $0.standing == .healthy })
        #expect(receipt.documentBytes == bytes)
    }
}
