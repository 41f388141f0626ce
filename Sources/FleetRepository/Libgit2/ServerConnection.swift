/// The other side of a connection, of whatever kind: what libgit2's protocol is spoken over.
protocol ServerConnection: AnyObject {
    /// Reads what has arrived, at least one byte; 0 is the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    /// Sends all bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError)
    /// Ends the connection.
    ///
    /// - Parameter abandoned: at once, whatever the other side still has to say.
    /// - Returns: why the program that was the other side failed; nil if none did.
    func end(abandoned: Bool) -> ServerProcess.Failure?
}

extension ServerProcess: ServerConnection {}
