internal import ArgumentParser
internal import FleetCore
internal import FleetPackages
internal import FleetProgram
internal import FleetRepository

/// `plimsoll validate`: everything that is wrong with the files of a fleet repository, at once.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Finds everything that is wrong with the files of a fleet repository.",
        discussion: """
            Reads a folder as it is, committed or not, and prints one line for each problem, as compilers \
            do: file:line:column: message. Exit code 65 if there is an error; warnings do not count.

            A change that loosens the gate or the waves of a group and brings it another baseline is an \
            error: a folder is compared with its newest commit, if it is a Git work tree. With BASE..HEAD, \
            as the check of a pull request has it, the files of HEAD are judged, and compared with the \
            commit at which HEAD left BASE.
            """)

    @Argument(help: "The folder of the fleet repository; BASE..HEAD alone stands for the working directory.")
    var folder = "."

    @Argument(help: "A range of commits: what is to be merged.")
    var range: String?

    @Flag(help: "Print JSON (plimsoll/validation/v1).")
    var json = false

    func run() throws {
        let subject = try subject()
        let validation = try RepositoryValidation.validate(
            subject.tree, since: subject.before, history: subject.history, knownZones: ZoneDatabase().names)
        let rendering = ValidationRendering(validation)
        if json {
            Terminal.write(String(decoding: rendering.json.documentBytes, as: UTF8.self))
        } else {
            for line in rendering.lines(colour: Terminal.hasColour) { Terminal.print(line) }
        }
        guard validation.problems.isEmpty else { throw ExitCode(ExitStatus.invalidData.rawValue) }
    }
}

extension ValidateCommand {
    private func subject() throws(OperatorError) -> ValidationSubject {
        if let range { return try ValidationSubject(range: range, folder: folder) }
        guard ValidationSubject.isRange(folder) else { return try ValidationSubject(folder: folder) }
        return try ValidationSubject(range: folder, folder: ".")
    }
}

/// A validation for people and for programs.
///
/// `plimsoll/validation/v1`: `schema`; `valid`, a boolean; `errors` and `warnings`, lists of `file`, `line`,
/// `column`, `message`.
private struct ValidationRendering {
    private let validation: Validation

    init(_ validation: Validation) { self.validation = validation }

    func lines(colour: Bool) -> [String] {
        let errors = validation.problems.map { line($0, "", .red, colour) }
        let warnings = validation.warnings.map { line($0, "warning: ", .yellow, colour) }
        return errors + warnings + [summary(colour: colour)]
    }

    private func line(_ problem: Problem, _ word: String, _ kind: Colour, _ colour: Bool) -> String {
        let place = Table.Cell("\(problem.file):\(problem.line):\(problem.column):").text
        return "\(Colour.bold.applied(to: place, if: colour)) "
            + kind.applied(to: Table.Cell(word + problem.message).text, if: colour)
    }

    private func summary(colour: Bool) -> String {
        let warnings = Self.count(validation.warnings.count, "warning")
        guard !validation.problems.isEmpty else {
            return Colour.green.applied(to: "valid", if: colour)
                + (validation.warnings.isEmpty ? "" : ", \(warnings)")
        }
        return Colour.red.applied(to: "not valid", if: colour)
            + ": \(Self.count(validation.problems.count, "error")), \(warnings)"
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    var json: JSONValue {
        [
            "schema": "plimsoll/validation/v1", "valid": .bool(validation.problems.isEmpty),
            "errors": .array(validation.problems.map(\.json)),
            "warnings": .array(validation.warnings.map(\.json)),
        ]
    }
}

extension Problem {
    /// As `plimsoll/validation/v1` has it.
    var json: JSONValue {
        [
            "file": .string(file), "line": JSONValue(line), "column": JSONValue(column),
            "message": .string(message),
        ]
    }
}
