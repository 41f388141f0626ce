internal import FleetCore
internal import Subprocess

/// A program that a check runs: for a limited time, in a session of its own, of whose output the end is kept.
struct CheckProcess {
    let arguments: [String]
    /// Complete; the program is looked up in its `PATH`.
    let environment: [String: String]
    let timeout: TimeSpan

    /// How it went.
    enum Ending: Equatable {
        /// It ended by itself with this status; 128 and the signal's number if a signal ended it.
        case exited(Int, output: String)
        /// It was killed with all processes of its group, because its time was over.
        case timedOut(output: String)
        case notFound
        case notRun(String)
    }

    /// How much of the output's end is kept, in bytes.
    private static let tailLength = 4_096

    /// Runs the program to its end or to the end of its time.
    ///
    /// Processes that it leaves behind do not keep the check waiting: what counts is the end of the program
    /// itself.
    func run() async -> Ending {
        let ending = await withTaskGroup(of: Ending?.self, returning: Ending.self) { group in
            group.addTask { await self.runUntilCancelled() }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(timeout.milliseconds))
                return nil
            }
            // Whichever is first ends the other one: cancellation kills the program's group, and the sleep.
            let first = await group.next() ?? nil
            group.cancelAll()
            let second = await group.next() ?? nil
            guard first == nil, case .exited(_, let output) = second else {
                return first ?? second ?? .notRun("")
            }
            return .timedOut(output: output)
        }
        return ending
    }

    private func runUntilCancelled() async -> Ending {
        guard let program = arguments.first else { return .notFound }
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(5))
        ]
        do {
            let result = try await Subprocess.run(
                .named(program), arguments: Arguments(Array(arguments.dropFirst())),
                environment: .custom(environment.asSubprocess), platformOptions: options, input: .none,
                output: .sequence, error: .combinedWithOutput
            ) { execution in
                var tail: [UInt8] = []
                for try await piece in execution.standardOutput {
                    piece.withUnsafeBytes { tail += $0.suffix(Self.tailLength) }
                    tail.removeFirst(max(0, tail.count - Self.tailLength))
                }
                return tail
            }
            return .exited(
                result.terminationStatus.shellStatus,
                output: String(decoding: result.closureResult, as: UTF8.self))
        } catch let error as SubprocessError where error.code == .executableNotFound {
            return .notFound
        } catch {
            return Task.isCancelled ? .exited(137, output: "") : .notRun("\(error)")
        }
    }
}
