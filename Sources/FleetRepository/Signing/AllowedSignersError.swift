/// Where an allowed signers file is wrong, and what was expected there.
///
/// A person must correct the file: until then it authorises nobody, for a line that is passed over could be
/// the one that takes a right away.
package struct AllowedSignersError: Error, Hashable, Sendable {
    /// The kind of failure.
    package enum Code: Hashable, Sendable {
        /// The line does not follow the format.
        case malformed
        /// The line is right, but asks for what is not supported: certificates, another type of key.
        case unsupported
        /// The file, or a line, is longer than anything real.
        case tooLarge
    }

    package let code: Code
    /// The line, from 1.
    package let line: Int
    /// The byte within the line, from 1.
    package let column: Int
    /// Lower case, one clause, says what was expected.
    package let message: String
}

extension AllowedSignersError: CustomStringConvertible {
    /// `line:column: message`, to be put behind the file's name and a colon.
    package var description: String { "\(line):\(column): \(message)" }
}
