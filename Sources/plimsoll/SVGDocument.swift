/// A drawing in SVG 1.1, written element by element: self-contained, without scripts.
struct SVGDocument {
    private var lines: [String] = []
    private var open: [String] = []

    /// - Parameters:
    ///   - title: what the drawing shows, for those who cannot see it, too.
    ///   - style: a style sheet (CSS) for its classes.
    init(width: Int, height: Int, title: String, description: String, style: String) {
        begin(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", "0 0 \(width) \(height)"),
                ("width", "\(width)"), ("height", "\(height)"), ("role", "img"),
            ])
        add("title", [], text: title)
        add("desc", [], text: description)
        add("style", [], text: style)
    }

    /// Begins an element that others lie in.
    mutating func begin(_ name: String, _ attributes: [(String, String)]) {
        lines.append("\(indent)<\(name)\(Self.text(of: attributes))>")
        open.append(name)
    }

    /// Ends the innermost element that was begun.
    mutating func end() {
        guard let name = open.popLast() else { return }
        lines.append("\(indent)</\(name)>")
    }

    /// Adds an element with a text, or without anything in it.
    mutating func add(_ name: String, _ attributes: [(String, String)], text: String? = nil) {
        let head = "\(indent)<\(name)\(Self.text(of: attributes))"
        lines.append(text.map { "\(head)>\(Self.escaped($0))</\(name)>" } ?? "\(head)/>")
    }

    /// The whole document; what is still open is ended.
    func finished() -> String {
        var document = self
        while !document.open.isEmpty { document.end() }
        return (["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"] + document.lines).joined(separator: "\n")
            + "\n"
    }

    private var indent: String { String(repeating: "  ", count: open.count) }

    private static func text(of attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    }

    /// A text without what means something in XML, and without what must not be in it (XML 1.0, section 2.2).
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}"..."\u{FFFF}": escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
