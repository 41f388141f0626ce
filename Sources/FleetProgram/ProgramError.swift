/// An error that ends a command, with its exit code: one clear message for people.
package struct ProgramError: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: ExitStatus
    package let message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}
