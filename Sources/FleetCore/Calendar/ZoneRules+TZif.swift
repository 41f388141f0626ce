extension ZoneRules {
    /// Reads a file of a time zone: TZif (RFC 8536), version 2 or later.
    ///
    /// - Throws: ``ZoneError`` if it is no such file, or one that counts leap seconds, as no wall clock of a
    ///   Unix system does.
    package init(tzif bytes: [UInt8]) throws(ZoneError) {
        guard let old = Header(bytes[...]) else { throw ZoneError("it is no time zone file (TZif)") }
        guard old.version >= UInt8(ascii: "2") else {
            throw ZoneError("it is a time zone file of version 1; install a newer tzdata")
        }
        // The first block is for readers of version 1; the one that counts follows.
        let second = bytes.dropFirst(Header.size + old.bodySize(timeSize: 4))
        guard let header = Header(second), second.count >= Header.size + header.bodySize(timeSize: 8) else {
            throw ZoneError("its data is cut off")
        }
        guard header.leaps == 0 else { throw ZoneError("it counts leap seconds, as no wall clock does") }
        var body = second.dropFirst(Header.size)
        let moments = body.takeFirst(header.times * 8)
        let kinds = body.takeFirst(header.times)
        let types = body.takeFirst(header.types * 6)
        var offsets: [Int] = []
        for index in 0..<header.types {
            let offset = types.bigEndian(at: index * 6, size: 4)
            let signed = Int(Int32(truncatingIfNeeded: offset))
            guard Self.offsets.contains(signed) else { throw ZoneError("it has an offset of \(signed) s") }
            offsets.append(signed)
        }
        var transitions: [Transition] = []
        for (index, kind) in kinds.enumerated() {
            let moment = Int64(truncatingIfNeeded: moments.bigEndian(at: index * 8, size: 8))
            guard Int(kind) < offsets.count, transitions.last.map({ $0.moment < moment }) ?? true else {
                throw ZoneError("its transitions are not in order")
            }
            transitions.append(Transition(moment: moment, offset: offsets[Int(kind)]))
        }
        let end = second.dropFirst(Header.size + header.bodySize(timeSize: 8))
        self.init(earliest: offsets[0], transitions: transitions, rule: try Self.footer(end))
    }

    /// What RFC 8536 allows, in seconds.
    private static let offsets = -89_999...93_599

    /// The rule between the two newlines at the end; none where nothing stands there.
    private static func footer(_ bytes: ArraySlice<UInt8>) throws(ZoneError) -> YearlyRule? {
        let newline = UInt8(ascii: "\n")
        guard bytes.first == newline, let end = bytes.dropFirst().firstIndex(of: newline) else {
            throw ZoneError("its data is cut off")
        }
        let text = Array(bytes[bytes.index(after: bytes.startIndex)..<end])
        guard !text.isEmpty else { return nil }
        guard let rule = YearlyRule(text) else {
            throw ZoneError("its rule '\(String(decoding: text, as: UTF8.self).limited(to: 80))' is unknown")
        }
        return rule
    }

    /// The head of a block.
    private struct Header {
        static let size = 44
        let version: UInt8
        private let universals: Int
        private let standards: Int
        let leaps: Int
        let times: Int
        let types: Int
        private let letters: Int

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= Self.size, bytes.prefix(4).elementsEqual("TZif".utf8) else { return nil }
            let counts = bytes.dropFirst(20)
            version = bytes[bytes.startIndex + 4]
            universals = Int(counts.bigEndian(at: 0, size: 4))
            standards = Int(counts.bigEndian(at: 4, size: 4))
            leaps = Int(counts.bigEndian(at: 8, size: 4))
            times = Int(counts.bigEndian(at: 12, size: 4))
            types = Int(counts.bigEndian(at: 16, size: 4))
            letters = Int(counts.bigEndian(at: 20, size: 4))
            guard (1...256).contains(types) else { return nil }
        }

        /// The size of what follows, where a time takes so many bytes.
        func bodySize(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + standards + universals
        }
    }
}

extension ArraySlice<UInt8> {
    /// Takes the first bytes off; there are so many.
    fileprivate mutating func takeFirst(_ count: Int) -> ArraySlice<UInt8> {
        let taken = prefix(count)
        self = dropFirst(count)
        return taken
    }

    /// The number in `size` bytes, the greatest first; what lies behind the end is 0.
    fileprivate func bigEndian(at offset: Int, size: Int) -> UInt64 {
        dropFirst(offset).prefix(size).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
