/// Why work for an operator could not be done, in one sentence, and what kind of failure it was.
package struct OperatorError: Error, Hashable, Sendable {
    package let code: Code
    /// Lower case, quotes names, says what follows.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What a caller may want to tell apart.
    package enum Code: Hashable, Sendable {
        /// What was asked for cannot be.
        case usage
        /// It was tried and did not succeed.
        case failure
        /// The fleet repository has something in it that is wrong.
        case invalid
        /// A remote did not give what was asked for.
        case unavailable
        /// Something is not signed by whom it should be.
        case notAuthentic
    }
}

extension OperatorError: CustomStringConvertible {
    package var description: String { message }
}

extension OperatorError {
    /// What an error of the parts means for the operator.
    init(_ error: any Error) {
        switch error {
        case let error as OperatorError: self = error
        case let error as NetworkError:
            self.init(error.kind == .invalid ? .usage : .unavailable, error.description)
        default: self.init(.failure, "\(error)")
        }
    }
}
