/// Gathers the problems of one file while it is decoded, so that all of them are told at once.
///
/// A reference, because every reader of a file adds to the same list; it lives only while one file is
/// decoded.
final class FileProblems {
    let file: String
    private(set) var problems: [Problem] = []

    init(file: String) { self.file = file }

    func add(_ place: Place, _ message: String) {
        problems.append(Problem(file, place, message))
    }

    func add(_ problem: Problem) { problems.append(problem) }

    /// Adds that `node` is not what was expected.
    func add(_ node: DocumentNode, expected: String) {
        add(node.place, "found \(node.found); expected \(expected)")
    }
}

/// What came of decoding a file: as much of the value as could be read, and all that is wrong with it.
struct Decoded<Value: Sendable>: Sendable {
    /// nil where not even its outline could be read. With problems it is good for finding more problems, for
    /// nothing else.
    let value: Value?
    let problems: [Problem]

    /// The value of a file without problems.
    var flawless: Value? { problems.isEmpty ? value : nil }
}
