/// What is wrong at one place of a file of the fleet repository: what was found, and what was expected there.
package struct Problem: Error, Hashable, Sendable {
    /// The file's path in the repository.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int
    /// What was found and expected; lower case, names quoted, without a full stop.
    package let message: String

    package init(file: String, line: Int = 1, column: Int = 1, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    init(_ file: String, _ place: Place, _ message: String) {
        self.init(file: file, line: place.line, column: place.column, message: message)
    }
}

extension Problem: CustomStringConvertible {
    /// `file:line:column: message`, as compilers write it, so that editors find the place.
    package var description: String { "\(file):\(line):\(column): \(message)" }
}

extension Problem: Comparable {
    package static func < (left: Problem, right: Problem) -> Bool {
        (left.file, left.line, left.column, left.message)
            < (right.file, right.line, right.column, right.message)
    }
}

/// A line and a column of a file, both from 1.
struct Place: Hashable, Sendable {
    let line: Int
    let column: Int

    /// Where a file begins: the place of what it lacks as a whole.
    static let start = Place(line: 1, column: 1)
}
