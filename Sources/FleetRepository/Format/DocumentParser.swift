internal import FleetCore

/// Parses the bytes of a file into a ``DocumentNode``.
///
/// YAML has ways to make little text mean much: aliases multiply, tags change types, merge keys reach
/// elsewhere. None of them is read here; each is refused at the event where it appears, before anything was
/// made of it, and so is deep nesting.
enum DocumentParser {
    /// The deepest nesting that is read; the format itself needs six levels.
    static let deepest = 32

    /// Parses one document.
    ///
    /// - Throws: the problem that keeps the file from being read at all.
    static func parse(_ bytes: [UInt8], file: String) throws(Problem) -> DocumentNode {
        // An editor of Windows may begin a file with a byte order mark; it would count as a column.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let place = firstInvalidPlace(in: bytes)
            throw Problem(file, place, "found bytes that are not UTF-8; expected text in UTF-8")
        }
        do throws(YAMLEvents.Fault) {
            var composer = Composer(events: try YAMLEvents(bytes))
            return try composer.document()
        } catch {
            throw Problem(file, error.place, error.message)
        }
    }

    /// The place of the first byte that is not UTF-8.
    private static func firstInvalidPlace(in bytes: [UInt8]) -> Place {
        var decoder = UTF8()
        var source = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&source) {
            column = scalar == "\n" ? 1 : column + 1
            line += scalar == "\n" ? 1 : 0
        }
        return Place(line: line, column: column)
    }
}

/// Puts the events of one document together.
private struct Composer: ~Copyable {
    private var events: YAMLEvents

    private typealias Fault = YAMLEvents.Fault

    init(events: consuming YAMLEvents) { self.events = events }

    mutating func document() throws(YAMLEvents.Fault) -> DocumentNode {
        guard case .documentStart = try events.next().event else {
            throw Fault(place: .start, message: "the file is empty")
        }
        let (event, place) = try events.next()
        let root = try node(event, place, depth: 1)
        _ = try events.next()
        let (end, behind) = try events.next()
        guard case .streamEnd = end else {
            throw Fault(
                place: behind,
                message: "expected a single document in the stream, but found another document")
        }
        return root
    }

    private mutating func node(
        _ event: YAMLEvents.Event, _ place: Place, depth: Int
    ) throws(YAMLEvents.Fault) -> DocumentNode {
        guard depth <= DocumentParser.deepest else {
            throw Fault(place: place, message: "is nested more than \(DocumentParser.deepest) levels deep")
        }
        switch event {
        case .scalar(let text, let isPlain, let properties):
            try refuse(properties, place)
            return DocumentNode(place: place, content: .text(text, isPlain: isPlain))
        case .listStart(let properties):
            try refuse(properties, place)
            return DocumentNode(place: place, content: .list(try items(depth: depth + 1)))
        case .mappingStart(let properties):
            try refuse(properties, place)
            return DocumentNode(place: place, content: .mapping(try pairs(depth: depth + 1)))
        case .alias:
            throw Fault(
                place: place, message: "found an alias; anchors and aliases are not read here: write it out")
        case .documentStart, .documentEnd, .streamEnd, .listEnd, .mappingEnd:
            throw Fault(place: place, message: "the document ends too early")
        }
    }

    private mutating func items(depth: Int) throws(YAMLEvents.Fault) -> [DocumentNode] {
        var items: [DocumentNode] = []
        while true {
            let (event, place) = try events.next()
            if case .listEnd = event { return items }
            items.append(try node(event, place, depth: depth))
        }
    }

    private mutating func pairs(depth: Int) throws(YAMLEvents.Fault) -> [DocumentNode.Pair] {
        var pairs: [DocumentNode.Pair] = []
        var keys: Set<String> = []
        while true {
            let (event, place) = try events.next()
            if case .mappingEnd = event { return pairs }
            let key = try self.key(event, place)
            guard keys.insert(key).inserted else {
                let name = DocumentNode.quoted(key)
                throw Fault(
                    place: place,
                    message: "found \(name) more than once in one mapping; expected each key once")
            }
            let (valueEvent, valuePlace) = try events.next()
            let value = try node(valueEvent, valuePlace, depth: depth)
            pairs.append(DocumentNode.Pair(key: key, keyPlace: place, value: value))
        }
    }

    private func key(_ event: YAMLEvents.Event, _ place: Place) throws(YAMLEvents.Fault) -> String {
        if case .alias = event {
            throw Fault(
                place: place, message: "found an alias; anchors and aliases are not read here: write it out")
        }
        guard case .scalar(let key, let isPlain, let properties) = event else {
            throw Fault(place: place, message: "found a list or a mapping as a key; expected a word")
        }
        try refuse(properties, place)
        guard key != "<<" || !isPlain else {
            throw Fault(
                place: place, message: "found the merge key '<<'; merge keys are not read here: write it out")
        }
        return key
    }

    private func refuse(_ properties: YAMLEvents.Properties, _ place: Place) throws(YAMLEvents.Fault) {
        if let anchor = properties.anchor {
            let name = DocumentNode.quoted("&\(anchor)")
            throw Fault(
                place: place,
                message: "found the anchor \(name); anchors and aliases are not read here: write it out")
        }
        if let tag = properties.tag {
            let name = DocumentNode.quoted(tag)
            throw Fault(place: place, message: "found the tag \(name); tags are not read here: text is text")
        }
    }
}
