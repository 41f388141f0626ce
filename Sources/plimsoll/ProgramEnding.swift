internal import FleetCore
internal import FleetProgram
internal import FleetRepository

/// An error of a part that a command was built from, with the exit code that it ends the command with.
protocol ProgramEnding: Error {
    var programError: ProgramError { get }
}

extension ProgramError: ProgramEnding {
    var programError: ProgramError { self }
}

extension NetworkError: ProgramEnding {
    var programError: ProgramError { ProgramError(kind == .invalid ? .usage : .unavailable, description) }
}

extension GitError: ProgramEnding {
    var programError: ProgramError { ProgramError(.failure, description) }
}

extension FileError: ProgramEnding {
    var programError: ProgramError { ProgramError(.failure, description) }
}

extension FileTreeError: ProgramEnding {
    var programError: ProgramError { ProgramError(code == .access ? .failure : .invalidData, description) }
}

extension FleetReadError: ProgramEnding {
    var programError: ProgramError {
        if case .inaccessible(let error) = self { return error.programError }
        return ProgramError(.invalidData, description)
    }
}

extension OperatorError: ProgramEnding {
    var programError: ProgramError {
        switch code {
        case .usage: ProgramError(.usage, message)
        case .failure: ProgramError(.failure, message)
        case .invalid: ProgramError(.invalidData, message)
        case .unavailable: ProgramError(.unavailable, message)
        case .notAuthentic: ProgramError(.notAuthentic, message)
        }
    }
}
