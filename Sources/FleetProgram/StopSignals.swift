internal import CSignalfd
package import FleetCore
internal import Glibc

/// SIGTERM and SIGINT, taken when it suits: what is running ends first, then the program does.
package struct StopSignals {
    private var set = sigset_t()
    /// Whether one has come.
    package private(set) var isStopped = false

    /// Why a wait was over.
    package enum Ending: Sendable {
        /// The time has passed.
        case time
        /// A signal has come.
        case stopped
        /// The network has changed so that a server that was out of reach may be reached.
        case linkIsBack
    }

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

    /// Waits for so long, for a signal, or for the link, also for what came before.
    ///
    /// - Parameter link: nil: only time and signals count.
    package mutating func wait(_ span: TimeSpan, watching link: LinkWatch?) -> Ending {
        let signals = link == nil ? -1 : plimsoll_signal_descriptor(&set)
        guard let link, signals >= 0 else {
            wait(span)
            return isStopped ? .stopped : .time
        }
        defer { close(signals) }
        let end = SystemClock.sinceBoot.milliseconds + span.milliseconds
        while true {
            var waiting = [
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
                pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let left = max(0, end - SystemClock.sinceBoot.milliseconds)
            let count = poll(&waiting, nfds_t(waiting.count), Int32(min(left, 60_000)))
            if count > 0, waiting[0].revents != 0 {
                wait(.zero)
                if isStopped { return .stopped }
            }
            if count > 0, waiting[1].revents != 0, link.isBack() { return .linkIsBack }
            if count <= 0, left == 0 { return .time }
        }
    }
}
