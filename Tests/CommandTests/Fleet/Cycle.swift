import FleetCore
import FleetTesting
import Foundation
import Testing

/// What a cycle said: its exit code, and its outcome as JSON.
struct Cycle: CustomStringConvertible {
    let exitCode: Int32
    /// The document on standard output; null if there is none.
    let document: JSONValue
    /// Standard error.
    let errors: String

    init(_ result: CommandResult) throws {
        exitCode = result.exitCode
        errors = result.errorText
        document = result.output.isEmpty ? .null : try JSONValue(parsing: result.output)
    }

    var phase: Phase? { document["phase"]?.string.flatMap(Phase.init(rawValue:)) }
    var reasons: [Reason] { document["reasons"]?.array?.map(Reason.init(json:)) ?? [] }
    var codes: Set<Reason.Code> { Set(reasons.map(\.code)) }
    /// The commit of the admitted declaration.
    var admitted: String? { document["admitted"]?["commit"]?.string }
    /// What became of the report: `sent`, `kept`, `queued`, `notDue` or `nobody`.
    var report: String? { document["report"]?["state"]?.string }
    /// The state of an entry that is not as declared.
    func state(of entry: String) -> String? {
        document["packages"]?["entries"]?.array?.first { $0["name"]?.string == entry }?["state"]?.string
    }

    /// The message of a reason.
    func message(_ code: Reason.Code) -> String { reasons.first { $0.code == code }?.message ?? "" }

    var description: String {
        let reasons = reasons.map { "\($0.code.rawValue): \($0.message)" }.joined(separator: "; ")
        return "exit \(exitCode), \(phase?.rawValue ?? "no phase"), [\(reasons)], \(errors)"
    }
}

extension LocalFleet {
    /// Runs cycles on all `nodes` again and again until `isReached`; the canaries' soak passes meanwhile.
    ///
    /// - Returns: the last cycle of each node.
    @discardableResult
    func cycle(
        _ nodes: [LocalNode], seconds: Int = 120, sourceLocation: SourceLocation = #_sourceLocation,
        until isReached: ([Cycle]) throws -> Bool
    ) async throws -> [Cycle] {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while true {
            let cycles = try nodes.map { try $0.reconcile() }
            if try isReached(cycles) { return cycles }
            guard clock.now < deadline else {
                Issue.record("not within \(seconds) s: \(cycles)", sourceLocation: sourceLocation)
                return cycles
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Runs cycles until every node has converged.
    @discardableResult
    func converge(
        _ nodes: [LocalNode], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Cycle] {
        try await cycle(nodes, sourceLocation: sourceLocation) { cycles in
            cycles.allSatisfy { $0.phase == .converged && $0.exitCode == 0 }
        }
    }
}

/// Asks again and again until something holds.
func eventually(
    _ what: String, seconds: Int = 120, sourceLocation: SourceLocation = #_sourceLocation,
    _ holds: () throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try !holds() {
        guard clock.now < deadline else {
            Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits as ``eventually(_:seconds:sourceLocation:_:)`` does, and keeps its thread: where tests fill all
/// threads, one that gives its own away may come back when what it waits for is over.
func eventuallyHere(
    _ what: String, seconds: Int = 120, sourceLocation: SourceLocation = #_sourceLocation,
    _ holds: () throws -> Bool
) throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try !holds() {
        guard clock.now < deadline else {
            Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
            return
        }
        Thread.sleep(forTimeInterval: 0.02)
    }
}
