import FleetTesting
import Testing

/// Every command of the operator's program is reached, and says what it is for.
struct OperatorHelpTests {
    @Test(arguments: [
        "init", "validate", "plan", "status", "rollout", "why", "proceed", "claims", "verify", "vouch",
        "approve", "hook", "prune",
    ])
    func everyCommandExplainsItself(command: String) throws {
        let all = try plimsoll("--help")
        #expect(all.exitCode == 0)
        #expect(all.text.contains("\n  \(command) "))
        let help = try plimsoll(command, "--help")
        #expect(help.exitCode == 0)
        #expect(help.text.hasPrefix("OVERVIEW: "))
        #expect(help.text.contains("USAGE: plimsoll \(command)"))
    }

    @Test func theInternalCommandIsNotShown() throws {
        #expect(try !plimsoll("--help").text.contains("network-worker"))
    }

    @Test(arguments: [["nonsense"], ["status", "--branches"], ["init"], ["validate", "a", "b..c", "d"]])
    func wrongUseEndsWith64(arguments: [String]) throws {
        let result = try run(
            [BuiltProgram.path("plimsoll")] + arguments, environment: Git.environment)
        #expect(result.exitCode == 64)
        #expect(result.text.isEmpty)
        #expect(result.errorText.contains("Usage: plimsoll"))
    }
}
