import Testing

@testable import FleetRepository

/// What is read of YAML, and what is refused.
struct FormatDocumentTests {
    private func problem(_ text: String) -> String? { problem(Array(text.utf8)) }

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(Problem) {
            _ = try DocumentParser.parse(bytes, file: "f")
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("", "f:1:1: the file is empty"),
        ("# only a comment\n", "f:1:1: the file is empty"),
        ("a: &x 1\n", "f:1:4: found the anchor '&x'; anchors and aliases are not read here: write it out"),
        ("a: &x [1]\n", "f:1:4: found the anchor '&x'; anchors and aliases are not read here: write it out"),
        ("&k a: 1\n", "f:1:1: found the anchor '&k'; anchors and aliases are not read here: write it out"),
        ("a: *x\n", "f:1:4: found an alias; anchors and aliases are not read here: write it out"),
        (
            "a: !!int 3\n",
            "f:1:4: found the tag 'tag:yaml.org,2002:int'; tags are not read here: text is text"
        ),
        ("a: !x {b: c}\n", "f:1:4: found the tag '!x'; tags are not read here: text is text"),
        (
            "!!int 3: b\n",
            "f:1:1: found the tag 'tag:yaml.org,2002:int'; tags are not read here: text is text"
        ),
        ("<<: {a: 1}\n", "f:1:1: found the merge key '<<'; merge keys are not read here: write it out"),
        ("[a]: 1\n", "f:1:1: found a list or a mapping as a key; expected a word"),
        ("? {a: 1}\n: 1\n", "f:1:3: found a list or a mapping as a key; expected a word"),
        ("a: 1\nb: 2\na: 3\n", "f:3:1: found 'a' more than once in one mapping; expected each key once"),
        ("12: 1\n\"12\": 2\n", "f:2:1: found '12' more than once in one mapping; expected each key once"),
        (
            "a:\n\t- b\n",
            "f:2:1: while scanning for the next token, found character that cannot start any token"
        ),
        ("a: [1\n", "f:2:1: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: 1\n---\nb: 2\n", "f:2:1: expected a single document in the stream, but found another document"),
        ("a: \u{1}\n", "f:1:4: control characters are not allowed"),
        (
            "a: \"\\ud800\"\n",
            "f:1:7: while parsing a quoted scalar, found invalid Unicode character escape code"
        ),
    ])
    func refusesWhatIsNotPlainYAML(text: String, expected: String) {
        #expect(problem(text) == expected)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let expected = "f:2:4: found bytes that are not UTF-8; expected text in UTF-8"
        #expect(problem(Array("a: b\nc: ".utf8) + [0xFF, 0x0A]) == expected)
    }

    @Test func refusesAliasesThatMultiplyBeforeTheyDo() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        text += "? *a30\n: y\n"
        let expected = "f:1:5: found the anchor '&a0'; anchors and aliases are not read here: write it out"
        #expect(problem(text) == expected)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "[{", "&a [", "- - "])
    func refusesNestingThatRecursWithoutEnd(opening: String) {
        for count in [33, 500, 20_000] {
            let found = problem(String(repeating: opening, count: count))
            #expect(found != nil)
        }
    }

    @Test func refusesNestingByIndentation() {
        var text = ""
        for level in 0..<200 { text += String(repeating: " ", count: level) + "a:\n" }
        #expect(problem(text) == "f:33:33: is nested more than 32 levels deep")
    }

    @Test func readsWindowsLinesAndAByteOrderMark() throws {
        for text in ["a: b\r\nc: [d,\r\n  e]\r\n", "\u{FEFF}a: b\nc: [d, e]\n"] {
            let node = try DocumentParser.parse(Array(text.utf8), file: "f")
            guard case .mapping(let pairs) = node.content, case .list(let items) = pairs.last?.value.content
            else {
                Issue.record("no mapping with a list")
                return
            }
            #expect(pairs.map(\.key) == ["a", "c"])
            #expect(pairs.first?.value.found == "'b'")
            #expect(items.map(\.found) == ["'d'", "'e'"])
        }
    }

    @Test(arguments: [
        "0.270", "1.10", "1e3", "0x10", "0o17", "12_3", "yes", "no", "2026-11-30", ".inf", "true", "1:20:30",
        "+1", "017",
        "null", "~",
    ])
    func keepsAScalarAsItIsWritten(text: String) throws {
        for (written, isPlain) in [(text, true), ("'\(text)'", false), ("\"\(text)\"", false)] {
            let node = try DocumentParser.parse(Array("k: \(written)\n".utf8), file: "f")
            guard case .mapping(let pairs) = node.content,
                case .text(let found, let foundPlain) = pairs.first?.value.content
            else {
                Issue.record("no mapping with text")
                return
            }
            #expect(found == text)
            #expect(foundPlain == isPlain)
            #expect(pairs.first?.value.isNull == (isPlain && (text == "null" || text == "~")))
        }
    }
}
