import FleetCore
import FleetTesting
import Testing

/// Nodes of one fleet that were introduced by different commits.
struct LateIntroductionTests {
    @Test func aNodeThatIsIntroducedLaterMeansTheSameDeclarations() async throws {
        let fleet = try await LocalFleet()
        let canaries = try fleet.enrol(1, in: "canary")
        try await fleet.converge(canaries)
        let declared = try fleet.declare("till: 1.1-1")
        try await fleet.converge(canaries)
        let introduction = try fleet.publish("Write a file that says nothing", path: "README.md")
        let store = try fleet.enrol("stores-1", in: "stores")
        try store.configure(introduction: introduction)
        try fleet.publish("Enrol a store that trusts a later commit")
        // The canaries have proven what was declared before that commit: to the store it is the same.
        let cycles = try await fleet.converge([store] + canaries)
        #expect(cycles.allSatisfy { $0.admitted == declared }, "\(cycles)")
        #expect(try store.installed == ["till": "1.1-1"])
    }
}

extension LocalFleet {
    fileprivate func publish(_ message: String, path: String) throws -> String {
        try write("\(message)\n", to: path)
        return try publish(message)
    }
}
