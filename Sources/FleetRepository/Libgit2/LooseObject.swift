internal import CZlib
internal import FleetCore
internal import Glibc

/// An object in a file of its own: what it is, deflated (RFC 1950).
///
/// libgit2 1.5 waits for ever for the rest of one that ends too early, so such a file must be found before
/// libgit2 meets it.
struct LooseObject {
    /// The name of its folder and of its file make the name of the object.
    static func isName(folder: some StringProtocol, file: String) -> Bool {
        folder.utf8.count == 2 && file.utf8.count == 38
            && (folder + file).utf8.allSatisfy(\.isLowercaseHexDigit)
    }

    private let content: [UInt8]

    /// - Throws: `FileError` if it cannot be read.
    init(_ path: String) throws(FileError) {
        content = try DurableFile.read(path, limitBytes: Int(UInt32.max)) ?? []
    }

    /// Whether it can be inflated to its end. That its bytes are those of its name libgit2 sees by itself.
    var isWhole: Bool {
        var stream = z_stream()
        guard plimsoll_inflate_init(&stream) == Z_OK else { return true }
        defer { inflateEnd(&stream) }
        var input = content
        return input.withUnsafeMutableBufferPointer { bytes in
            stream.next_in = bytes.baseAddress
            stream.avail_in = UInt32(bytes.count)
            return Self.inflateAll(&stream)
        }
    }

    private static func inflateAll(_ stream: inout z_stream) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << 14) { output in
            while true {
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                switch inflate(&stream, Z_NO_FLUSH) {
                case Z_OK: continue
                case Z_STREAM_END: return true
                // Z_BUF_ERROR, too: nothing is left to be read.
                default: return false
                }
            }
        }
    }
}
