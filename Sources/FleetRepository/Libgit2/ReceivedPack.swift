internal import Glibc

/// What a confined network child hands to its parent.
enum ReceivedPack {
    /// Copies the pack that libgit2 has written below `place` to an open file.
    static func handOver(from place: String, to descriptor: Int32) throws(GitError) {
        let folder = "\(place)/objects/pack"
        do throws(FileError) {
            for (name, _) in try CloneMaintenance.entries(of: folder) where name.hasSuffix(".pack") {
                try copy("\(folder)/\(name)", to: descriptor)
                return
            }
        } catch {
            throw GitError(
                "hand over pack", place, error.isDiskFull ? .diskFull : .other(0), error.description)
        }
    }

    private static func copy(_ path: String, to descriptor: Int32) throws(FileError) {
        let pack = try FileDescriptor("read", path, flags: O_RDONLY)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(pack.number, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { return }
            var rest = buffer[..<count]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if written < 0 && errno == EINTR { continue }
                guard written >= 0 else { throw FileError("hand over", path) }
                rest = rest.dropFirst(written)
            }
        }
    }
}
