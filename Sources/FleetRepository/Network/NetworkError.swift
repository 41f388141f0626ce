/// What network work could not do, and what follows from it.
package struct NetworkError: Error, Equatable, Sendable {
    /// The kinds that a caller may want to tell apart. The words are what the child process writes.
    package enum Kind: String, CaseIterable, Sendable {
        /// No connection: name, route, port, a broken link. Try again later.
        case unreachable
        /// Nothing came within the deadline for connecting.
        case connectTimeout
        /// The connection went silent for longer than the deadline for progress.
        case progressTimeout
        /// The work took longer than it may in total.
        case totalTimeout
        /// The server does not know this key or password, or this node does not know the server's key.
        case authentication
        /// The server answered, and has no such repository, or does not show it to us.
        case repositoryNotFound
        /// The server says that it cannot serve now. Try again later.
        case busy
        /// More came than a limit allows: bytes, or references.
        case tooLarge
        /// The other side broke the protocol, or the child process did.
        case protocolViolation
        /// No space is left for what came.
        case diskFull
        /// The URL or a reference's name is not one.
        case invalid
        /// Anything else; the message has it.
        case other
    }

    /// What kind of failure it was.
    package let kind: Kind
    /// The remote, without user, password or token.
    package let remote: String
    /// What happened, in the words of the one who found it, without password or token.
    package let message: String

    package init(_ kind: Kind, remote: String, _ message: String) {
        self.kind = kind
        self.remote = remote
        self.message = message
    }
}

extension NetworkError: CustomStringConvertible {
    package var description: String { "remote '\(remote)': \(message)" }
}
