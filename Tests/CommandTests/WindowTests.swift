import FleetCore
import FleetTesting
import Foundation
import Testing

/// Windows and freezes with real agents: times that surely contain now, or surely do not.
struct WindowTests {
    private let fleet: LocalFleet
    private let node: LocalNode
    /// The day in UTC on which the test begins; it may end on the next.
    private let today: Int

    init() async throws {
        today = Timestamp(seconds: Int64(Date().timeIntervalSince1970)).day.daysSinceEpoch
        fleet = try await LocalFleet()
        node = try fleet.enrol(1, in: "canary")[0]
        try node.configure(besides: "clock: trusted")
        #expect(try node.reconcile().phase == .converged)
    }

    /// The day some days from today.
    private func day(_ offset: Int) -> CalendarDay { CalendarDay(daysSinceEpoch: today + offset) }

    /// A window that is open all day on these days, counted from today.
    private func window(_ offsets: ClosedRange<Int>, zone: String = "UTC") -> String {
        let days = offsets.map { Weekday(ofDay: today + $0).rawValue }.joined(separator: ", ")
        return "{days: [\(days)], start: \"00:00\", end: \"24:00\", zone: \(zone)}"
    }

    /// A freeze of these days, counted from today.
    private func freeze(_ offsets: ClosedRange<Int>) -> String {
        "{from: \(day(offsets.lowerBound)), to: \(day(offsets.upperBound)), reason: holiday trading}"
    }

    private func view(_ arguments: String...) throws -> CommandResult {
        try run(
            [BuiltProgram.path("plimsoll")] + arguments
                + ["--repository", fleet.clone, "--introduction", fleet.introduction],
            environment: Git.environment)
    }

    private func publish(_ lines: String..., version: String) throws {
        let group = ["apiVersion: plimsoll/v1", "baseline: deb", "gate: none"] + lines
        try fleet.write(group.joined(separator: "\n") + "\n", to: "groups/canary/group.yaml")
        try fleet.declare("till: \(version)")
    }

    @Test func anUpdateWaitsForTheWindow() throws {
        try publish("window: [\(window(2...4))]", version: "1.1-1")
        let waiting = try node.reconcile()
        #expect(waiting.phase == .waiting && waiting.exitCode == 0, "\(waiting)")
        #expect(waiting.codes == [.window])
        let opening = try #require(waiting.reasons.first?.until)
        #expect(opening == .of("\(day(2))T00:00:00Z"))
        #expect(try node.installed == ["till": "1.0-1"])
        // Drift waits for it as well.
        try node.dpkg(["--remove", "till"])
        #expect(try node.reconcile().codes == [.window])
        #expect(try node.installed == [:])

        try publish("window: [\(window(0...1))]", version: "1.1-1")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func whatIsUrgentPassesTheWindowAndItsReceiptFollows() throws {
        try publish("window: [\(window(2...4))]", version: "1.1-1")
        #expect(try node.reconcile().codes == [.window])
        let why = try view("why", node.name)
        #expect(why.text.contains("no window is open"), "\(why.text)")
        // What is declared already becomes urgent: the packages stay as they are.
        let urgent = "urgent: {until: \(day(1)), reason: DSA-6015-1}"
        try fleet.declare("till: 1.1-1", besides: [urgent])
        let hurried = try view("why", node.name)
        #expect(hurried.text.contains("no window is needed: urgent until \(day(1))"), "\(hurried.text)")
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
        let verified = try view("verify", "--receipts")
        #expect(verified.exitCode == 0, "\(verified.text)")
        #expect(verified.text.contains("2 of 2 admissions follow"), "\(verified.text)")
        // A freeze stops it all the same.
        try fleet.write(
            ["apiVersion: plimsoll/v1", "baseline: deb", "gate: none", "freeze: [\(freeze(0...2))]"]
                .joined(separator: "\n") + "\n", to: "groups/canary/group.yaml")
        try fleet.declare("till: 1.2-1", besides: [urgent])
        #expect(try node.reconcile().codes.contains(.freeze))
    }

    @Test func aFreezeStopsAllButTheWayBack() throws {
        try fleet.declare("till: 1.1-1")
        try node.reconcileTwice()
        try publish("freeze: [\(freeze(-1...1))]", version: "1.2-1")
        let frozen = try node.reconcile()
        #expect(frozen.phase == .waiting && frozen.codes == [.freeze], "\(frozen)")
        #expect(frozen.reasons.first?.until == .of("\(day(2))T00:00:00Z"))
        #expect(frozen.message(.freeze).contains("holiday trading"))
        #expect(try node.installed == ["till": "1.1-1"])

        // Back to what is on the node: nothing to do. And back from it: at once.
        try publish("freeze: [\(freeze(-1...1))]", version: "1.1-1")
        #expect(try node.reconcile().phase == .converged)
        try publish("freeze: [\(freeze(-1...1))]", version: "1.0-1")
        let back = try node.reconcile()
        #expect(back.phase == .converged, "\(back)")
        #expect(try node.installed == ["till": "1.0-1"])
    }

    @Test func aZoneThatTheNodeDoesNotHaveKeepsTheWindowShut() throws {
        try publish("window: [\(window(-1...2, zone: "Europe/Berlin"))]", version: "1.1-1")
        let waiting = try node.reconcile()
        #expect(waiting.phase == .waiting && waiting.codes == [.window], "\(waiting)")
        #expect(waiting.message(.window).contains("does not know the zone 'Europe/Berlin'"), "\(waiting)")
        let zones = "\(node.root)/usr/share/zoneinfo/Europe"
        try runSuccessfully(["mkdir", "-p", zones])
        try runSuccessfully(["cp", "\(ZoneFiles.folder)/Europe/Berlin", zones])
        #expect(try node.reconcile().phase == .converged)
        #expect(try node.installed == ["till": "1.1-1"])
    }

    @Test func aClockBeforeTheNewestCommitIsNotKnownToBeRight() throws {
        try publish("window: [\(window(-1...2))]", version: "1.1-1")
        try fleet.publishLater()
        let waiting = try node.reconcile()
        #expect(waiting.phase == .waiting && waiting.codes == [.clockUnknown], "\(waiting)")
        #expect(try node.installed == ["till": "1.0-1"])
        // Its own date counts, not the newest that ever was.
        try fleet.publish("Say nothing")
        #expect(try node.reconcile().phase == .converged)
    }
}

extension LocalNode {
    /// Two cycles in a row, both well: then what is admitted is proven.
    fileprivate func reconcileTwice() throws {
        for _ in 0..<2 { #expect(try reconcile().phase == .converged) }
    }
}

extension LocalFleet {
    /// Publishes an empty commit that says to be of the year 2090.
    fileprivate func publishLater() throws {
        var environment = Git.environment
        environment["GIT_COMMITTER_DATE"] = "2090-01-01T00:00:00+0000"
        try runSuccessfully(
            ["git", "commit", "--quiet", "--allow-empty", "--message", "Come from the future"], in: clone,
            environment: environment)
        try push()
    }
}
