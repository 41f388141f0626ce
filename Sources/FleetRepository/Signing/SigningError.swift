/// Why a key or a signature cannot be read or made.
///
/// What follows from it: a person must replace or convert what was given; trying again does not help.
package struct SigningError: Error, Hashable, Sendable {
    /// What was being done.
    package enum Operation: String, Hashable, Sendable {
        case readPublicKey = "public key"
        case readPrivateKey = "private key"
        case readSignature = "signature"
        case sign = "signing"
    }

    /// The kind of failure.
    package enum Code: Hashable, Sendable {
        /// The bytes do not follow their format.
        case malformed
        /// Well known, but not accepted here: another key type, another container.
        case unsupported
        /// A key that is too short to be trusted.
        case weak
        /// A private key that asks for a passphrase.
        case encrypted
        /// More bytes than anything real of this kind has.
        case tooLarge
        /// The cryptographic library refused its input.
        case refused
    }

    package let operation: Operation
    package let code: Code
    /// Lower case, one clause, names what was found and what was expected.
    package let message: String

    init(_ operation: Operation, _ code: Code, _ message: String) {
        self.operation = operation
        self.code = code
        self.message = message
    }
}

extension SigningError: CustomStringConvertible {
    package var description: String { "\(operation.rawValue): \(message)" }
}
