import Testing

@testable import FleetRepository

struct FormatNearestWordTests {
    @Test(arguments: [
        ("hodl", "hold"), ("Hold", "hold"), ("helthy", "healthy"), ("windows", "window"), ("freze", "freeze"),
        ("x", nil), ("completely-else", nil), ("", nil),
    ])
    func findsTheWordThatWasMeant(word: String, expected: String?) {
        let known = ["healthy", "hold", "window", "freeze"]
        #expect(NearestWord.of(word, in: known) == expected)
    }

    @Test func listsTheKnownWordsWhereNoneIsNear() {
        #expect(NearestWord.hint(for: "zzz", in: ["after", "soak"]) == "; known here: after, soak")
        #expect(NearestWord.hint(for: "sook", in: ["after", "soak"]) == "; did you mean 'soak'?")
        #expect(NearestWord.hint(for: "zzz", in: []) == "")
    }

    @Test func boundsTheWorkForLongWords() {
        let long = String(repeating: "ab", count: 30_000)
        #expect(NearestWord.of(long, in: [long + "c"]) != nil)
    }
}
