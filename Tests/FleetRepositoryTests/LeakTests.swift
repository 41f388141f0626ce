import FleetCore
import FleetReconciler
import FleetTesting
import Foundation
import Testing

@testable import FleetRepository

/// What a process that runs many cycles has open afterwards. It is looked at in a process of its own, for in
/// this one other tests open and close at the same time.
///
/// The suite runs 100 cycles; `PLIMSOLL_LEAK_CYCLES=1000` with the filter `LeakTests` any number.
struct LeakTests {
    private static let asked = ProcessInfo.processInfo.environment["PLIMSOLL_LEAK_CYCLES"]

    @Test(.enabled(if: asked == nil))
    func `cycles leave no descriptor and no process behind`() throws {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let environment = ProcessInfo.processInfo.environment.merging(["PLIMSOLL_LEAK_CYCLES": "100"]) { $1 }
        let result = try run(
            [program, "--testing-library", "swift-testing", "--filter", "LeakTests"],
            environment: environment)
        #expect(result.exitCode == 0, "\(result.text) \(result.errorText)")
        #expect(result.text.contains("Test run with") || result.errorText.contains("Test run with"))
    }

    @Test(.enabled(if: asked != nil))
    func `the cycles of a process of their own`() async throws {
        let count = try #require(Self.asked.flatMap { Int($0) })
        let fleet = try ClaimFleet(nodes: 1)
        let ssh = try GitServer(.ssh, root: fleet.folder.path)
        let agent = try await fleet.agent("atm-1")
        let away = try ["http://127.0.0.1:1/fleet.git", "git://127.0.0.1:1/fleet.git", ssh.url("none.git")]
            .map {
                try RemoteURL($0)
            }
        try await cycles(40, of: agent, in: fleet, away)
        let before = try Held()
        try await cycles(count, of: agent, in: fleet, away)
        var after = try Held()
        // A server that was asked last may be about to end.
        let deadline = ContinuousClock.now + .seconds(30)
        while !after.children.isEmpty, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            after = try Held()
        }
        print("\(count) cycles: before \(before), after \(after)")
        #expect(after.descriptors == before.descriptors)
        #expect(after.children.isEmpty)
        withExtendedLifetime(ssh) {}
    }

    /// Cycles of which most find nothing new; some fetch a commit, send a report, or meet a server that is
    /// away.
    private func cycles(
        _ count: Int, of agent: ClaimAgent, in fleet: ClaimFleet, _ away: [RemoteURL]
    ) async throws {
        for number in 1...count {
            if number.isMultiple(of: 20) {
                try fleet.folder.write("\(number)\n", to: "work/notes/round")
                try fleet.publish("Round \(number)")
            }
            try await agent.follow()
            if number.isMultiple(of: 5) { try agent.report(.converged) }
            if number.isMultiple(of: 10) {
                let remote = away[number / 10 % away.count]
                #expect(throws: NetworkError.self) { try agent.source.network.list(remote) }
            }
        }
    }
}

/// What this process holds; proc_pid_fd(5), proc_tid_children(5).
private struct Held: CustomStringConvertible {
    /// What each descriptor leads to, without the numbers of pipes and sockets. A pack stays open as long as
    /// the repository is; how many there are is bounded by packing.
    let descriptors: [String]
    let children: String
    let residentKiB: Int

    init() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        descriptors = names.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }.map { String($0.prefix { $0 != "[" }) }.filter {
            !$0.hasPrefix("/proc/") && !$0.contains("/objects/pack/")
        }.sorted()
        children = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").map { task in
            (try? String(contentsOfFile: "/proc/self/task/\(task)/children", encoding: .utf8)) ?? ""
        }.joined().trimmingCharacters(in: .whitespaces)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        residentKiB =
            status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            .flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    var description: String { "\(descriptors.count) descriptors, \(residentKiB) KiB" }
}
