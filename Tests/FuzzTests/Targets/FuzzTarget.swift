/// A parser that meets bytes of others, and what must hold whatever they are.
///
/// A crash, an endless loop and a broken property are found alike: by libFuzzer in `make fuzz`, and by the
/// replay of the corpus in the tests.
struct FuzzTarget: Sendable {
    /// Its name on the command line, and the name of its folder in the corpus.
    let name: String
    /// The longest input that is tried, in bytes.
    let longest: Int
    /// How many inputs near the corpus the tests try: fewer of what takes long.
    let tries: Int
    /// Words of its format, which chance would hardly find.
    let words: [String]
    /// Gives the bytes to the parser, and throws ``BrokenProperty`` where one does not hold.
    let run: @Sendable ([UInt8]) throws -> Void

    init(
        bytes name: String, longest: Int = 4_096, tries: Int = 300, words: [String] = [],
        run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.longest = longest
        self.tries = tries
        self.words = words
        self.run = run
    }

    /// One whose parser takes text, as the agent makes it of bytes: what is not UTF-8 is repaired.
    init(
        text name: String, longest: Int = 4_096, tries: Int = 300, words: [String] = [],
        run: @escaping @Sendable (String) throws -> Void
    ) {
        self.init(bytes: name, longest: longest, tries: tries, words: words) {
            try run(String(decoding: $0, as: UTF8.self))
        }
    }

    static let all: [FuzzTarget] =
        signing + openPGP + documents + repositoryFiles + network + http + packageManager + machine + values
}

/// What must hold for all inputs and does not for this one.
struct BrokenProperty: Error, CustomStringConvertible {
    let description: String
}

/// Demands a property.
func demand(_ holds: Bool, _ property: @autoclosure () -> String) throws {
    guard holds else { throw BrokenProperty(description: property()) }
}
