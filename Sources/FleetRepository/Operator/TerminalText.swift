/// Foreign text, made fit for a terminal: what could deceive who reads is shown by its number.
enum TerminalText {
    /// The lines of a text.
    static func lines(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.map { $0 == "\t" || !$0.isDeceptive ? String($0) : "<U+\(hex($0))>" }.joined()
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension Unicode.Scalar {
    /// Whether a terminal would obey it, or show what stands around it in another order, or not at all.
    var isDeceptive: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
