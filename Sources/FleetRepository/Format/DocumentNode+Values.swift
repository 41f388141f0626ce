internal import FleetCore

/// Reading one node as the value that its key expects. What does not fit becomes a problem, and nil.
extension DocumentNode {
    /// The written text of a scalar, whatever it looks like.
    func scalar(expected: String, _ problems: FileProblems) -> String? {
        guard case .text(let text, isPlain: _) = content, !isNull else {
            problems.add(self, expected: expected)
            return nil
        }
        return text
    }

    /// A value with a written form.
    func value<Value: TextValue>(as type: Value.Type, _ problems: FileProblems) -> Value? {
        guard let text = scalar(expected: Value.expected, problems) else { return nil }
        guard let value = Value(text) else {
            problems.add(self, expected: Value.expected)
            return nil
        }
        return value
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        of type: Choice.Type, _ problems: FileProblems
    ) -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        let expected = words.map { "'\($0)'" }.joined(separator: words.count == 2 ? " or " : ", ")
        guard let text = scalar(expected: expected, problems) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let nearest = NearestWord.of(text, in: words).map { "; did you mean '\($0)'?" } ?? ""
        problems.add(place, "found \(found); expected \(expected)\(nearest)")
        return nil
    }

    /// One line of text for people.
    func line(_ problems: FileProblems) -> String? {
        let expected = "a line of text of at most \(Self.longestLine) characters"
        guard let text = scalar(expected: expected, problems) else { return nil }
        let scalars = text.unicodeScalars
        guard (1...Self.longestLine).contains(scalars.count), !scalars.contains(where: \.isControl) else {
            problems.add(self, expected: expected)
            return nil
        }
        return text
    }

    /// Some lines of text for people.
    func lines(_ problems: FileProblems) -> String? {
        let expected = "text of at most \(Self.longestText) characters"
        guard let text = scalar(expected: expected, problems) else { return nil }
        let scalars = text.unicodeScalars
        guard (1...Self.longestText).contains(scalars.count),
            !scalars.contains(where: { $0.isControl && $0 != "\n" && $0 != "\t" })
        else {
            problems.add(self, expected: expected)
            return nil
        }
        return text
    }

    /// A whole number.
    func integer(in range: ClosedRange<Int>, _ problems: FileProblems) -> Int? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = scalar(expected: expected, problems) else { return nil }
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy(\.isDecimalDigit),
            let number = Int(text), range.contains(number)
        else {
            problems.add(self, expected: expected)
            return nil
        }
        return number
    }

    /// The items of a list.
    func items(
        _ expected: String, atMost limit: Int = DocumentNode.mostItems, _ problems: FileProblems
    ) -> [DocumentNode]? {
        guard case .list(let items) = content else {
            problems.add(self, expected: expected)
            return nil
        }
        guard items.count <= limit else {
            problems.add(place, "found a list of \(items.count); expected at most \(limit)")
            return nil
        }
        return items
    }

    /// The pairs of a mapping whose keys are names that the file gives, such as `packages`. Keys with `x-`
    /// are left out.
    func pairs(_ expected: String, _ problems: FileProblems) -> [Pair]? {
        guard case .mapping(let pairs) = content else {
            problems.add(self, expected: expected)
            return nil
        }
        return pairs.filter { !$0.key.hasPrefix("x-") }
    }

    private static let longestLine = 500
    private static let longestText = 4_000
    static let mostItems = 100
}
