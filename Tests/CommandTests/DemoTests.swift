import FleetTesting
import Foundation
import Glibc
import Testing

/// `plimsoll demo`, as `make demo` starts it.
struct DemoTests {
    private let folder: TemporaryFolder
    private var place: String { folder.path("fleet") }

    init() throws { folder = try TemporaryFolder("demo") }

    /// The processes that have something of the demo's folder in their arguments.
    private func processes() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard pid_t(name) != nil else { return false }
            let bytes = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
            return bytes.firstRange(of: Array("\(place)/".utf8)) != nil
        }
    }

    @Test func theDemoKeepsItsWordAndLeavesNothing() throws {
        let result = try run(
            [BuiltProgram.path("plimsoll"), "demo", "--directory", place], deadline: 300)
        #expect(result.exitCode == 0, "\(result.errorText)\n\(result.text)")
        #expect(result.errorText == "")
        #expect(result.lines.count <= 125, "nobody reads more: \(result.lines.count) lines")
        for act in ["(a)", "(b)", "(c)", "(d)", "(e)", "(f)"] {
            #expect(result.lines.count { $0.hasPrefix(act) } == 1, "\(act)")
        }
        let told = [
            "budget: 1 unavailable per site", "whole fleet: ",
            "6     no   'canary': 1 failed of 2, allowed 0",
            "the node itself says the same", "till\t1.0-1", "    1     [#]  1 healthy",
            "Step 2 of 3 in 'stores' may begin", "is not authentic: it is not signed",
            "6 reporting, 6 converged; compliant 6 of 6 (100 %)", "follow from the evidence, 0 do not",
        ]
        for words in told { #expect(result.text.contains(words), "\(words)") }
        let last = try #require(result.lines.last { $0.hasSuffix(" G") })
        #expect(result.text.contains("\(last.dropLast(2).drop { $0 == " " }) authentic reports"))
        #expect(!FileManager.default.fileExists(atPath: place))
        #expect(try processes().isEmpty)
    }

    @Test func aCommandThatFailsEndsTheDemo() throws {
        let program = folder.path("bin/plimsoll")
        try folder.makeFolder("bin")
        try runSuccessfully(["cp", "--reflink=auto", BuiltProgram.path("plimsoll"), program])
        try folder.write("#!/bin/sh\necho no disk >&2\nexit 1\n", to: "bin/plimsoll-agent", mode: 0o755)
        let result = try run([program, "demo", "--directory", place])
        #expect(result.exitCode == 1)
        #expect(result.errorText.contains("plimsoll-agent enroll --config nodes/canary-1/agent.yaml"))
        #expect(result.errorText.contains("ended with 1: no disk"))
        #expect(!result.text.contains("(b)"))
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func aStopEndsTheAgentsAndTakesTheFolderAway() throws {
        let demo = try HeldProcess([BuiltProgram.path("plimsoll"), "demo", "--directory", place])
        try eventuallyHere("agents at work") { try processes().count >= 6 }
        #expect(demo.end(by: SIGINT) == 1)
        #expect(demo.errors.contains("stopped"))
        #expect(try processes().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func aFolderWithSomethingInItIsLeftAlone() throws {
        try folder.write("mine", to: "fleet/file")
        let result = try run([BuiltProgram.path("plimsoll"), "demo", "--directory", place])
        #expect(result.exitCode == 64)
        #expect(try folder.read("fleet/file") == "mine")
    }
}
