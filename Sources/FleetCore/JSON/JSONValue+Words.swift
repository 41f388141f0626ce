extension JSONValue {
    /// The value in one line for people: no quotes, keys in their order, parentheses around inner values.
    package var words: String {
        switch self {
        case .null: "none"
        case .bool(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .decimal(let text), .string(let text): text
        case .array(let items): "[\(items.map(\.words).joined(separator: ", "))]"
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.innerWords)" }
                .joined(separator: ", ")
        }
    }

    /// The value within another one.
    private var innerWords: String {
        guard case .object = self else { return words }
        return "(\(words))"
    }
}
