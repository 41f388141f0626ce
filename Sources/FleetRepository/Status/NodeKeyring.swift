package import FleetReconciler

/// The node's own key, and the one that takes its place once the fleet lists it.
///
/// The next key waits in a file beside the own one. To take it is one rename: whenever the power fails, the
/// own key is the old one or the new one, whole, and what was renamed is no longer waiting.
package final class NodeKeyring {
    /// The key that signs now.
    private(set) var current: SSHPrivateKey
    /// Where the own key is.
    let path: String

    /// - Parameters:
    ///   - current: the own key.
    ///   - path: its file.
    package init(_ current: SSHPrivateKey, at path: String) {
        self.current = current
        self.path = path
    }

    /// Where the next key waits.
    package static func nextPath(beside path: String) -> String { "\(path).next" }

    var nextPath: String { Self.nextPath(beside: path) }

    /// The key that waits; nil if there is none.
    ///
    /// - Throws: ``StatusError`` if it cannot be read.
    package static func next(beside path: String) throws(StatusError) -> SSHPrivateKey? {
        let file = nextPath(beside: path)
        do {
            guard let bytes = try DurableFile.read(file, limitBytes: 65_536) else { return nil }
            return try SSHPrivateKey(file: bytes)
        } catch {
            throw StatusError("the next key '\(file)' cannot be used: \(error)")
        }
    }

    /// Puts the key that waits in the place of the own one, which is gone then.
    func takeNext() throws(StatusError) {
        guard let next = try Self.next(beside: path) else {
            throw StatusError("there is no next key '\(nextPath)'")
        }
        do throws(FileError) {
            try DurableFile.move(nextPath, to: path)
        } catch {
            throw StatusError(error.description)
        }
        current = next
    }
}
