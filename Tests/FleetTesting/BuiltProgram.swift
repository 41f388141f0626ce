import Foundation

/// The programs of this package, as they were built beside the tests.
package enum BuiltProgram {
    /// The path of a program of the package, such as `plimsoll-agent`.
    package static func path(_ name: String) -> String {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent(name).path
    }
}
