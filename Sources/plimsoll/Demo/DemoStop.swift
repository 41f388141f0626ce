internal import FleetProgram
internal import Glibc
internal import Synchronization

/// SIGTERM and SIGINT, noted: the demo ends its agents and takes its folder away, then it ends.
///
/// By handlers, for masks as of ``StopSignals`` do not last in an asynchronous program: its main thread waits
/// with an empty one (dispatch_main(3)), and whoever starts a child empties that of its thread.
enum DemoStop {
    private static let isAskedFor = Atomic(false)

    /// Begins to note them.
    static func listen() {
        // Made here, for a handler may not make it.
        isAskedFor.store(false, ordering: .relaxed)
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in DemoStop.isAskedFor.store(true, ordering: .relaxed) }
        }
    }

    /// - Throws: ``ProgramError`` if one has come.
    static func check() throws(ProgramError) {
        if isAskedFor.load(ordering: .relaxed) { throw ProgramError(.failure, "stopped") }
    }
}
