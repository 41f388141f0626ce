/// The exit codes of both programs, everywhere the same (sysexits.h, where it has one).
package enum ExitStatus: Int32, Sendable {
    /// Done, nothing to do or nothing wrong: a held or waiting node is not wrong.
    case success = 0
    case failure = 1
    /// `plan`, `prune` and `reconcile --dry-run` only: changes are pending.
    case changesPending = 2
    /// `rollout --until-done` only: it has come as far as it comes without a person.
    case personNeeded = 3
    /// Wrong use of a command (EX_USAGE).
    case usage = 64
    /// An invalid fleet repository, report or configuration (EX_DATAERR).
    case invalidData = 65
    /// A remote is unreachable or behind (EX_UNAVAILABLE).
    case unavailable = 69
    /// Another cycle holds the lock (EX_TEMPFAIL).
    case locked = 75
    /// Not authentic (EX_NOPERM).
    case notAuthentic = 77
}
