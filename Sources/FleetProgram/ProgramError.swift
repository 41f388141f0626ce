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

/// Does `work`; an error ends the command with this exit code and the error's own words.
///
/// - Parameter context: what stands before the error's words, if they need it.
package func ending<Value: ~Copyable, Failure: Error & CustomStringConvertible>(
    with status: ExitStatus, _ context: String = "", _ work: () throws(Failure) -> Value
) throws(ProgramError) -> Value {
    do throws(Failure) {
        return try work()
    } catch {
        throw ProgramError(status, context.isEmpty ? error.description : "\(context): \(error)")
    }
}
