import Testing

/// Proves that the checker sees what it is for: a rule that catches nothing is a wish.
struct TidyCheckerTests {
    struct BadText: CustomTestStringConvertible {
        let path: String
        let text: String
        let rule: String

        init(_ path: String, _ text: String, _ rule: String) {
            self.path = "Sources/\(path)"
            self.text = text
            self.rule = rule
        }

        var testDescription: String { "\(path): \(rule)" }
    }

    static let bad = [
        BadText("FleetCore/A.swift", "import Foundation", "may not import 'Foundation'"),
        BadText("FleetCore/A.swift", "internal import Crypto", "may not import 'Crypto'"),
        BadText("FleetCore/A.swift", "internal import FleetReconciler", "may not import 'FleetReconciler'"),
        BadText("FleetCore/A.swift", "@testable import struct Crypto.SHA256", "may not import 'Crypto'"),
        BadText("FleetReconciler/A.swift", "package import Glibc", "may not import 'Glibc'"),
        BadText("FleetRepository/A.swift", "internal import CLibgit2", "may not import 'CLibgit2'"),
        BadText("FleetRepository/A.swift", "internal import FleetPackages", "may not import"),
        BadText("FleetPackages/A.swift", "internal import CLibyaml", "may not import 'CLibyaml'"),
        BadText("FleetConsole/A.swift", "", "has no rule for imports"),
        BadText("FleetCore/A.swift", "let a = try" + "! b()", "'try!'"),
        BadText("FleetCore/A.swift", "let a = b as" + "! Int", "'as!'"),
        BadText("FleetCore/A.swift", "nonisolated" + "(unsafe) var a = 1", "'nonisolated(unsafe)'"),
        BadText("plimsoll/A.swift", "let a = Date" + "()", "'Date()'"),
        BadText("plimsoll/A.swift", "let a = Int" + ".random(in: 0...1)", "'.random'"),
        BadText("FleetPackages/A.swift", "clock_gettime" + "(CLOCK_REALTIME, &t)", "'clock_gettime'"),
        BadText("FleetPackages/A.swift", "let a = Continuous" + "Clock.now", "'ContinuousClock'"),
        BadText("FleetPackages/A.swift", "let a = time" + "(nil)", "'time(nil)'"),
        BadText("FleetCore/A.swift", "func a() async {}", "'async'"),
        BadText("FleetCore/A.swift", "let a = await b", "'await'"),
        BadText("FleetCore/A.swift", "Task { a() }", "'Task'"),
        BadText("FleetCore/A.swift", "// TO" + "DO: mend this", "is left over"),
        BadText("FleetCore/A.swift", "let a = \"FIX" + "ME\"", "is left over"),
        BadText(
            "FleetCore/A.swift", "final class A: @" + "unchecked Sendable {}", "without a comment"),
        BadText("FleetCore/A.swift", "let root = \"/wo" + "rk/here\"", "names the workplace"),
        BadText("FleetCore/A.swift", String(repeating: "a", count: 111), "a line of 111 columns"),
        BadText(
            "FleetCore/A.swift",
            "    func a() {\n" + String(repeating: "        b()\n", count: 69) + "    }",
            "a function of 71 lines"),
        BadText("FleetCore/A.swift", String(repeating: "a\n", count: 401), "a file of 401 lines"),
    ]

    @Test(arguments: bad)
    func aViolationIsFound(_ bad: BadText) {
        let violations = TidyChecker().violations(in: SourceText(path: bad.path, text: bad.text))
        #expect(violations.contains { $0.contains(bad.rule) }, "\(violations)")
    }

    @Test(arguments: [
        ("FleetCore/Values/Digest.swift", "internal import Crypto"),
        ("FleetRepository/Libgit2/A.swift", "internal import CLibgit2"),
        (
            "FleetCore/A.swift",
            "// never awaits, has no Task and calls no async function; try! stands in words"
        ),
        ("FleetCore/A.swift", "let a = \"try! and as! and await in a text\""),
        ("FleetCore/A.swift", "let asynchronous = taskName"),
        ("FleetCore/A.swift", "// `\\uXXXX` is an escape"),
        ("FleetProgram/SystemClock.swift", "clock_gettime" + "(CLOCK_REALTIME, &time)"),
        (
            "FleetPackages/A.swift",
            "/// Its queue serialises all access.\nfinal class A: @unchecked Sendable {}"
        ),
        ("FleetCore/A.swift", String(repeating: "a", count: 110)),
        ("FleetCore/A.swift", "func a() {\n" + String(repeating: "    b()\n", count: 68) + "}"),
        ("FleetCore/A.swift", String(repeating: "a\n", count: 400)),
        ("FleetCore/A.swift", "let a = \"\"\"\n    await Task try! it\n    \"\"\""),
    ])
    func whatIsAllowedPasses(_ path: String, _ text: String) {
        #expect(TidyChecker().violations(in: SourceText(path: "Sources/\(path)", text: text)) == [])
    }
}
