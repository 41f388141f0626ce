package import FleetCore
package import FleetReconciler
internal import Glibc

/// The machine below the managed root, by systemd: `systemctl`, and `needrestart` where it is installed, are
/// looked up in the search path.
///
/// With another root than `/` nothing of this machine is the business of what is installed there: no service
/// is looked at or restarted, and nothing reboots.
package struct SystemdMachine: MachineControl {
    private let root: String
    private let searchPath: String
    private let scan: ProcessScan
    private let isRunningSystem: Bool

    package init(root: String, searchPath: String) {
        self.init(root: root, searchPath: searchPath, isRunningSystem: root == "/", processes: "/proc")
    }

    /// - Parameters:
    ///   - isRunningSystem: whether the root is the one that this machine runs.
    ///   - processes: where proc(5) is.
    init(root: String, searchPath: String, isRunningSystem: Bool, processes: String) {
        self.root = root
        self.searchPath = searchPath
        self.isRunningSystem = isRunningSystem
        scan = ProcessScan(folder: processes)
    }

    package var rebootObstacle: String? {
        isRunningSystem ? nil : "the root '\(root)' is not the system that runs here, so nothing is rebooted"
    }

    package func outdatedServices() async throws(MachineError) -> [OutdatedService] {
        guard isRunningSystem else { return [] }
        let files: [String: Set<String>]
        do {
            files = try scan.replacedFiles()
        } catch {
            throw MachineError("cannot tell which services run old code: \(error.message)")
        }
        let units = await needrestart() ?? Array(files.keys)
        let own = ownUnit
        let owners = await packages(of: Set(files.values.joined()))
        return Set(units).sorted().filter { $0 != own || !endsWithThisCycle }.map { unit in
            OutdatedService(unit: unit, packages: files[unit, default: []].flatMap { owners[$0] ?? [] })
        }
    }

    /// What needrestart finds; nil where it is not installed or does not answer.
    private func needrestart() async -> [String]? {
        // `-l`: services alone. What it says of the kernel is known in each cycle, without it.
        guard let output = await run(["needrestart", "-b", "-l"], within: .seconds(120)), output.succeeded
        else { return nil }
        return NeedrestartOutput(output.outputText)?.services
    }

    /// The packages that files belong to (dpkg-query(1), `--search`).
    private func packages(of files: Set<String>) async -> [String: [PackageName]] {
        guard !files.isEmpty else { return [:] }
        // Where /usr is merged, packages may name the same file without it.
        let aliases = files.filter { $0.hasPrefix("/usr/") }.map { String($0.dropFirst(4)) }
        let arguments = ["dpkg-query", "--search", "--"] + (Array(files) + aliases).sorted()
        guard let output = await run(arguments, within: .seconds(60)) else { return [:] }
        var owners: [String: [PackageName]] = [:]
        for line in output.outputText.lines() {
            guard let gap = line.firstRange(of: ": /") else { continue }
            let path = "/" + line[gap.upperBound...]
            let names = line[..<gap.lowerBound].split(separator: ",").compactMap { word in
                PackageName(word.drop { $0 == " " }.prefix { $0 != ":" })
            }
            owners[files.contains(path) ? path : "/usr" + path, default: []] += names
        }
        return owners
    }

    package func restart(_ units: [String]) async -> [String: String] {
        var failures: [String: String] = [:]
        for unit in units {
            guard let output = await run(["systemctl", "restart", "--", unit], within: .seconds(600)) else {
                failures[unit] = "'systemctl restart' could not be run, or has not ended within ten minutes"
                continue
            }
            if !output.succeeded { failures[unit] = output.firstLine }
        }
        return failures
    }

    package func restartLater(_ unit: String) async {
        _ = await run(["systemctl", "restart", "--no-block", "--", unit], within: .seconds(60))
    }

    package func isOwn(_ unit: String) -> Bool { isRunningSystem && unit == ownUnit }

    private var ownUnit: String? { scan.service(ofProcess: "\(scan.folder)/self") }

    /// Whether systemd itself has started this process, for one cycle: it ends, and the next one is new code.
    private var endsWithThisCycle: Bool { getppid() == 1 }

    package func reboot() async throws(MachineError) {
        if let obstacle = rebootObstacle { throw MachineError(obstacle) }
        // Without a terminal systemctl would overrule whoever inhibits a shutdown (systemd-inhibit(1)).
        var output = await run(["systemctl", "reboot", "--check-inhibitors=yes"], within: .seconds(60))
        if let refused = output, !refused.succeeded, refused.errorText.contains("unrecognized option") {
            output = await run(["systemctl", "reboot"], within: .seconds(60))
        }
        guard let output else {
            throw MachineError("'systemctl reboot' could not be run, or has not answered within a minute")
        }
        guard output.succeeded else {
            throw MachineError("'systemctl reboot' ended with \(output.status): \(output.firstLine)")
        }
    }

    package func bootByDefault(kernel: String) async throws(MachineError) -> String? {
        try await bootLoader().select(kernel)
    }

    package func restoreBootDefault(_ setting: String?) async throws(MachineError) {
        try await bootLoader().restore(setting)
    }

    private func bootLoader() throws(MachineError) -> BootLoader {
        guard isRunningSystem else {
            throw MachineError("the root '\(root)' is not the system that runs here")
        }
        return BootLoader(root: root) { await run($0, within: .seconds(60)) }
    }

    /// Runs a program to its end.
    ///
    /// - Returns: nil if it could not be run, or had not ended in time and was killed.
    private func run(_ arguments: [String], within limit: Duration) async -> ChildOutput? {
        let environment = ["PATH": searchPath, "LC_ALL": "C.UTF-8"]
        return await withTaskGroup(of: ChildOutput?.self, returning: ChildOutput?.self) { group in
            group.addTask { try? await runChild(arguments, environment: environment, outputLimit: 4 << 20) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            // Whichever is first ends the other one.
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}

extension ChildOutput {
    /// The first line that the program wrote to its standard error.
    var firstLine: String {
        errorText.split(whereSeparator: \.isNewline).first.map(String.init) ?? "it says nothing"
    }
}
