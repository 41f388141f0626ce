internal import CLibyaml

/// The events of a YAML text, one after the other, as libyaml finds them: the one place that knows libyaml.
///
/// Values come out, never pointers. Nothing is expanded: an alias is an event like any other.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// What stands in the text.
    enum Event {
        case documentStart
        case documentEnd
        case streamEnd
        case scalar(String, isPlain: Bool, Properties)
        case listStart(Properties)
        case listEnd
        case mappingStart(Properties)
        case mappingEnd
        case alias
    }

    /// What may stand before a node.
    struct Properties {
        let anchor: String?
        let tag: String?
    }

    /// Why a text is no YAML.
    struct Fault: Error {
        let place: Place
        let message: String
    }

    /// - Throws: ``Fault`` if there is no memory for a parser.
    init(_ bytes: [UInt8]) throws(Fault) {
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            input.deallocate()
            parser.deallocate()
            throw Fault(place: .start, message: "there is no memory to parse it")
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event and where it begins; the beginning of the stream is passed over.
    ///
    /// - Throws: ``Fault`` where the text is no YAML.
    mutating func next() throws(Fault) -> (event: Event, place: Place) {
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw fault }
            defer { yaml_event_delete(&event) }
            if let value = Self.value(of: event) { return (value, Place(event.start_mark)) }
        }
    }

    private static func value(of event: yaml_event_t) -> Event? {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_ALIAS_EVENT: return .alias
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(
                String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                Properties(anchor: text(scalar.anchor), tag: text(scalar.tag)))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .listStart(Properties(anchor: text(start.anchor), tag: text(start.tag)))
        case YAML_SEQUENCE_END_EVENT: return .listEnd
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(Properties(anchor: text(start.anchor), tag: text(start.tag)))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: return nil
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    /// Why the last call failed, in libyaml's words.
    private var fault: Fault {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "cannot be parsed as YAML"
        if state.error == YAML_READER_ERROR {
            return Fault(place: place(ofByte: Int(state.problem_offset)), message: problem)
        }
        let context = state.context.map { String(cString: $0) }
        return Fault(
            place: Place(state.problem_mark),
            message: [context, problem].compactMap(\.self).joined(separator: ", "))
    }

    private func place(ofByte offset: Int) -> Place {
        let before = String(decoding: input.prefix(max(0, offset)), as: UTF8.self).unicodeScalars
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        return Place(line: max(lines.count, 1), column: (lines.last?.count ?? 0) + 1)
    }
}

extension Place {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
