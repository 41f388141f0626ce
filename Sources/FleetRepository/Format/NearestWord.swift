/// Finds the known word that a mistyped one was meant to be.
enum NearestWord {
    /// The known word that is nearest to `word` in edits, or nil if none is near enough to be meant.
    ///
    /// Near enough is one edit for each three letters, but at least one. Of equally near words the first is
    /// taken.
    static func of(_ word: String, in known: some Sequence<String>) -> String? {
        let letters = Array(word.unicodeScalars.prefix(longest))
        let limit = max(1, letters.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in known {
            let other = Array(candidate.unicodeScalars.prefix(longest))
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// The sentence's end that proposes the nearest known word, or lists all where none is near and they are
    /// few.
    static func hint(for word: String, in known: [String]) -> String {
        if let nearest = of(word, in: known) { return "; did you mean '\(nearest)'?" }
        guard (1...listed).contains(known.count) else { return "" }
        return "; known here: \(known.joined(separator: ", "))"
    }

    private static let longest = 64
    private static let listed = 16

    /// Levenshtein's distance, where two neighbours that changed places count as one edit.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var rows = [Array(0...right.count)]
        for (i, letter) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
