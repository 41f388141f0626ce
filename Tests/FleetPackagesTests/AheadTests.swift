import FleetCore
import FleetReconciler
import FleetTesting
import Testing

@testable import FleetPackages

/// What is downloaded ahead of its time ends by itself; everything else is never ended.
struct AheadTests {
    @Test func `a program of apt that takes too long ends, ahead of its time alone`() async throws {
        let folder = try TemporaryFolder("ahead")
        try folder.write("#!/bin/sh\nsleep 3\n", to: "bin/apt-get", mode: 0o755)
        let command = AptCommand(
            AptConfiguration(
                root: folder.path("root"), workspace: folder.path("work"),
                searchPath: "\(folder.path("bin")):/usr/bin:/bin"))
        let ahead = try await Ahead.$deadline.withValue(TimeSpan(seconds: 1)) {
            try await command.get(["update"])
        }
        #expect(ahead.status == 124, "timeout(1) ended it")
        #expect(try await command.get(["update"]).status == 0)
    }
}
