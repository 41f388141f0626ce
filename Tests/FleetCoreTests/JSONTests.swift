import FleetCore
import FleetTesting
import Testing

/// The reading and writing of JSON, as strict as a format that is signed needs it.
struct JSONTests {
    static let read: [(text: String, value: JSONValue)] = [
        ("null", JSONValue.null), ("true", true), ("false", false), ("0", .number(0)), ("-0", .number(0)),
        ("-12", .number(-12)), ("9223372036854775807", .number(.max)),
        ("-9223372036854775808", .number(.min)),
        ("9223372036854775808", .decimal("9223372036854775808")), ("1.50", .decimal("1.50")),
        ("1e5", .decimal("1e5")), ("1E-5", .decimal("1E-5")), ("\"\"", ""), (" [ ] ", []), ("{}", [:]),
        ("[1,\n[2]]", [.number(1), [.number(2)]]), ("{\"a\" : {\"b\":null}}", ["a": ["b": nil]]),
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"), ("\"\\u00e9\\uD83D\\ude00\"", "é😀"),
        ("\"\\u0000\"", "\0"), ("\"é😀\"", "é😀"),
    ]

    @Test(arguments: read)
    func `what RFC 8259 allows is read`(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "+1", "01", "1.", ".5", "-", "1e", "1e+", "0x1", "NaN", "[1,]",
        "[,1]", "[1",
        "{\"a\":1,}", "{\"a\"}", "{a:1}", "{\"a\":1", "{\"a\":1 \"b\":2}", "'a'", "\"a", "\"\\", "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"",
        "\"\u{1}\"",
        "1 2", "{} x", "// a\n1", "\u{FEFF}1", "[1]]",
    ])
    func `what RFC 8259 forbids is refused`(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test(arguments: ["{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "{\"b\":{\"a\":1,\"a\":null}}"])
    func `no key may stand twice`(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error?.message == "the key 'a' stands twice")
    }

    @Test(
        arguments: [[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func `what is not UTF-8 is refused`(_ bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22] + bytes + [0x22]) }
    }

    @Test func `deep nesting is refused before it costs the stack`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONValue(parsing: nested(JSONValue.deepestNesting))
        for depth in [JSONValue.deepestNesting + 2, 1_000_000] {
            #expect(throws: JSONError.self) { try JSONValue(parsing: nested(depth)) }
        }
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array(String(repeating: "{\"a\":", count: 100_000).utf8))
        }
    }

    @Test func `documents are written with keys in the order of their bytes`() {
        let value: JSONValue = ["b": 1.json, "a": [true, "x\u{1}\n"], "Z": [:], "é": []]
        #expect(
            String(decoding: value.canonicalBytes, as: UTF8.self)
                == #"{"Z":{},"a":[true,"x\u0001\n"],"b":1,"é":[]}"#)
        #expect(
            String(decoding: value.documentBytes, as: UTF8.self)
                == """
                {
                  "Z": {},
                  "a": [
                    true,
                    "x\\u0001\\n"
                  ],
                  "b": 1,
                  "é": []
                }

                """)
    }

    @Test(arguments: 0..<200)
    func `what is written is read again`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let value = JSONValue.random(depth: 4, using: &generator)
        #expect(try JSONValue(parsing: value.canonicalBytes) == value)
        #expect(try JSONValue(parsing: value.documentBytes) == value)
    }

    @Test(arguments: 0..<200)
    func `hostile bytes are refused or read, and never crash`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = JSONValue.random(depth: 4, using: &generator).documentBytes
        for _ in 0..<(1 + generator.below(4)) {
            let index = generator.below(bytes.count)
            switch generator.below(4) {
            case 0: bytes[index] = UInt8(generator.below(256))
            case 1: bytes.insert(generator.one(of: Array("{}[]\",:\\u0dE-.\u{1}".utf8)), at: index)
            case 2: bytes.removeSubrange(index..<min(bytes.count, index + generator.below(8)))
            default: bytes += bytes[index...]
            }
            if bytes.isEmpty { return }
        }
        if let value = try? JSONValue(parsing: bytes) {
            #expect((try? JSONValue(parsing: value.canonicalBytes)) == value)
        }
    }
}

extension Int {
    fileprivate var json: JSONValue { JSONValue(self) }
}

extension JSONValue {
    static func random(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
        switch generator.below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(generator.once(in: 2))
        case 2: return .number(Int64(truncatingIfNeeded: generator.next()))
        case 3: return .decimal("\(generator.below(1_000)).\(generator.below(1_000))e-\(generator.below(99))")
        case 4, 5: return .string(text(using: &generator))
        case 6:
            return .array((0..<generator.below(5)).map { _ in random(depth: depth - 1, using: &generator) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<generator.below(5) {
                members[text(using: &generator)] = random(depth: depth - 1, using: &generator)
            }
            return .object(members)
        }
    }

    private static func text(using generator: inout SeededGenerator) -> String {
        let pieces = [
            "a", "B", "0", "\"", "\\", "/", "\n", "\u{1F}", "\u{7F}", "\0", "é", "😀", "\u{2028}", " ",
        ]
        return (0..<generator.below(8)).map { _ in generator.one(of: pieces) }.joined()
    }
}
