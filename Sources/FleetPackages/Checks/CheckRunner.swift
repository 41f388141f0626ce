internal import FleetCore

/// Runs health checks, several at a time.
///
/// What checks need of the machine: `systemctl` for services, `curl` for http. Both are looked up in the
/// search path.
struct CheckRunner {
    /// The root whose packages are managed. Commands run outside of it, and find it in `PLIMSOLL_ROOT`.
    let root: String
    let searchPath: String

    /// More at once would make a small machine slow while it is being judged.
    private static let concurrency = 8
    /// The longest message of a result, in characters.
    private static let messageLength = 500
    /// The time between two tries of a check.
    private static let pause = Duration.seconds(1)

    /// The results in the order of the checks.
    ///
    /// - Parameter settling: the names of the checks that are tried again until they are well, or the time
    ///   is over in which they may settle.
    func results(of checks: [Check], settling: Set<String> = []) async -> [CheckResult] {
        await withTaskGroup(of: (Int, CheckResult).self) { group in
            var results = [CheckResult?](repeating: nil, count: checks.count)
            var next = 0
            while next < min(Self.concurrency, checks.count) {
                add(checks[next], next, settling, to: &group)
                next += 1
            }
            while let (index, result) = await group.next() {
                results[index] = result
                guard next < checks.count else { continue }
                add(checks[next], next, settling, to: &group)
                next += 1
            }
            return results.compactMap(\.self)
        }
    }

    private func add(
        _ check: Check, _ index: Int, _ settling: Set<String>,
        to group: inout TaskGroup<(Int, CheckResult)>
    ) {
        let settle = settling.contains(check.name) ? check.settle : .zero
        group.addTask { (index, await self.result(of: check, settlingFor: settle)) }
    }

    /// Tries a check until it is well: as often as it says, and for as long as it may settle.
    private func result(of check: Check, settlingFor settle: TimeSpan) async -> CheckResult {
        let end = ContinuousClock.now + .milliseconds(settle.milliseconds)
        var tries = 0
        while true {
            let result = await result(of: check)
            tries += 1
            let isSettling = ContinuousClock.now + Self.pause <= end
            guard result.outcome == .failed, isSettling || tries <= check.retries, !Task.isCancelled else {
                return result
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func result(of check: Check) async -> CheckResult {
        let (outcome, message) =
            switch check.probe {
            case .service(let unit): await service(unit, check)
            case .command(let arguments): await command(arguments, check)
            case .http(let url, let status): await http(url, status, check)
            }
        return CheckResult(
            name: check.name, outcome: outcome, message: String(message.prefix(Self.messageLength)),
            isRequired: check.isRequired)
    }

    private func run(_ arguments: [String], _ check: Check) async -> CheckProcess.Ending {
        let environment = ["PATH": searchPath, "LC_ALL": "C.UTF-8", "PLIMSOLL_ROOT": root]
        return await CheckProcess(arguments: arguments, environment: environment, timeout: check.timeout)
            .run()
    }

    /// Asks systemd for the unit's state (systemctl(1), `show`). A unit that does not exist is nothing to
    /// check.
    private func service(_ unit: String, _ check: Check) async -> (CheckResult.Outcome, String) {
        let ending = await run(
            ["systemctl", "show", "--property=LoadState", "--property=ActiveState", "--", unit], check)
        guard case .exited(0, let output) = ending else { return (.failed, why(ending, "systemctl", check)) }
        var states: [Substring: Substring] = [:]
        for line in output.lines() {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { states[parts[0]] = parts[1] }
        }
        switch (states["LoadState"], states["ActiveState"]) {
        case ("not-found", _): return (.notApplicable, "the unit does not exist")
        // What is being reloaded is active, as `systemctl is-active` has it.
        case (_, "active"), (_, "reloading"): return (.passed, "")
        case (_, let state): return (.failed, "the unit is \(state ?? "in an unknown state")")
        }
    }

    private func command(_ arguments: [String], _ check: Check) async -> (CheckResult.Outcome, String) {
        let ending = await run(arguments, check)
        switch ending {
        case .exited(0, _): return (.passed, "")
        case .notFound: return (.notApplicable, "the program is not installed")
        default: return (.failed, why(ending, arguments.first ?? "", check))
        }
    }

    /// A GET request by curl(1): only http and https, redirections are answers like any other.
    private func http(_ url: String, _ status: Int, _ check: Check) async -> (CheckResult.Outcome, String) {
        let ending = await run(
            [
                "curl", "--disable", "--silent", "--show-error", "--proto", "=http,https", "--output",
                "/dev/null",
                "--write-out", "%{http_code}", "--url", url,
            ], check)
        guard case .exited(0, let output) = ending else { return (.failed, why(ending, "curl", check)) }
        let code = output.suffix(3)
        return code == "\(status)" ? (.passed, "") : (.failed, "answered with status \(code), not \(status)")
    }

    /// Why a program does not speak for the check.
    private func why(_ ending: CheckProcess.Ending, _ program: String, _ check: Check) -> String {
        switch ending {
        case .exited(let status, let output): "'\(program)' ended with \(status)\(lastLines(output))"
        case .timedOut(let output): "no end within \(check.timeout)\(lastLines(output))"
        case .notFound: "'\(program)' is not installed"
        case .notRun(let message): "cannot run '\(program)': \(message)"
        }
    }

    /// The last lines of an output, on one line.
    private func lastLines(_ output: String) -> String {
        let lines = output.split(whereSeparator: \.isNewline).suffix(3)
        return lines.isEmpty ? "" : ": " + String(lines.joined(separator: " / ").suffix(400))
    }
}
