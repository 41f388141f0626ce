internal import FleetProgram
internal import Glibc

/// What a cycle tells the `run` that started it, besides its exit code: that no server could be reached.
/// The exit code 69 does not say it, for a remote that is behind, or a branch with nothing new, is no
/// reason to ask less often.
///
/// By a pipe whose number is in the environment: an agent of another release, which may be on either side,
/// takes no notice, and then the exit code decides.
enum CycleWord {
    static let variable = "PLIMSOLL_CYCLE_WORD"
    /// The pipe's number in the cycle.
    static let descriptor: Int32 = 3
    private static let away = UInt8(ascii: "a")
    private static let reached = UInt8(ascii: "r")

    /// For the cycle: takes the pipe, which nothing that it starts may inherit.
    static func take() -> Int32? {
        guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
        unsetenv(variable)
        guard let number = Int32(text), number > 2, fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else {
            return nil
        }
        return number
    }

    /// For the cycle: tells.
    static func tell(isAway: Bool, to pipe: Int32?) {
        guard let pipe else { return }
        var word = isAway ? away : reached
        _ = write(pipe, &word, 1)
    }

    /// For `run`: what a cycle has told.
    ///
    /// - Returns: nil if it told nothing.
    static func isAway(toldBy pipe: Int32) -> Bool? {
        var word: UInt8 = 0
        guard read(pipe, &word, 1) == 1 else { return nil }
        return word == away
    }
}

extension Pace.Ending {
    /// - Parameter isAway: what the cycle told; nil: nothing.
    init(status: Int32, isAway: Bool?) {
        if status == ExitStatus.locked.rawValue || status >= 128 {
            self = .notRun
        } else {
            self = isAway ?? (status == ExitStatus.unavailable.rawValue) ? .away : .reached
        }
    }
}
