package import FleetCore
internal import Glibc

/// The folder in which anybody on this node can hold it: `/etc/plimsoll/hold.d`.
///
/// Every file there holds, whatever it says: the local veto of a running payment, an operation, a backup.
/// Only names that begin with a dot do not count. A folder that cannot be read holds, too.
package struct HoldFolder: Sendable {
    package let path: String
    /// Whether it must be there: one that a person has named and that is not there may be mistyped, or not
    /// mounted yet.
    private let isDemanded: Bool

    /// A folder that the configuration names.
    package init(_ path: String) {
        self.path = path
        isDemanded = true
    }

    /// The folder beside a configuration file; it need not be there.
    package init(besideConfiguration file: String) {
        let folder = file.lastIndex(of: "/").map { file[..<$0] } ?? "."
        path = "\(folder)/hold.d"
        isDemanded = false
    }

    /// One file that holds.
    package struct Entry: Hashable, Sendable {
        package let name: String
        package let content: HoldFile
        /// When the file was last written.
        package let since: Timestamp
    }

    /// The holds that are on now, as reasons; at most ``mostReasons``, and one for the rest.
    ///
    /// - Parameter now: ends count only while the wall clock is known to be right.
    package func reasons(at now: Instant) -> [Reason] {
        let entries: [Entry]
        do throws(FileError) {
            entries = try self.entries(at: now)
        } catch {
            return [
                Reason(
                    .localHold,
                    "\(error); whether somebody holds this node cannot be told, so nothing is changed")
            ]
        }
        let told = entries.prefix(Self.mostReasons).map { reason(for: $0, at: now) }
        let rest = entries.count - told.count
        return rest > 0
            ? told + [Reason(.localHold, count: rest, "held by \(rest) more files in '\(path)'")] : told
    }

    private static let mostReasons = 8

    private func reason(for entry: Entry, at now: Instant) -> Reason {
        let age = now.wall.seconds - entry.since.seconds
        let isKnown = now.isWallKnown && age >= 0
        let since = isKnown ? " since \(entry.since) (\(TimeSpan(seconds: age).rough))" : ""
        let text = entry.content.reason
        return Reason(
            .localHold,
            "held on the node by '\(path)/\(entry.name)'\(since): \(text.isEmpty ? "no reason given" : text)",
            until: entry.content.until)
    }

    /// The files that hold now, in the order of their names.
    package func entries(at now: Instant) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for name in try names() {
            guard let entry = try entry(name) else { continue }
            if let until = entry.content.until, now.isWallKnown, until <= now.wall { continue }
            entries.append(entry)
        }
        return entries
    }

    /// nil for a file that has gone meanwhile.
    private func entry(_ name: [CChar]) throws(FileError) -> Entry? {
        let shown = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Names are bytes: one that is no UTF-8 is looked up as it is.
        let file = path.utf8CString.dropLast() + [CChar(bitPattern: UInt8(ascii: "/"))] + name
        var status = stat()
        guard lstat(Array(file), &status) == 0 else {
            guard errno != ENOENT else { return nil }
            throw FileError("read", "\(path)/\(shown)")
        }
        // A link, a fifo, a folder: it is there, so it holds. A link is not followed: its reason is sent to
        // the fleet, and whoever may write here may not read all that root can.
        let bytes = try? DurableFile.read(
            "\(path)/\(shown)", limitBytes: Self.largestFile, followsLinks: false)
        return Entry(
            name: shown.printable, content: HoldFile(lenient: bytes ?? [], isYAML: shown.hasSuffix(".yaml")),
            since: Timestamp(seconds: Int64(status.st_mtim.tv_sec)))
    }

    private static let largestFile = 65_536

    /// The names with their final NUL, in the order of their bytes.
    private func names() throws(FileError) -> [[CChar]] {
        guard let stream = opendir(path) else {
            let code = errno
            var status = stat()
            // A link that leads nowhere is a folder that is not mounted yet.
            guard code == ENOENT, !isDemanded, lstat(path, &status) != 0 else {
                errno = code
                throw FileError("read", path)
            }
            return []
        }
        defer { closedir(stream) }
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw FileError("read", path) }
                return names.sorted { $0.lexicographicallyPrecedes($1) }
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:))
            }
            if name.first != CChar(bitPattern: UInt8(ascii: ".")) { names.append(name + [0]) }
        }
    }

    // MARK: The operator's own

    /// The operator's hold; nil if there is none.
    package func operatorHold() throws(FileError) -> HoldFile? {
        let file = "\(path)/\(HoldFile.name)"
        guard
            let bytes = try DurableFile.read(file, limitBytes: Self.largestFile, followsLinks: false)
        else { return nil }
        return HoldFile(lenient: bytes, isYAML: true)
    }

    /// Holds this node, durably; an operator's hold that was there is replaced.
    package func hold(_ hold: HoldFile) throws(FileError) {
        try DurableFile.makeFolders(path)
        try DurableFile.write(Array(hold.text.utf8), to: "\(path)/\(HoldFile.name)")
    }

    /// Takes the operator's hold away.
    package func release() throws(FileError) {
        try DurableFile.remove("\(path)/\(HoldFile.name)")
        // What a crash in the middle of ``hold(_:)`` left.
        try DurableFile.remove("\(path)/\(HoldFile.name).new")
    }
}

extension String {
    /// This text without control characters: names of files may have any.
    fileprivate var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? "?" : $0 }))
    }
}
