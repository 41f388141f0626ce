internal import Glibc

/// What could not be done with a file, and the system's reason.
package struct FileError: Error, Equatable, Sendable {
    /// What was tried, as a verb: `read`, `write`.
    package let operation: String
    /// The file.
    package let path: String
    /// The system's number, errno(3); 0 where the reason is this program's own.
    package let number: Int32
    /// The reason, in words.
    package let message: String

    /// Whether no space, or no quota, is left: what follows is to make room, not to try again.
    package var isDiskFull: Bool { number == ENOSPC || number == EDQUOT }
    /// Whether the file does not exist.
    package var isNotFound: Bool { number == ENOENT }

    /// An error of this program's own.
    init(_ operation: String, _ path: String, _ message: String) {
        self.operation = operation
        self.path = path
        number = 0
        self.message = message
    }

    /// The error of a system call.
    init(_ operation: String, _ path: String, number: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.number = number
        message = String(cString: strerror(number))
    }
}

extension FileError: CustomStringConvertible {
    package var description: String { "could not \(operation) '\(path)': \(message)" }
}
