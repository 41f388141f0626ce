/// A Swift file as the rules look at it: its lines, and the same lines without comments and texts.
struct SourceText {
    /// Below the package's folder, such as `Sources/FleetCore/Values/Name.swift`.
    let path: String
    let lines: [String]
    /// The lines with comments and the insides of string literals blanked.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = Self.blanked(lines)
    }

    /// The target that the file belongs to, and its path below the target's folder.
    var place: (target: String, path: String)? {
        let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
        guard parts.count == 3, parts[0] == "Sources" else { return nil }
        return (parts[1], parts[2])
    }

    /// The modules that the file imports, with the number of the line.
    var imports: [(line: Int, module: String)] {
        code.enumerated().compactMap { index, line in
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first, first.hasPrefix("@") || Self.modifiers.contains(first) {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            let isKind = words.count > 2 && Self.kinds.contains(words[1])
            return (index + 1, String((isKind ? words[2] : words[1]).prefix { $0 != "." }))
        }
    }

    private static let modifiers: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    /// The functions that are longer than `limit` lines: from the line that declares one to the closing brace
    /// under it, as swift-format indents them.
    func functions(longerThan limit: Int) -> [(line: Int, length: Int)] {
        code.indices.compactMap { start in
            guard Self.declaresFunction(code[start]) else { return nil }
            let indentation = code[start].prefix { $0 == " " }
            let end = code[start...].firstIndex { $0.hasPrefix(indentation + "}") } ?? start
            let isOneLine = code[start].hasSuffix("}")
            let length = isOneLine ? 1 : end - start + 1
            return length > limit ? (start + 1, length) : nil
        }
    }

    private static func declaresFunction(_ line: String) -> Bool {
        let words = line.split(separator: " ")
        return words.contains("func") || words.contains("deinit")
            || words.contains { $0 == "init" || $0.hasPrefix("init(") || $0.hasPrefix("init?(") }
    }

    private static func blanked(_ lines: [String]) -> [String] {
        var isInText = false
        return lines.map { line in
            if line.contains("\"\"\"") {
                // A line that opens or closes a text of several lines; one that does both changes nothing.
                if line.components(of: "\"\"\"") % 2 == 1 { isInText.toggle() }
                return ""
            }
            return isInText ? "" : blanked(line)
        }
    }

    private static func blanked(_ line: String) -> String {
        var result = ""
        var isInString = false
        var rest = line[...]
        while let character = rest.first {
            if isInString, character == "\\" {
                rest = rest.dropFirst(2)
                continue
            }
            if character == "\"" { isInString.toggle() }
            if !isInString, rest.hasPrefix("//") { break }
            if !isInString || character == "\"" { result.append(character) }
            rest = rest.dropFirst()
        }
        return result
    }
}

extension String {
    /// How often `part` stands in this text.
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }

    /// Whether `word` stands in this text with no letter, digit or underscore beside it.
    func containsWord(_ word: String) -> Bool {
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            let before = range.lowerBound == startIndex ? nil : self[index(before: range.lowerBound)]
            let after = range.upperBound == endIndex ? nil : self[range.upperBound]
            if !Self.continuesWord(before) && !Self.continuesWord(after) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    private static func continuesWord(_ character: Character?) -> Bool {
        guard let character else { return false }
        return character.isLetter || character.isNumber || character == "_"
    }
}
