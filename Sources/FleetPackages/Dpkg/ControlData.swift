internal import Glibc

/// Control data (deb822(5), the form of dpkg's and apt's databases): paragraphs of fields, parted by empty
/// lines.
///
/// Only the fields that are asked for become strings, so that a status file of a megabyte is read in some
/// milliseconds. Of a field that goes over several lines the first line is given: no field that is read
/// here has more.
struct ControlData {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `body` with each paragraph: the values of `fields` in their order, nil for one that is not
    /// there.
    func forEachParagraph<Failure: Error>(
        _ fields: [String], _ body: ([String?]) throws(Failure) -> Void
    ) throws(Failure) {
        let wanted = fields.map { Array($0.utf8) }
        // Most lines are no wanted field: their first byte says so.
        var beginnings = [Bool](repeating: false, count: 256)
        for name in wanted { beginnings[Int(name[0])] = true }
        let none = [String?](repeating: nil, count: fields.count)
        var values = none
        var isEmpty = true
        var start = 0
        while start < bytes.count {
            let end = endOfLine(from: start)
            defer { start = end + 1 }
            if end == start {
                if !isEmpty { try body(values) }
                values = none
                isEmpty = true
                continue
            }
            isEmpty = false
            guard beginnings[Int(bytes[start])] else { continue }
            guard let index = wanted.firstIndex(where: { begins(with: $0, at: start, end: end) }) else {
                continue
            }
            values[index] = value(from: start + wanted[index].count + 1, to: end)
        }
        if !isEmpty { try body(values) }
    }

    private func endOfLine(from start: Int) -> Int {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base + start, 0x0A, buffer.count - start)
            else { return buffer.count }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Whether the line is the field `name`.
    private func begins(with name: [UInt8], at start: Int, end: Int) -> Bool {
        guard bytes[start] == name[0], end - start > name.count,
            bytes[start + name.count] == UInt8(ascii: ":")
        else { return false }
        return bytes[start..<start + name.count].elementsEqual(name)
    }

    private func value(from start: Int, to end: Int) -> String {
        var start = start
        var end = end
        while start < end, bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "\t") {
            start += 1
        }
        while end > start, bytes[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
