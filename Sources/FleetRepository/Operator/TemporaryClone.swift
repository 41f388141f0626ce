internal import Glibc

/// A folder for one command, removed with all that is in it when the value goes away.
final class TemporaryClone {
    /// The folder of a bare clone.
    let folder: String

    /// Makes it below `TMPDIR`, or `/tmp`.
    init() throws(OperatorError) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var template = Array("\(base.hasPrefix("/") ? base : "/tmp")/plimsoll-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = String(cString: strerror(errno))
            throw OperatorError(.failure, "could not make a folder for temporary files: \(reason)")
        }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // What cannot be removed is left to whoever cleans that folder; there is nobody to tell.
    deinit { try? CloneMaintenance.delete(folder) }
}
