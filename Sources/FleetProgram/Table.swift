/// A table for people: columns as wide as their widest cell, two spaces apart.
package struct Table: Sendable {
    private let header: [String]
    private var rows: [[Cell]] = []

    /// A cell, and the colour in which it is shown if colour may be used.
    package struct Cell: Sendable, ExpressibleByStringLiteral {
        package let text: String
        package let colour: Colour?

        /// Control characters are shown as `?`: what other machines say must not drive a terminal.
        package init(_ text: String, _ colour: Colour? = nil) {
            let isPrintable = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            self.text =
                isPrintable
                ? text
                : String(
                    String.UnicodeScalarView(
                        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
            self.colour = colour
        }

        package init(stringLiteral value: String) { self.init(value) }
    }

    package init(_ header: [String]) { self.header = header }

    package mutating func add(_ row: [Cell]) { rows.append(row) }

    /// The table's lines, without trailing spaces.
    package func lines(colour: Bool) -> [String] {
        let cells = [header.map { Cell($0, .dim) }] + rows
        let widths = header.indices.map { column in
            cells.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
        }
        return cells.map { cells in
            let row = cells[..<((cells.lastIndex { !$0.text.isEmpty } ?? -1) + 1)]
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell.colour?.applied(to: cell.text, if: colour) ?? cell.text
                guard column < row.count - 1 else { continue }
                line += String(repeating: " ", count: max(widths[column] - cell.text.count, 0) + 2)
            }
            return line
        }
    }

    /// Writes the table to standard output.
    package func print() {
        for line in lines(colour: Terminal.hasColour) { Terminal.print(line) }
    }
}
