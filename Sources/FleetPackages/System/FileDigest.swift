internal import FleetCore
internal import Glibc

/// The SHA-256 of a file's bytes, read in pieces.
func digestOfFile(_ path: String) throws(FileError) -> Digest {
    var builder = Digest.Builder()
    try forEachPiece(of: path) { (piece) throws(FileError) in builder.add(piece) }
    return builder.digest
}

/// Copies a file and returns the SHA-256 of what was copied.
func copyFile(_ origin: String, to path: String) throws(FileError) -> Digest {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(operation: "write", path: path, code: errno) }
    defer { close(descriptor) }
    var builder = Digest.Builder()
    try forEachPiece(of: origin) { (piece) throws(FileError) in
        builder.add(piece)
        try writeAll(piece, to: descriptor, path: path)
    }
    return builder.digest
}

/// Gives a file another name in the same file system, in the place of what had it.
func renameFile(_ path: String, to name: String) throws(FileError) {
    guard rename(path, name) == 0 else { throw FileError(operation: "rename", path: path, code: errno) }
}

private func forEachPiece(of path: String, _ body: ([UInt8]) throws(FileError) -> Void) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(operation: "read", path: path, code: errno) }
    defer { close(descriptor) }
    while true {
        var code: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
            let result = read(descriptor, buffer.baseAddress, buffer.count)
            if result < 0 { code = errno }
            count = max(result, 0)
        }
        if code == EINTR { continue }
        guard code == 0 else { throw FileError(operation: "read", path: path, code: code) }
        if piece.isEmpty { return }
        try body(piece)
    }
}
