internal import CLibgit2
internal import Glibc

/// What libgit2 could not do, on what, and why.
package struct GitError: Error, Equatable, Sendable {
    /// What a caller may want to tell apart. libgit2 has more codes; those end up in `other`.
    package enum Code: Equatable, Sendable {
        /// The object, reference or repository does not exist.
        case notFound
        /// It exists already.
        case exists
        /// Somebody else holds its lock file.
        case locked
        /// It has another value than expected.
        case modified
        /// The update would lose commits.
        case notFastForward
        /// The server did not accept who we are.
        case authentication
        /// The server's certificate is not valid.
        case certificate
        /// The name is not well formed.
        case invalidName
        /// The content does not have the hash by which it is named.
        case mismatch
        /// The other side ended too early.
        case endOfFile
        /// A limit of this program was exceeded.
        case tooLarge
        /// It exists, but is something else: a symbolic link, a folder, a submodule.
        case wrongKind
        /// The content breaks the format.
        case malformed
        /// No space is left on the device.
        case diskFull
        /// A callback of ours ended the operation.
        case cancelled
        /// What is needed to judge it is not on this machine, or fails here: that says nothing of it.
        case notJudged
        /// Any other code of libgit2.
        case other(Int32)
    }

    /// What was tried, as a verb: `read commit`.
    package let operation: String
    /// On what: a path, a reference, an object's name. Never a URL with a password.
    package let subject: String
    /// What kind of failure it was.
    package let code: Code
    /// libgit2's class of the error (`git_error_t`), 0 where the error is our own.
    package let errorClass: Int32
    /// libgit2's own words, or ours.
    package let message: String

    /// Whether the content of an object is at fault, and not this machine: its bytes are those that its name
    /// stands for, so somebody made it so.
    package var isOfContent: Bool {
        switch code {
        case .malformed, .wrongKind, .tooLarge: true
        default: false
        }
    }

    /// An error that was found by this program, not by libgit2.
    init(_ operation: String, _ subject: String, _ code: Code, _ message: String) {
        self.operation = operation
        self.subject = subject
        self.code = code
        errorClass = 0
        self.message = message
    }

    /// The error of a call that has just returned `result` in this thread.
    init(_ operation: String, _ subject: String, result: Int32) {
        self.operation = operation
        self.subject = subject
        let last = git_error_last()
        errorClass = last?.pointee.klass ?? 0
        message = last?.pointee.message.map { String(cString: $0) } ?? "libgit2 gave no reason"
        code = Self.code(of: result, errorClass: errorClass, message: message)
    }

    private static func code(of result: Int32, errorClass: Int32, message: String) -> Code {
        switch git_error_code(result) {
        case GIT_ENOTFOUND: .notFound
        case GIT_EEXISTS: .exists
        case GIT_ELOCKED: .locked
        case GIT_EMODIFIED: .modified
        case GIT_ENONFASTFORWARD: .notFastForward
        case GIT_EAUTH: .authentication
        case GIT_ECERTIFICATE: .certificate
        case GIT_EINVALIDSPEC: .invalidName
        case GIT_EMISMATCH: .mismatch
        case GIT_EEOF: .endOfFile
        case GIT_EUSER: .cancelled
        // libgit2 keeps the system's reason only as the end of its message: what strerror(3) said in this
        // process.
        case GIT_ERROR where errorClass == GIT_ERROR_OS.signedValue && saysDiskFull(message): .diskFull
        default: .other(result)
        }
    }
}

private func saysDiskFull(_ message: String) -> Bool {
    [ENOSPC, EDQUOT].contains { message.hasSuffix(String(cString: strerror($0))) }
}

extension git_error_t {
    /// The class as `git_error.klass` has it.
    var signedValue: Int32 { Int32(truncatingIfNeeded: rawValue) }
}

extension GitError: CustomStringConvertible {
    package var description: String {
        subject.isEmpty
            ? "could not \(operation): \(message)" : "could not \(operation) '\(subject)': \(message)"
    }
}

/// Calls libgit2 and turns a negative result into an error, before anything else can change the thread's last
/// error.
func git(_ operation: String, _ subject: String = "", _ call: () -> Int32) throws(GitError) {
    let result = call()
    guard result < 0 else { return }
    throw GitError(operation, subject, result: result)
}
