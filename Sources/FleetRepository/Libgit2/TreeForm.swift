internal import Glibc

/// Looks whether the entries of a folder are such as git writes them, one after the other: each name once, in
/// Git's order, and none that leads elsewhere.
///
/// libgit2 reads any. It finds one of two entries of one name, where git may show the other: who reviews a
/// change would then see another file than a node reads. Source: git's fsck.c, `fsck_tree`.
struct TreeForm {
    private var last: Entry?
    /// Files whose names the following ones begin with: a folder of the same name may yet come.
    private var files: [UnsafeRawBufferPointer] = []

    fileprivate struct Entry {
        let name: UnsafeRawBufferPointer
        let isFolder: Bool
    }

    /// What is wrong with the next entry; nil if nothing is.
    ///
    /// - Parameter name: must be valid as long as this value is.
    mutating func fault(of name: UnsafeRawBufferPointer, isFolder: Bool) -> String? {
        let entry = Entry(name: name, isFolder: isFolder)
        guard Self.isAllowed(name) else { return "\(Self.shown(name)) is no name that git allows" }
        while let file = files.last, !Self.begins(name, with: file) { files.removeLast() }
        let isTwin =
            files.contains { $0.count == name.count } || last.map { Self.isSame($0.name, name) } ?? false
        guard !isTwin else { return "\(Self.shown(name)) stands in it twice" }
        if let last, !Self.isBefore(last, entry) {
            return "\(Self.shown(name)) is not where git's order puts it"
        }
        last = entry
        if !isFolder { files.append(name) }
        return nil
    }

    /// Whether a checkout would put the entry into its folder, and not elsewhere or into Git's own.
    private static func isAllowed(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let first = name.first, !name.contains(UInt8(ascii: "/")) else { return false }
        guard first == UInt8(ascii: ".") else { return true }
        let rest = name.dropFirst().map { $0 | 0x20 }
        return !(rest.isEmpty || name.elementsEqual("..".utf8) || rest.elementsEqual("git".utf8))
    }

    private static func begins(_ name: UnsafeRawBufferPointer, with start: UnsafeRawBufferPointer) -> Bool {
        guard start.count <= name.count, let name = name.baseAddress, let bytes = start.baseAddress else {
            return false
        }
        return memcmp(name, bytes, start.count) == 0
    }

    private static func isSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        left.count == right.count && begins(left, with: right)
    }

    /// Git compares the names' bytes, those of a folder with a slash behind them.
    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        let count = min(left.name.count, right.name.count)
        guard let first = left.name.baseAddress, let second = right.name.baseAddress else { return false }
        let order = memcmp(first, second, count)
        return order == 0 ? left.byte(at: count) < right.byte(at: count) : order < 0
    }

    private static func shown(_ name: UnsafeRawBufferPointer) -> String {
        DocumentNode.quoted(String(decoding: name, as: UTF8.self))
    }
}

extension TreeForm.Entry {
    fileprivate func byte(at index: Int) -> UInt8 {
        index < name.count ? name[index] : isFolder ? UInt8(ascii: "/") : 0
    }
}
