package import FleetCore
internal import Glibc

/// SIGTERM and SIGINT, taken when it suits: what is running ends first, then the program does.
package struct StopSignals {
    private var set = sigset_t()
    /// Whether one has come.
    package private(set) var isStopped = false

    /// Blocks both signals for this thread and those that it starts.
    package init() {
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        sigprocmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for so long, or for a signal, also one that came before.
    package mutating func wait(_ span: TimeSpan) {
        var timeout = timespec(
            tv_sec: time_t(span.seconds), tv_nsec: Int(span.milliseconds % 1_000) * 1_000_000)
        if sigtimedwait(&set, nil, &timeout) > 0 { isStopped = true }
    }
}
